"""Every name of conv and flow that agent projects use, and what reading them gives."""

from __future__ import annotations

from typing import Any

import pytest

from tests.runtime.conftest import NewRunner, of_kind
from tests.runtime.stored import DO, READ, UTILS, snapshot, tell


def test_every_listed_name_is_there(runner: NewRunner) -> None:
    project = runner(
        tell=f"""
        def tell(conv):
            missing = [name for name in {READ + DO} if not hasattr(conv, name)]
            missing += [name for name in {DO} if not callable(getattr(conv, name))]
            return missing + [name for name in {UTILS} if not callable(getattr(conv.utils, name))]
        """
    )
    assert project("tell").value == []


def test_a_name_that_is_not_listed_says_so(runner: NewRunner) -> None:
    outcome = runner(tell="def tell(conv):\n    return [getattr(conv, 'api', 0), conv.webchat]\n")("tell")
    assert outcome.failure == "exception"
    assert outcome.error is not None and outcome.error.startswith("AttributeError: conv has no 'webchat'")


def test_what_was_told_of_the_conversation(runner: NewRunner) -> None:
    told = tell(runner, *[f"conv.{name}" for name in READ[:11]])
    assert told == [
        "call-1",
        "acc",
        "pro",
        "sandbox",
        "chat",
        "+441632960001",
        "+441632960002",
        {"X-Id": "9"},
        {"crm": 7, "sip_headers": {"X-Id": "9"}},
        "en-GB",
        "Book a table",
    ]
    assert tell(runner, "conv.current_step", "conv.transcript_alternatives") == ["Ask date", []]


def test_defaults_of_a_conversation_nothing_is_known_of(runner: NewRunner) -> None:
    project = runner(
        tell=f"""
            def tell(conv):
                return [getattr(conv, n) for n in {[*READ[1:12], "variant_name", "variant"]}]
        """
    )
    expected: list[Any] = [*[None] * 2, "live", "voice", *[None] * 2, {}, {}, *[None] * 5]
    assert project("tell").value == expected


def test_history_has_the_class_names_and_methods_that_projects_test(runner: NewRunner) -> None:
    told = tell(
        runner,
        "['AgentResponse' in str(x.__class__) for x in conv.history]",
        "['UserInput' in str(x.__class__) for x in conv.history]",
        "[x.role for x in conv.history]",
        "[x.text for x in conv.history]",
        "[x.to_dict() for x in conv.history][:1]",
        "[x.to_string() for x in reversed(conv.history)]",
    )
    assert told == [
        [True, False, False],
        [False, True, True],
        ["agent", "user", "user"],
        ["Hello", "Table for two", ""],
        [{"type": "AgentResponse", "text": "Hello"}],
        ["User: ", "User: Table for two", "Agent: Hello"],
    ]


def test_metric_events_are_those_already_written_the_platforms_included(runner: NewRunner) -> None:
    told = tell(
        runner,
        "[(m.name, m.value) for m in conv.metric_events]",
        "next(m.value for m in reversed(conv.metric_events) if m.name == 'QA')",
        "[m.has_value for m in conv.metric_events]",
        "conv.write_metric('NEW', 1)",
        "(conv.metric_events[-1].name, conv.metric_events[-1].value, conv.metrics_queue)",
    )
    assert told[0] == [["HAPPENED", None], ["UNKNOWN", None], ["QA", "opening hours"]]
    assert told[1:3] == ["opening hours", [False, True, True]]
    assert told[4] == ["NEW", 1, [{"name": "NEW", "value": 1, "write_once": False}]]


def test_state_is_a_dict_with_attributes(runner: NewRunner) -> None:
    outcome = runner(
        tell="""
        def tell(conv):
            told = [conv.state["tries"], conv.state.tries, conv.state.nothing]
            told += [conv.state.get("x", 5), "tries" in conv.state]
            conv.state.tries += 1
            conv.state["list"] = []
            conv.state.list.append("in place")
            del conv.state["tries"]
            try:
                conv.state["nothing"]
            except KeyError as error:
                told.append(str(error))
            return told
        """
    )("tell", snapshot=snapshot())
    assert outcome.value == [2, 2, None, 5, True, "'nothing'"]
    assert of_kind(outcome, "state") == [
        {"set": {"tries": 3}},
        {"set": {"list": []}},
        {"deleted": ["tries"]},
        {"set": {"list": ["in place"]}},
    ]


def test_reads_that_are_containers(runner: NewRunner) -> None:
    told = tell(
        runner,
        "conv.entities.party_size.value",
        "conv.entities.nothing",
        "'party_size' in conv.entities",
        "[conv.memory.get('name'), conv.memory['name'], 'x' in conv.memory, conv.memory.get('x', 1)]",
        "conv.real_time_config.get('flags', {}).get('on')",
        "[isinstance(conv.real_time_config, dict), conv.memory.fields(), len(conv.memory)]",
        "[conv.variant.timezone, conv.variant.x, sorted(conv.variants), conv.variants['paris'].timezone]",
        "conv.sms_templates['booked'].content",
        "['BILLING' in conv.handoffs, conv.handoffs['BILLING'].sip_config]",
        "[conv.attachments, conv.metrics_queue, conv.sms_queue]",
    )
    assert told == [
        "2",
        None,
        True,
        ["Ann", "Ann", False, 1],
        True,
        [True, {"name": "Ann"}, 1],
        ["Europe/London", None, ["london", "paris"], "Europe/Paris"],
        "See you soon",
        [True, {"method": "refer"}],
        [[], [], []],
    ]


@pytest.mark.parametrize("change", ["memory['x'] = 1", "real_time_config.update(x=1)", "memory.pop('name')"])
def test_what_is_read_only_says_no(runner: NewRunner, change: str) -> None:
    outcome = runner(tell=f"def tell(conv):\n    conv.{change}\n")("tell", snapshot=snapshot())
    assert outcome.error == "TypeError: this is read-only: what is to be remembered goes into conv.state"
