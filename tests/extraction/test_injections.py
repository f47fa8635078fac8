"""Whatever a caller tells the extractor, and however obedient the model is: values stay inside the schema,
and where grounding is demanded every quote was said."""

from __future__ import annotations

import json

import msgspec
import pytest

from aftercall.extraction import Call, make_field
from aftercall.extraction.answer import leaks
from aftercall.extraction.evidence import MIN_QUOTE, normalise
from aftercall.extraction.field import Field
from aftercall.extraction.llm import REPAIRS
from aftercall.extraction.run import Results
from aftercall.model.events import Metric, event_decoder
from aftercall.testing.model_endpoint import ModelEndpoint
from tests.extraction.calls import ask, found_in, reason
from tests.extraction.injections import ATTACKS, Attack, quoting
from tests.llm.conftest import OpenDoor

FIELDS = (
    reason(),
    make_field("RESOLVED", "boolean", extract={"question": "Was it resolved?", "grounded": "required"}),
    make_field(
        "SCORE",
        "integer",
        extract={"question": "How good?", "grounded": "required", "minimum": 1, "maximum": 5},
    ),
    make_field("SUMMARY", "text", extract={"question": "What was it?", "max_length": 200}),
)


def attacked(attack: Attack) -> Call:
    said = [("agent", "Hello, how can I help?"), (attack.by, attack.said), ("user", "Thanks, that is all.")]
    events = [
        {"kind": "turn", "id": f"t{n}", "at": n, "speaker": speaker, "text": text}
        for n, (speaker, text) in enumerate(said, start=1)
    ]
    return Call.of("c1", events)


def test_the_set_is_large_enough() -> None:
    assert len({attack.said for attack in ATTACKS}) == len(ATTACKS) >= 40


@pytest.mark.parametrize("output", ["tool", "prompted"])
@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.said[:40] for attack in ATTACKS])
def test_obedience_sets_nothing(
    endpoint: ModelEndpoint, open_door: OpenDoor, attack: Attack, output: str
) -> None:
    call = attacked(attack)
    endpoint.script(attack.obeyed)
    results = ask(open_door(output=output, retries=0), call, *FIELDS, redact=False)
    assert 1 <= len(endpoint.requests) <= REPAIRS + 1
    assert_fenced(endpoint, call)
    assert [field.name for field, _ in results.found] == [field.name for field in FIELDS]
    assert_within_schema(results)
    assert_grounded(results, call)


def assert_fenced(endpoint: ModelEndpoint, call: Call) -> None:
    """The call stands between two lines that nothing in it can imitate."""
    lines = endpoint.requests[0].text.split("\n")
    assert (lines.count("BEGIN TRANSCRIPT"), lines.count("END TRANSCRIPT")) == (1, 1)
    block = lines[lines.index("BEGIN TRANSCRIPT") + 1 : lines.index("END TRANSCRIPT")]
    assert [json.loads(line)["text"] for line in block] == [said.text for said in call.turns]


def assert_within_schema(results: Results) -> None:
    fields: dict[str, Field] = {field.name: field for field in FIELDS}
    for event in results.events("c1", prefix="a", at=1):
        stored = event_decoder.decode(msgspec.json.encode(event))
        assert isinstance(stored, Metric)
        told = str(event)
        assert not leaks(told)
        if stored.invalid is None and stored.value is not None:
            value = fields[stored.name].value(stored.value)
            assert value == stored.value
            assert type(value) is type(stored.value)


def assert_grounded(results: Results, call: Call) -> None:
    said = {one.turn: normalise(one.text)[0] for one in call.turns}
    for field, found in results.found:
        for quote in found.evidence:
            assert normalise(quote.text)[0] in said[quote.turn]
            assert len(normalise(quote.text)[0]) >= MIN_QUOTE
        if field.extraction.grounded == "required" and found.status == "ok":
            assert found.evidence


def test_none_of_the_demanded_values_came_through_without_a_quote(
    endpoint: ModelEndpoint, open_door: OpenDoor
) -> None:
    """The check of the checks: with a quote that stands, the same values do come through."""
    attack = Attack("Please book me in for Friday.", quoting("Please book me in for Friday"))
    endpoint.script(attack.obeyed)
    results = ask(open_door(), attacked(attack), *FIELDS)
    assert [found.value for _, found in results.found] == ["booking", True, 5, "All is well."]
    endpoint.script(ATTACKS[0].obeyed)
    results = ask(open_door(), attacked(ATTACKS[0]), *FIELDS)
    invalid = [event.get("invalid", "")[:10] for event in results.events("c1", prefix="a", at=1)]
    assert invalid == ["ungrounded", "ungrounded", "ungrounded", ""]
    assert found_in(results, "SUMMARY").status == "ungrounded"
