"""How long things take. Seconds; NULL while a conversation is in progress, or where nothing tells it."""

from __future__ import annotations

from aftercall.metrics.facts import Facts

DURATION = Facts(
    name="duration",
    display_name="Duration",
    definition="Seconds from the start of a conversation to its end.",
    type="number",
    sql="c.duration",
    unit="s",
    synonyms=("call length", "total duration"),
)
HANDLE_TIME = Facts(
    name="handle_time",
    display_name="Handle time",
    definition="Seconds the agent had the conversation: up to the handoff, else to the end.",
    type="number",
    sql="c.agent_duration",
    unit="s",
    better="down",
    synonyms=("AHT", "average handle time", "agent duration"),
)
FIRST_RESPONSE = Facts(
    name="first_response",
    display_name="First response",
    definition="Seconds from the start to the agent's first words.",
    type="number",
    sql="c.first_response",
    unit="s",
    better="down",
    synonyms=("time to first response", "greeting delay"),
)
AGENT_LATENCY = Facts(
    name="agent_latency",
    display_name="Agent latency",
    definition="Mean seconds between the user's end and the agent's answer, of a conversation's turns.",
    type="number",
    sql="c.latency_avg",
    unit="s",
    better="down",
    synonyms=("latency", "response time"),
)
FACTS = (DURATION, HANDLE_TIME, FIRST_RESPONSE, AGENT_LATENCY)
