"""A stored conversation in which something of everything was said, and the names of its contract."""

from __future__ import annotations

from typing import Any

from aftercall.runtime import Snapshot
from tests.runtime.conftest import NewRunner

READ = [
    "id",
    "account_id",
    "project_id",
    "env",
    "channel_type",
    "caller_number",
    "callee_number",
    "sip_headers",
    "integration_attributes",
    "language",
    "current_flow",
    "current_step",
    "variant_name",
    "variant",
    "variants",
    "entities",
    "memory",
    "real_time_config",
    "transcript_alternatives",
    "sms_templates",
    "handoffs",
    "attachments",
    "metrics_queue",
    "sms_queue",
    "history",
    "metric_events",
    "state",
    "functions",
    "log",
    "utils",
]


DO = [
    "write_metric",
    "say",
    "goto_flow",
    "exit_flow",
    "goto_csat_flow",
    "set_variant",
    "set_language",
    "set_voice",
    "send_sms",
    "send_sms_template",
    "send_email",
    "call_handoff",
    "discard_recording",
    "set_csat_eligibility",
    "log_api_response",
    "add_attachments",
    "set_response_suggestions",
    "generate_external_event",
]


UTILS = ["prompt_llm", "get_secret", "validate_entity", "extract_address", "extract_city"]


START = 1_772_000_000_000


EVENTS: list[dict[str, Any]] = [
    {
        "kind": "start",
        "at": START,
        "id": "e1",
        "environment": "sandbox",
        "channel": "chat",
        "from_number": "+441632960001",
        "to_number": "+441632960002",
        "language": "en-GB",
        "variant_name": "london",
        "attributes": {"crm": 7, "sip_headers": {"X-Id": "9"}},
    },
    {"kind": "turn", "at": START + 1, "id": "e2", "speaker": "agent", "text": "Hello"},
    {
        "kind": "turn",
        "at": START + 2,
        "id": "e3",
        "speaker": "user",
        "text": "Table for two",
        "alternatives": ["Table for too"],
        "entities": [{"name": "party_size", "value": "2"}],
    },
    {"kind": "turn", "at": START + 3, "id": "e4", "speaker": "user", "text": ""},
    {"kind": "metric", "at": START + 4, "id": "e5", "name": "HAPPENED"},
    {"kind": "metric", "at": START + 5, "id": "e6", "name": "UNKNOWN", "value": None},
    {
        "kind": "metric",
        "at": START + 6,
        "id": "e7",
        "name": "QA",
        "value": "opening hours",
        "source": "system",
    },
    {"kind": "flow", "at": START + 7, "id": "e8", "flow": "Book a table", "step": "Ask date"},
    {"kind": "state", "at": START + 8, "id": "e9", "set": {"tries": 2, "gone": 1}},
    {"kind": "state", "at": START + 9, "id": "e10", "deleted": ["gone"]},
]


CONFIG = {
    "config/variant_attributes.yaml": """
        variants:
        - {name: london, is_default: true}
        - {name: paris}
        attributes:
        - {name: timezone, values: {london: Europe/London, paris: Europe/Paris}}
    """,
    "config/sms_templates.yaml": "sms_templates:\n- {name: booked, text: See you soon}\n",
    "config/handoffs.yaml": "handoffs:\n- {name: BILLING, sip_config: {method: refer}}\n",
}


def snapshot() -> Snapshot:
    return Snapshot.of(
        "call-1",
        EVENTS,
        account_id="acc",
        project_id="pro",
        memory={"name": "Ann"},
        real_time_config={"flags": {"on": True}},
    )


def tell(runner: NewRunner, *lines: str) -> Any:
    """What a function that ends with ``return`` and these expressions gives."""
    project = runner(CONFIG, tell=f"def tell(conv):\n    return [{', '.join(lines)}]\n")
    outcome = project("tell", snapshot=snapshot())
    assert outcome.ok, outcome.traceback
    return outcome.value
