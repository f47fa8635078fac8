"""Each rule of lint, with what it finds and what it leaves alone."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from aftercall.metrics import builtin
from aftercall.metrics.lint import CodeWrite, Finding, Scan, Subject, Used, lint, scan_folder
from aftercall.metrics.lint.lint import RULES
from aftercall.metrics.lint.words import one_apart, stem, words
from aftercall.model.metric_spec import MetricSpec, RatioSpec, Spec, flagged
from aftercall.runtime.metrics_file import parse_metrics, read_specs

CLINIC = Path(__file__).resolve().parents[2] / "examples" / "dental_clinic"


def boolean(name: str, **more: Any) -> MetricSpec:
    return MetricSpec(name, "boolean", **{"definition": "It happened in the call, and not before.", **more})


def reason(*options: str) -> MetricSpec:
    return MetricSpec("CALL_REASON", "categorical", options, definition="Why they called.")


def wrote(name: str, value: bool | int | float | str | None, type_: Any = "text") -> Scan:
    exact = "*" not in name
    return Scan((CodeWrite(name, exact, type_, value, "functions/f.py", 3),), files=1)


def found(code: str, *specs: Spec, **more: Any) -> list[Finding]:
    return [one for one in lint(Subject(specs, **more)) if one.code == code]


def names(code: str, *specs: Spec, **more: Any) -> list[str]:
    return [one.metric for one in found(code, *specs, **more)]


@pytest.mark.parametrize(
    ("one", "other"),
    [("CALL_REASON", "Call_Reason"), ("CALL_REASON", "callReason"), ("CALL_REASON", "CALL REASON")],
)
def test_one_name_in_two_spellings(one: str, other: str) -> None:
    (finding,) = found("NAME_SPELLED_TWICE", boolean(one), boolean(other))
    assert (finding.severity, finding.metric) == ("error", one)
    assert other in finding.message


def test_a_name_the_code_or_a_call_spells_otherwise() -> None:
    (finding,) = found("NAME_SPELLED_TWICE", boolean("BOOKED"), scan=wrote("Booked", True, "boolean"))
    assert finding.place == "functions/f.py:3"
    assert names("NAME_SPELLED_TWICE", boolean("BOOKED"), used={"booked": Used(1, 1)}) == ["BOOKED"]


@pytest.mark.parametrize("other", ["CALL_REASONS", "CALL_REASON_2", "REASON", "呼び出し"])
def test_names_that_are_not_one_name(other: str) -> None:
    assert names("NAME_SPELLED_TWICE", boolean("CALL_REASON"), boolean(other), boolean("名前")) == []


def test_the_few_that_are_written_unlike_the_many() -> None:
    usual = [boolean(name) for name in ("CALL_REASON", "SMS_SENT", "BOOKED")]
    (finding,) = found("MIXED_CASING", *usual, boolean("paymentDone"))
    assert finding.metric == "paymentDone"
    assert "PAYMENT_DONE" in finding.suggestion


@pytest.mark.parametrize(
    "told",
    [
        ("CALL_REASON", "SMS_SENT", "BOOKED", "A1"),
        ("call_reason", "sms_sent", "booked"),
        ("CALL_REASON", "smsSent", "booked_it"),  # no majority: nobody is wrong
        ("CALL_REASON", "smsSent"),
        ("CALL_REASON", "SMS_SENT", "BOOKED", "名前"),
    ],
)
def test_casing_that_is_nobodys_mistake(told: tuple[str, ...]) -> None:
    assert names("MIXED_CASING", *map(boolean, told)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("APPOINTMENT_BOOKED", "BOOKED_APPOINTMENT"),
        ("SLOT_DECLINED", "SLOTS_DECLINED"),
        ("RESOLUTION", "RESOLUTON"),
        ("APPOINTMENT_CANCELED", "APPOINTMENT_CANCELLED"),
        ("PAYMENT_RECEIVED", "PAYMENT_RECIEVED"),
        ("CALL_TRANSFER", "CALL_TRANSFERRED"),
    ],
)
def test_near_duplicates(one: str, other: str) -> None:
    (finding,) = found("NEAR_DUPLICATE", boolean(one), boolean(other))
    assert (finding.severity, finding.metric) == ("warning", one)
    assert other in finding.message


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("COST_MIN", "COST_MAX"),
        ("PAID", "SAID"),
        ("REASON_1", "REASON_2"),
        ("STEP_10001", "STEP_10002"),
        ("SALES_TO_SUPPORT", "SUPPORT_TO_SALES"),
        ("TYPICAL_CALL", "ATYPICAL_CALL"),
        ("INBOUND_CALL", "OUTBOUND_CALL"),
        ("CALL_REASON", "CANCEL_REASON"),
        ("PATIENT_KNOWN", "PATIENT_VERIFIED"),
        ("HANDOFF_BILLING", "HANDOFF_FRONT_DESK"),
        ("ACCEPTED", "EXPECTED"),
    ],
)
def test_names_that_only_look_alike(one: str, other: str) -> None:
    assert names("NEAR_DUPLICATE", boolean(one), boolean(other)) == []
    assert names("SYNONYMS", boolean(one), boolean(other)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HANDOFF_REASON", "TRANSFER_REASON"),
        ("HANDOFF", "ESCALATION"),
        ("HAND_OFF_COUNT", "TRANSFERS_COUNT"),
        ("ESCALATED", "TRANSFERRED"),
        ("CALL_SUMMARY", "CONVERSATION_SUMMARY"),
        ("CALLER_SENTIMENT", "CUSTOMER_MOOD"),
        ("APPOINTMENT_BOOKED", "APPOINTMENT_SCHEDULED"),
        ("FOLLOW_UP_NEEDED", "CALLBACK_NEEDED"),
    ],
)
def test_two_words_for_one_thing(one: str, other: str) -> None:
    (finding,) = found("SYNONYMS", boolean(one), boolean(other))
    assert finding.metric == one
    (patched,) = parse_metrics(str(finding.patch).replace("synonyms", "type: boolean\n  synonyms")).metrics
    assert (patched.name, patched.synonyms) == (one, (other,))


def test_a_project_that_says_handoff_and_transfer() -> None:
    assert names("WORDS_MIXED", boolean("HANDOFF_BILLING"), boolean("TRANSFER_DESK")) == ["TRANSFER_DESK"]
    assert names("WORDS_MIXED", boolean("HANDOFF_BILLING"), boolean("ESCALATION_COUNT")) == []
    assert names("WORDS_MIXED", boolean("HANDOFF_BILLING"), boolean("HANDOFF_DESK")) == []


def test_a_synonym_that_leads_to_two_metrics() -> None:
    one, other = boolean("A_ONE", synonyms=("topic",)), boolean("B_TWO", synonyms=("Topic", "kept"))
    (finding,) = found("SYNONYM_TAKEN", one, other)
    assert (finding.metric, finding.severity) == ("B_TWO", "error")
    assert "kept" in str(finding.patch)
    assert names("SYNONYM_TAKEN", one, boolean("C", synonyms=("a_one",))) == ["C"]
    assert names("SYNONYM_TAKEN", one, boolean("C", synonyms=("subject",))) == []


@pytest.mark.parametrize("name", ["STATUS", "RESULT", "call_data", "X", "Q1", "TEST_2", "OUTCOME"])
def test_names_that_could_be_anything(name: str) -> None:
    assert names("VAGUE_NAME", boolean(name, definition="")) == [name]
    assert names("VAGUE_NAME", boolean(name, definition="What the bank answered to the card.")) == []


@pytest.mark.parametrize("name", ["ORDER_STATUS", "CALL_REASON", "SENTIMENT", "結果"])
def test_names_that_say_something(name: str) -> None:
    assert names("VAGUE_NAME", boolean(name, definition="")) == []


def test_a_definition_that_is_missing() -> None:
    assert names("DEFINITION_MISSING", boolean("A", definition=" ")) == ["A"]
    assert names("DEFINITION_MISSING", boolean("A")) == []


def test_a_definition_that_only_says_when_it_is_true() -> None:
    told = "The caller's question was answered."
    extracted = boolean("RESOLVED", definition=told, extraction={"extract": "Was it answered?"})
    (finding,) = found("FAILURE_UNDEFINED", extracted)
    assert finding.severity == "warning"
    assert "False if" in str(finding.patch)
    expected = boolean("RESOLVED", definition=told, expected_sources=("extraction",))
    assert [one.severity for one in found("FAILURE_UNDEFINED", expected)] == ["warning"]
    by_code = found("FAILURE_UNDEFINED", boolean("R", definition=told), scan=wrote("R", False, "boolean"))
    assert [one.severity for one in by_code] == ["info"]
    by_calls = {"R": Used(2, 2, values={"true": 1, "false": 1})}
    assert names("FAILURE_UNDEFINED", boolean("R", definition=told), used=by_calls) == ["R"]


@pytest.mark.parametrize(
    "spec",
    [
        boolean("RESOLVED", definition="Answered.", extraction={"extract": "Answered, or else left open?"}),
        boolean(
            "RESOLVED", definition="Answered. False if the caller asked again.", extraction={"extract": ""}
        ),
        boolean("RESOLVED", definition="Answered."),  # nothing ever makes it false
        MetricSpec("R", "text", definition="Answered.", extraction={"extract": "?"}),
    ],
)
def test_definitions_that_are_enough(spec: MetricSpec) -> None:
    assert names("FAILURE_UNDEFINED", spec, scan=wrote(spec.name, True, "boolean")) == []


def test_values_outside_the_options() -> None:
    (finding,) = found("VALUE_OUTSIDE_OPTIONS", reason("a", "b"), scan=wrote("CALL_REASON", "c"))
    assert (finding.severity, finding.place) == ("error", "functions/f.py:3")
    (patched,) = parse_metrics(str(finding.patch)).metrics
    assert patched.options == ("a", "b", "c")
    used = {"CALL_REASON": Used(3, 3, 1, {"a": 2}, True, ["Weather"])}
    assert "'Weather'" in found("VALUE_OUTSIDE_OPTIONS", reason("a", "b"), used=used)[0].message


def test_values_that_are_among_the_options() -> None:
    assert names("VALUE_OUTSIDE_OPTIONS", reason("a", "b"), scan=wrote("CALL_REASON", "A ")) == []
    assert names("VALUE_OUTSIDE_OPTIONS", reason("a"), scan=wrote("CALL_REASON", None)) == []
    assert names("VALUE_OUTSIDE_OPTIONS", reason("true"), scan=wrote("CALL_REASON", True, "boolean")) == []
    assert names("VALUE_OUTSIDE_OPTIONS", boolean("CALL_REASON"), scan=wrote("CALL_REASON", "c")) == []


def test_what_the_code_writes_and_nobody_declared() -> None:
    (finding,) = found(
        "UNREGISTERED_WRITE", boolean("APPOINTMENT_BOOKED"), scan=wrote("APPOINTMENT_BOKED", 5)
    )
    assert "did you mean 'APPOINTMENT_BOOKED'" in finding.message
    assert names("UNREGISTERED_WRITE", boolean("A"), used={"OTHER": Used(1, 1)}) == ["OTHER"]
    assert names("UNREGISTERED_WRITE", boolean("A"), undeclared={"A"}) == ["A"]
    (pattern,) = found("UNREGISTERED_WRITE", boolean("A"), scan=wrote("STEP_*_DONE", True))
    assert "STEP_*_DONE" in pattern.message


def test_writes_that_are_declared() -> None:
    assert names("UNREGISTERED_WRITE", boolean("A"), scan=wrote("A", True)) == []
    assert names("UNREGISTERED_WRITE", boolean("STEP_1_DONE"), scan=wrote("STEP_*_DONE", True)) == []
    assert names("UNREGISTERED_WRITE", boolean("A"), scan=wrote("*", None)) == []
    assert names("UNREGISTERED_WRITE", boolean("A"), used={"A": Used(1, 1)}) == []


def test_what_is_declared_and_never_written() -> None:
    assert names("NEVER_WRITTEN", boolean("A"), scan=wrote("B", True)) == ["A"]
    assert names("NEVER_WRITTEN", boolean("A"), used={"B": Used(1, 1)}) == ["A"]
    quiet = {"A": Used(0, 0, 0)}
    assert names("NEVER_WRITTEN", boolean("A"), used=quiet, scan=wrote("A", True)) == ["A"]


@pytest.mark.parametrize(
    ("spec", "more"),
    [
        (boolean("A"), {"scan": wrote("A", True)}),
        (boolean("A"), {"scan": Scan()}),  # there is no code to write it
        (boolean("A"), {}),
        (boolean("STEP_1"), {"scan": wrote("STEP_*", True)}),
        (boolean("A", extraction={"extract": "?"}), {"scan": wrote("B", True)}),
        (boolean("A", expected_sources=("human",)), {"scan": wrote("B", True)}),
        (boolean("A", active=False), {"scan": wrote("B", True)}),
        (boolean("A"), {"used": {"A": Used(1, 1)}}),
        (boolean("A"), {"scan": Scan(wrote("*", None).writes, frozenset({"A"}), files=1)}),
    ],
)
def test_what_is_written_or_may_be(spec: MetricSpec, more: dict[str, Any]) -> None:
    assert names("NEVER_WRITTEN", spec, **more) == []


@pytest.mark.parametrize(
    ("type_", "value", "wrote_type", "severity"),
    [
        ("boolean", "maybe", "text", "error"),
        ("number", "soon", "text", "error"),
        ("integer", 2.5, "number", "error"),
        ("number", True, "boolean", "error"),
        ("boolean", None, "number", "error"),
        ("number", None, "text", "warning"),
        ("integer", None, "number", "warning"),
    ],
)
def test_writes_that_do_not_fit_the_type(type_: Any, value: Any, wrote_type: str, severity: str) -> None:
    spec = MetricSpec("A", type_, definition="Something, not nothing.")
    (finding,) = found("TYPE_MISMATCH", spec, scan=wrote("A", value, wrote_type))
    assert (finding.severity, finding.place) == (severity, "functions/f.py:3")


@pytest.mark.parametrize(
    ("type_", "value", "wrote_type"),
    [
        ("boolean", "yes", "text"),
        ("boolean", True, "boolean"),
        ("number", "2", "text"),
        ("number", 2, "integer"),
        ("integer", 2.0, "number"),
        ("text", 5, "integer"),
        ("text", None, "number"),
        ("number", None, "null"),
        ("number", None, "unknown"),
    ],
)
def test_writes_that_fit(type_: Any, value: Any, wrote_type: str) -> None:
    spec = MetricSpec("A", type_, definition="Something, not nothing.")
    assert names("TYPE_MISMATCH", spec, scan=wrote("A", value, wrote_type)) == []


def test_calls_that_do_not_fit_the_type() -> None:
    spec = MetricSpec("A", "number", definition="Something, not nothing.")
    (finding,) = found("TYPE_MISMATCH", spec, used={"A": Used(5, 5, 2, {}, True, ("soon",))})
    assert "'soon'" in finding.message
    assert names("TYPE_MISMATCH", spec, used={"A": Used(5, 5)}) == []


def test_options_that_no_call_ever_had() -> None:
    used = {"CALL_REASON": Used(60, 60, values={"a": 60})}
    (finding,) = found("OPTION_NEVER_SEEN", reason("a", "b"), used=used)
    assert parse_metrics(str(finding.patch).replace("{", "{type: categorical, ")).metrics[0].options == ("a",)
    few = {"CALL_REASON": Used(5, 5, values={"a": 5})}
    cut = {"CALL_REASON": Used(60, 60, values={"a": 60}, all_values=False)}
    both = {"CALL_REASON": Used(60, 60, values={"a": 30, "b": 30})}
    for other in (few, cut, both, None):
        assert names("OPTION_NEVER_SEEN", reason("a", "b"), used=other) == []


def test_a_ratio_of_something_that_is_not_there() -> None:
    ratio = RatioSpec("SHARE", flagged("BOKED"), flagged("conversations"))
    (finding,) = found("RATIO_SIDE_UNKNOWN", ratio, boolean("BOOKED"))
    assert "did you mean 'BOOKED'" in finding.message
    for good in ("BOOKED", "BOOKED@agent", "conversations", "duration"):
        ratio = RatioSpec("SHARE", flagged(good), flagged("conversations"))
        more: dict[str, Any] = {"builtins": {"duration"}}
        assert names("RATIO_SIDE_UNKNOWN", ratio, boolean("BOOKED"), **more) == []
    assert (
        names("RATIO_SIDE_UNKNOWN", RatioSpec("S", flagged("W"), flagged("W")), used={"W": Used(1, 1)}) == []
    )


def test_a_name_that_is_built_in() -> None:
    assert names("BUILTIN_NAME", boolean("duration"), builtins={"duration"}) == ["duration"]
    assert names("BUILTIN_NAME", boolean("DURATION_OF_IT"), builtins={"duration"}) == []


def test_what_is_deactivated_is_left_alone() -> None:
    twice = boolean("Booked", active=False)
    assert lint(Subject([boolean("BOOKED"), twice])) == []


def test_the_worst_comes_first_and_codes_can_be_left_out() -> None:
    subject = Subject([boolean("A_ONE", definition=""), boolean("a_one"), boolean("B_TWO"), boolean("c_two")])
    assert [one.code for one in lint(subject)] == ["NAME_SPELLED_TWICE", "DEFINITION_MISSING"]
    assert [one.code for one in lint(subject, ["NAME_SPELLED_TWICE"])] == ["DEFINITION_MISSING"]


def test_the_example_has_nothing_to_mend() -> None:
    told = read_specs(CLINIC)
    scan = scan_folder(CLINIC)
    assert (scan.unreadable, len(scan.writes) > 35) == ((), True)
    findings = lint(Subject(told.specs, scan, lines=told.lines, builtins=builtin.BY_NAME))
    assert [one for one in findings if one.severity != "info"] == []
    assert len(findings) <= 3


SUBJECTS = [
    "APPOINTMENT", "PAYMENT", "INVOICE", "ORDER", "REFUND", "DELIVERY", "ACCOUNT", "CARD", "ADDRESS",
    "PASSWORD", "SUBSCRIPTION", "WARRANTY", "COMPLAINT", "QUOTE", "CLAIM", "POLICY", "MORTGAGE", "LOYALTY",
    "VOUCHER", "SURVEY",
]  # fmt: skip
EVENTS = [
    "REQUESTED", "STARTED", "COMPLETED", "FAILED", "DECLINED", "UPDATED", "CONFIRMED", "AMOUNT", "DATE",
    "REJECTED", "EXPIRED", "FOUND", "NOT_FOUND", "COUNT", "CHANNEL",
]  # fmt: skip


def large() -> list[MetricSpec]:
    """300 well-kept metrics."""
    return [boolean(f"{subject}_{event}") for subject, event in itertools.product(SUBJECTS, EVENTS)]


def test_a_large_clean_registry_is_not_drowned_in_findings() -> None:
    specs = large()
    assert len(specs) == 300
    assert lint(Subject(specs)) == []


def test_what_is_wrong_in_a_large_one_is_still_found() -> None:
    wrong = [boolean("PAYMENTS_COMPLETED"), boolean("Refund_Failed"), boolean("WARANTY_EXPIRED")]
    findings = lint(Subject([*large(), *wrong]))
    assert {(one.code, one.metric) for one in findings} == {
        ("NEAR_DUPLICATE", "PAYMENT_COMPLETED"),
        ("NAME_SPELLED_TWICE", "REFUND_FAILED"),
        ("MIXED_CASING", "Refund_Failed"),
        ("NEAR_DUPLICATE", "WARRANTY_EXPIRED"),
    }


def test_every_finding_tells_all_of_it() -> None:
    specs = [
        boolean("A_ONE", definition=""),
        boolean("a_one"),
        reason("a"),
        boolean("HANDOFF"),
        boolean("TRANSFER"),
    ]
    used: Mapping[str, Used] = {"CALL_REASON": Used(60, 60, 3, {"a": 60}, True, ("x",)), "NEW": Used(1, 1)}
    findings = lint(Subject(specs, wrote("CALL_REASON", "z"), used))
    assert len({one.code for one in findings}) >= 6
    for one in findings:
        assert one.message.endswith("."), one
        assert one.effect.endswith("."), one
        assert one.suggestion.endswith("."), one
    assert len(RULES) == 13


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("CALL_REASON", ("call", "reason")),
        ("callReason", ("call", "reason")),
        ("HTTPStatus2", ("http", "status", "2")),
        ("hand-off count", ("handoff", "count")),
        ("Größe", ("grösse",)),
        ("__", ()),
    ],
)
def test_names_as_words(name: str, told: tuple[str, ...]) -> None:
    assert words(name) == told


def test_stems_and_letters_apart() -> None:
    assert len({stem(word) for word in ("decline", "declined", "declines", "declining")}) == 1
    assert stem("transferred") == stem("transfer") == stem("transfers")
    assert one_apart("recieved", "received")
    assert not one_apart("abcd", "badc")
    assert not one_apart("same", "same")
