"""The model extractor: one request, a schema, repairs that end, windows, evidence, redaction, lineage."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aftercall.extraction import Extractor, LlmExtractor, Redactor, RulesExtractor, extract, make_field
from aftercall.extraction.prompt import Line
from aftercall.extraction.window import PER_LINE, windows
from aftercall.testing.model_endpoint import Answer, ModelCall, ModelEndpoint, Reply
from tests.extraction.calls import answer, ask, call, found_in, reason, resolved
from tests.llm.conftest import OpenDoor

CALL = call("agent: Hello, how can I help?", "user: My bill is wrong again.", "agent: I have corrected it.")
BILLING = answer("billing", (2, "my bill is wrong"))
DONE = answer(True, (3, "I have corrected it"))


def prompt_lines(one: ModelCall) -> list[dict[str, Any]]:
    shown = one.text.split("BEGIN TRANSCRIPT\n")[1].split("\nEND TRANSCRIPT")[0]
    return [json.loads(line) for line in shown.split("\n")]


@pytest.mark.parametrize("output", ["tool", "schema", "prompted"])
def test_one_request_for_all_fields(endpoint: ModelEndpoint, open_door: OpenDoor, output: str) -> None:
    endpoint.script({"CALL_REASON": BILLING, "RESOLVED": DONE})
    results = ask(open_door(output=output), CALL, reason(), resolved())
    assert len(endpoint.requests) == 1
    one = found_in(results, "CALL_REASON")
    assert (one.status, one.value, one.self_reported) == ("ok", "billing", 0.9)
    assert [quote.as_evidence() for quote in one.evidence] == [
        {"turn": 2, "speaker": "user", "quote": "My bill is wrong", "turn_id": "turn-2"}
    ]
    assert found_in(results, "RESOLVED").value is True
    assert [line["turn"] for line in prompt_lines(endpoint.requests[0])] == [1, 2, 3]
    assert '"billing"' in str(endpoint.requests[0].body).replace("'", '"')


def test_lineage_and_events(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script(Reply(value={"CALL_REASON": BILLING, "RESOLVED": DONE}, tokens=(100, 20)))
    door = open_door(input_price=1, output_price=10)
    results = ask(door, CALL, reason(), resolved())
    event = results.events("c1", prefix="a1", at=5)[0]
    assert {event[key] for key in ("kind", "source", "name", "value")} == {
        "metric",
        "extraction",
        "CALL_REASON",
        "billing",
    }
    lineage = event["lineage"]
    assert lineage["definition"] == reason().version
    assert (lineage["extractor"], lineage["status"], lineage["model"]) == ("llm", "ok", "gpt-4o")
    assert (lineage["tokens_in"], lineage["tokens_out"], lineage["shared_by"], lineage["at"]) == (
        100,
        20,
        2,
        5,
    )
    assert lineage["cost"] == pytest.approx(300e-6) == door.ledger.spent("dental")
    assert lineage["self_reported"] == 0.9
    other = ask(door, call("user: Quite another call.", id="c2"), reason(), resolved()).events(
        "c2", prefix="a", at=6
    )
    assert other[0]["lineage"]["prompt"] == lineage["prompt"]
    again = ask(door, CALL, reason(), resolved()).events("c1", prefix="a2", at=7)[0]["lineage"]
    assert (again["cached"], again["cost"]) == (True, 0)
    assert len({one["id"] for one in results.events("c1", prefix="a1", at=5)}) == 2


def test_unknown_and_not_applicable_are_not_false(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    fields = [resolved(), make_field("A", "boolean", extract="A?"), make_field("B", "boolean", extract="B?")]
    endpoint.script(
        {
            "RESOLVED": answer(None, status="unknown"),
            "A": answer(None, status="not_applicable"),
            "B": answer(False),
        }
    )
    results = ask(open_door(), CALL, *fields)
    told = [(one.status, one.value) for _, one in results.found]
    assert told == [("unknown", None), ("not_applicable", None), ("ok", False)]
    assert [event["value"] for event in results.events("c1", prefix="a", at=1)] == [None, None, False]
    assert not any("invalid" in event for event in results.events("c1", prefix="a", at=1))


WRONG: list[tuple[Any, str]] = [
    (answer("weather", (2, "my bill is wrong")), "'weather' is none of its options"),
    (answer(3, (2, "my bill is wrong")), "3 is none of its options"),
    (answer(["billing"], (2, "my bill is wrong")), "a list is no metric value"),
    (answer(None), "the value must not be null"),
    (answer("billing", status="unknown"), "the value must be null"),
    (answer("billing", status="perhaps"), "the status must be"),
    ({"status": "ok", "value": "billing"}, "evidence must be a list"),
    (answer("billing") | {"evidence": [{"quote": "my bill is wrong"}]}, "must have turn"),
    (answer("billing") | {"evidence": [{"turn": True, "quote": "my bill is wrong"}]}, "must have turn"),
    (answer("billing", (10**4000, "my bill is wrong")), "must have turn"),
    (answer("billing", (2, "never said at all")), "the quote is not in turn 2"),
    (answer("billing"), "it quotes nothing"),
    ("billing", "an object with status"),
    (None, "an object with status"),
]


@pytest.mark.parametrize(("wrong", "told"), WRONG)
def test_a_wrong_answer_goes_back_and_is_mended(
    endpoint: ModelEndpoint, open_door: OpenDoor, wrong: Any, told: str
) -> None:
    endpoint.script({"CALL_REASON": wrong, "RESOLVED": DONE}, {"CALL_REASON": BILLING, "RESOLVED": DONE})
    results = ask(open_door(), CALL, reason(), resolved())
    assert found_in(results, "CALL_REASON").value == "billing"
    assert told in endpoint.requests[1].text
    assert "RESOLVED:" not in endpoint.requests[1].text  # only what is wrong


@pytest.mark.parametrize(
    ("more", "told"),
    [({"confidence": 10**400}, 1.0), ({"confidence": -(10**400)}, 0.0), ({"confidence": True}, None)],
)
def test_a_confidence_beyond_all_bounds_spoils_nothing(
    endpoint: ModelEndpoint, open_door: OpenDoor, more: dict[str, Any], told: float | None
) -> None:
    endpoint.script({"CALL_REASON": {**BILLING, **more}})
    one = found_in(ask(open_door(), CALL, reason()), "CALL_REASON")
    assert (one.value, one.self_reported, len(endpoint.requests)) == ("billing", told, 1)


@pytest.mark.parametrize(("wrong", "told"), WRONG)
def test_what_stays_wrong_is_a_failure_with_its_reason_and_the_rest_stays(
    endpoint: ModelEndpoint, open_door: OpenDoor, wrong: Any, told: str
) -> None:
    endpoint.script({"CALL_REASON": wrong, "RESOLVED": DONE})
    results = ask(open_door(), CALL, reason(), resolved(), repairs=1)
    assert len(endpoint.requests) == 2
    bad = found_in(results, "CALL_REASON")
    assert bad.status in ("failed", "ungrounded")
    assert told in bad.reason
    assert found_in(results, "RESOLVED").value is True
    event = results.events("c1", prefix="a", at=1)[0]
    assert told in event["invalid"]
    assert event["invalid"].startswith(f"{bad.status}: ")
    ask(open_door(), CALL, reason(), resolved(), repairs=1)
    assert len(endpoint.requests) == 2  # the answers are stored: a repetition sends nothing again


def test_a_field_keeps_the_good_answer_that_a_repair_spoils(
    endpoint: ModelEndpoint, open_door: OpenDoor
) -> None:
    endpoint.script({"CALL_REASON": None, "RESOLVED": DONE}, {"CALL_REASON": BILLING, "RESOLVED": None})
    results = ask(open_door(), CALL, reason(), resolved(), repairs=1)
    assert [one.value for _, one in results.found] == ["billing", True]


def test_ungrounded_where_it_is_only_wanted_is_kept_and_marked(
    endpoint: ModelEndpoint, open_door: OpenDoor
) -> None:
    endpoint.script({"CALL_REASON": answer("billing", (2, "made up by the model"))})
    results = ask(open_door(), CALL, reason(grounded="wanted"))
    one = found_in(results, "CALL_REASON")
    assert (one.status, one.value, len(endpoint.requests)) == ("ungrounded", "billing", 1)
    event = results.events("c1", prefix="a", at=1)[0]
    assert (event["value"], event["lineage"]["status"]) == ("billing", "ungrounded")
    assert "invalid" not in event
    assert "evidence" not in event


@pytest.mark.parametrize(
    ("replies", "code", "passing"),
    [
        ([Reply("this is no JSON {")], "MODEL_OUTPUT_INVALID", False),
        ([Reply(value={"CALL_REASON": {"status": "o"}}, finish="length")], "MODEL_OUTPUT_INVALID", False),
        ([Reply(None, finish="length")], "MODEL_TRUNCATED", False),
        ([Reply(status=429, retry_after=1)], "MODEL_RATE_LIMITED", True),
        ([Reply(status=500)], "MODEL_UNAVAILABLE", True),
        ([Reply(status=401)], "MODEL_UNAUTHORIZED", False),
        ([Reply(hang_up=True)], "MODEL_UNREACHABLE", True),
        ([Reply("half an answer", cut=True)], "", True),
        ([Reply(body=b"<html>gateway</html>")], "MODEL_BAD_ANSWER", True),
        ([Reply(refusal="I can not help with that")], "MODEL_REFUSED", False),
        ([Reply(finish="content_filter", text="")], "MODEL_REFUSED", False),
        ([Reply("")], "", False),
    ],
)
def test_an_endpoint_that_misbehaves_ends_in_a_stored_reason(
    endpoint: ModelEndpoint, open_door: OpenDoor, replies: list[Answer], code: str, passing: bool
) -> None:
    endpoint.script(*replies)
    results = ask(open_door(retries=1), CALL, reason(), resolved())
    for _, one in results.found:
        assert one.status == "failed"
        assert one.reason.startswith(code or "MODEL_")
        assert one.passing is passing
    assert results.retry is passing
    assert all(
        event["invalid"].startswith("failed: MODEL_") for event in results.events("c", prefix="a", at=1)
    )


@pytest.mark.parametrize(
    "first",
    [
        Reply(status=429, retry_after=1),
        Reply(status=500),
        Reply(hang_up=True),
        Reply("x", cut=True),
        Reply("no JSON"),
        Reply(body=b"{"),
    ],
)
def test_an_endpoint_that_recovers_gives_values(
    endpoint: ModelEndpoint, open_door: OpenDoor, first: Reply
) -> None:
    endpoint.script(first, {"CALL_REASON": BILLING})
    assert found_in(ask(open_door(retries=1), CALL, reason()), "CALL_REASON").value == "billing"


def test_a_slow_endpoint(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script(Reply(value={"CALL_REASON": BILLING}, delay_s=30))
    results = ask(open_door(real_time=True, retries=0, timeout_s=0.2), CALL, reason())
    one = found_in(results, "CALL_REASON")
    assert (one.status, one.reason[:13], one.passing) == ("failed", "MODEL_TIMEOUT", True)


def test_rules_step_in_and_the_failure_is_told(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script(Reply(status=401))
    field = reason(rules=[{"value": "billing", "if": {"words": "bill"}}])
    session = open_door().session("dental", "c1")
    results = extract(CALL, [field], {"llm": LlmExtractor(session), "rules": RulesExtractor()})
    one = found_in(results, "CALL_REASON")
    assert (one.value, one.extractor) == ("billing", "rules")
    lineage = results.events("c1", prefix="a", at=1)[0]["lineage"]
    assert lineage["tried"][0]["extractor"] == "llm"
    assert lineage["tried"][0]["reason"].startswith("MODEL_UNAUTHORIZED")


def test_rules_step_in_where_a_model_cannot_ground_what_must_be(
    endpoint: ModelEndpoint, open_door: OpenDoor
) -> None:
    endpoint.script({"CALL_REASON": answer("booking", (2, "made up by the model"))})
    rules = [{"value": "billing", "if": {"words": "bill", "speaker": "user"}}]
    session = open_door().session("dental", "c1")
    extractors: dict[str, Extractor] = {"llm": LlmExtractor(session), "rules": RulesExtractor()}
    one = found_in(extract(CALL, [reason(rules=rules)], extractors), "CALL_REASON")
    assert (one.status, one.value, one.extractor, one.tried[0][1]) == ("ok", "billing", "rules", "ungrounded")
    wanted = found_in(extract(CALL, [reason(rules=rules, grounded="wanted")], extractors), "CALL_REASON")
    assert (wanted.status, wanted.value, wanted.extractor) == ("ungrounded", "booking", "llm")


def test_rules_first_and_one_request_for_all_they_leave(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script({"CALL_REASON": BILLING, "RESOLVED": DONE})
    nothing = {"rules": [{"value": "other", "if": {"words": "zebra"}}], "extractors": ["rules", "llm"]}
    easy = make_field(
        "EASY",
        "boolean",
        extract={
            "question": "?",
            "extractors": ["rules", "llm"],
            "rules": [{"value": True, "if": {"words": "bill"}}],
        },
    )
    session = open_door().session("dental", "c1")
    extractors: dict[str, Extractor] = {"llm": LlmExtractor(session), "rules": RulesExtractor()}
    results = extract(CALL, [resolved(), reason(**nothing), easy], extractors)
    assert [(one.value, one.extractor) for _, one in results.found] == [
        (True, "llm"), ("billing", "llm"), (True, "rules"),
    ]  # fmt: skip
    assert len(endpoint.requests) == 1


def test_a_failure_is_told_although_rules_do_not_know(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script(Reply(status=401))
    field = reason(rules=[{"value": "other", "if": {"words": "zebra"}}])
    extractors: dict[str, Extractor] = {
        "llm": LlmExtractor(open_door().session("dental", "c1")),
        "rules": RulesExtractor(),
    }
    one = found_in(extract(CALL, [field], extractors), "CALL_REASON")
    assert (one.status, one.extractor) == ("failed", "llm")


def test_without_a_model_what_only_it_could_say_is_left_out() -> None:
    results = extract(CALL, [resolved()], {"rules": RulesExtractor()})
    assert results.found == ()
    assert results.skipped == {"RESOLVED": "there is no extractor for it here: llm"}
    assert results.events("c1", prefix="a", at=1) == []


def test_skipped_fields_are_not_asked(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    results = ask(open_door(), CALL, resolved(when={"channel": "chat"}))
    assert (results.found, endpoint.requests) == ((), [])
    assert results.skipped == {"RESOLVED": "the channel is voice"}


def test_a_call_in_which_nothing_was_said_is_not_sent(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    one = found_in(ask(open_door(), call("user:  "), resolved()), "RESOLVED")
    assert (one.status, endpoint.requests) == ("not_applicable", [])


def test_names_that_no_provider_takes(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    names = ["why / where?", "причина", "x" * 100, "OK"]
    endpoint.script(
        {key: answer("a text", (2, "my bill is wrong")) for key in ("field_1", "field_2", "field_3", "OK")}
    )
    results = ask(open_door(), CALL, *(make_field(name, "text", extract="?") for name in names))
    assert [(field.name, one.value) for field, one in results.found] == [(name, "a text") for name in names]


def test_two_models_take_two_requests(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    def script(one: ModelCall) -> Answer:
        return {"CALL_REASON": BILLING} if one.model == "small" else {"RESOLVED": DONE}

    endpoint.script(script)
    results = ask(open_door(), CALL, reason(model="small"), resolved())
    assert [one.value for _, one in results.found] == ["billing", True]
    assert sorted(one.model for one in endpoint.requests) == ["gpt-4o", "small"]


# --- long calls

LONG = call(*[f"user: number {n} " + "x" * 60 for n in range(20)])


def test_a_long_call_is_asked_in_parts_and_merged(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    fields = [
        make_field("ANY", "boolean", extract="?"),
        make_field("LAST", "categorical", ("a", "b"), extract="?"),
        make_field("FIRST", "categorical", ("a", "b"), extract={"question": "?", "merge": "first"}),
        make_field("SUM", "integer", extract={"question": "?", "merge": "sum", "grounded": "no"}),
        make_field("JOIN", "text", extract={"question": "?", "grounded": "no"}),
        make_field("NONE", "text", extract="?"),
    ]

    def script(one: ModelCall) -> Answer:
        lines = prompt_lines(one)
        quote = (lines[0]["turn"], lines[0]["text"])
        first = lines[0]["turn"] == 1
        return {
            "ANY": answer(first, quote),
            "LAST": answer("a" if first else "b", quote),
            "FIRST": answer("a" if first else "b", quote),
            "SUM": answer(len(lines)),
            "JOIN": answer(f"from {lines[0]['turn']}."),
            "NONE": answer(None, status="unknown"),
        }

    endpoint.script(script)
    results = ask(open_door(), LONG, *fields, window=600)
    shown = [line["turn"] for one in endpoint.requests for line in prompt_lines(one)]
    assert shown == list(range(1, 21))
    assert len(endpoint.requests) > 2
    values = {field.name: found.value for field, found in results.found}
    assert values | {"JOIN": ""} == {
        "ANY": True, "LAST": "b", "FIRST": "a", "SUM": 20, "JOIN": "", "NONE": None,
    }  # fmt: skip
    assert str(values["JOIN"]).startswith("from 1. from ")
    assert found_in(results, "ANY").evidence[0].turn == 1
    asked = found_in(results, "LAST").asked
    assert asked is not None
    assert asked.windows == asked.requests == len(endpoint.requests)
    assert "part 1 of" in endpoint.requests[0].text


def test_a_part_that_fails_fails_the_field(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    def script(one: ModelCall) -> Answer:
        return {"ANY": answer(False)} if prompt_lines(one)[0]["turn"] == 1 else Reply(status=400)

    endpoint.script(script)
    results = ask(open_door(), LONG, make_field("ANY", "boolean", extract="?"), window=600)
    assert found_in(results, "ANY").status == "failed"


def test_after_a_part_that_failed_no_other_is_paid_for(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script(Reply(status=401))
    results = ask(open_door(), LONG, make_field("ANY", "boolean", extract="?"), window=600)
    assert found_in(results, "ANY").reason.startswith("MODEL_UNAUTHORIZED")
    assert len(endpoint.requests) == 1


def test_windows_hold_every_character_once() -> None:
    lines = [Line(n, "user", "abc" * length) for n, length in enumerate([0, 1, 500, 3, 3, 90], start=1)]
    parts = windows(lines, 200)
    for line in lines:
        assert "".join(piece.text for part in parts for piece in part if piece.turn == line.turn) == line.text
    assert all(sum(len(one.text) + PER_LINE for one in part) <= 200 for part in parts)
    assert windows([], 200) == [[]]


# --- redaction on the way

PRIVATE = call(
    "agent: May I have your name?",
    "user: My name is Ann Lee, call me at 415-555-2671 or ann.lee@example.com, Ann.",
    from_number="+14155552671",
)


def test_what_leaves_is_redacted_and_evidence_is_verbatim(
    endpoint: ModelEndpoint, open_door: OpenDoor
) -> None:
    shown: list[str] = []

    def script(one: ModelCall) -> Answer:
        shown.append(prompt_lines(one)[1]["text"])
        return {"CALLBACK": answer(f"at {shown[0].split(' at ')[1].split(' or')[0]}", (2, shown[0]))}

    endpoint.script(script)
    results = ask(open_door(), PRIVATE, make_field("CALLBACK", "text", extract="Where to call?"))
    sent = str([one.body for one in endpoint.requests])
    for secret in ("Ann", "Lee", "2671", "example.com"):
        assert secret not in sent
    assert shown == ["My name is [NAME_1], call me at [PHONE_1] or [EMAIL_1], [NAME_2]."]
    found = found_in(results, "CALLBACK")
    assert found.status == "ok"
    assert found.evidence[0].text == PRIVATE.turns[1].text
    assert found.value == "at [PHONE_1]"


def test_a_placeholder_does_not_make_a_quote_long_enough(
    endpoint: ModelEndpoint, open_door: OpenDoor
) -> None:
    """[NAME_1] has eight characters; "Ann", which it stands for and which would be kept, has three."""
    endpoint.script({"CALL_REASON": answer("billing", (1, "[NAME_1]"))})
    one = found_in(ask(open_door(), call("user: I am Ann and I call."), reason(), repairs=0), "CALL_REASON")
    assert (one.status, one.evidence) == ("ungrounded", ())
    assert "shorter than 8" in one.reason
    endpoint.script({"CALL_REASON": answer("billing", (1, "[NAME_1]"))})
    whole = found_in(
        ask(open_door(), call("user: Ann.", "user: I am Ann.", id="c2"), reason()), "CALL_REASON"
    )
    assert (whole.status, whole.evidence[0].text) == ("ok", "Ann")


def test_redaction_can_be_switched_off_per_field(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script(lambda one: {"A": answer(True)} if "Ann" in one.text else {"B": answer(True)})
    fields = [
        make_field("A", "boolean", extract={"question": "?", "redact": False}),
        make_field("B", "boolean", extract="?"),
    ]
    ask(open_door(), PRIVATE, *fields)
    assert sorted("Ann Lee" in one.text for one in endpoint.requests) == [False, True]
    endpoint.script({"B": answer(True)})
    ask(open_door(), call("user: I am Ann Lee.", id="c9"), fields[1], redact=False)
    assert "Ann Lee" in endpoint.requests[-1].text


def test_a_detector_that_fails_sends_nothing(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    def detector(text: str) -> Any:
        raise RuntimeError(f"cannot read {text}")

    one = found_in(ask(open_door(), PRIVATE, resolved(), redactor=Redactor(names=detector)), "RESOLVED")
    assert (one.status, endpoint.requests) == ("failed", [])
    assert one.reason == "MODEL_REDACTION_FAILED: not sent: redaction failed (RuntimeError)"
