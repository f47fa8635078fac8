"""Who says how much."""

from __future__ import annotations

from aftercall.metrics.facts import Facts

TURNS = Facts(
    name="turns",
    display_name="Turns",
    definition="Pairs of what the user said and what the agent answered.",
    type="integer",
    sql="c.num_turns",
    unit="turns",
    synonyms=("exchanges",),
)
SILENCE = Facts(
    name="silence",
    display_name="Silences",
    definition="User turns of a conversation in which nothing was said.",
    type="integer",
    sql="c.num_silences",
    unit="turns",
    better="down",
    synonyms=("silent turns", "no input"),
)
INTERRUPTIONS = Facts(
    name="interruptions",
    display_name="Interruptions",
    definition="Utterances of the agent that the user spoke into.",
    type="integer",
    sql="c.num_interruptions",
    unit="utterances",
    better="down",
    synonyms=("barge-ins",),
)
WORDS_PER_TURN = Facts(
    name="words_per_turn",
    display_name="Words per turn",
    definition="Words of both sides of a conversation by its turns; unknown where it has none.",
    type="number",
    sql="(c.num_user_words + c.num_agent_words) / nullIf(c.num_turns, 0)",
    unit="words",
)
TALK_RATIO = Facts(
    name="talk_ratio",
    display_name="Talk ratio",
    definition="The agent's share of the time in which somebody speaks; unknown where turns tell no end.",
    type="number",
    sql="c.agent_talk_seconds / nullIf(ifNull(c.user_talk_seconds, 0) + c.agent_talk_seconds, 0)",
    unit="%",
    format="percent",
)
FACTS = (TURNS, SILENCE, INTERRUPTIONS, WORDS_PER_TURN, TALK_RATIO)
