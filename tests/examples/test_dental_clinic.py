"""The example agent project: nothing wrong with it, every function exercised, every metric explained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aftercall.catalog import Catalog
from aftercall.extraction import Call, Found, RulesExtractor, check_examples, declared_field, extract
from aftercall.model.values import NotCoercible, coerce
from aftercall.runtime import Host, Outcome, Pool, Snapshot, check, in_place
from aftercall.runtime.metrics_file import MetricSpec, read_metrics
from aftercall.runtime.scenarios import ScenarioResult, run_scenarios
from tests.extraction.calls import call

CLINIC = Path(__file__).resolve().parents[2] / "examples" / "dental_clinic"
ASKED = {
    "CALL_SUMMARY",
    "CALL_REASON",
    "RESOLUTION",
    "SENTIMENT",
    "FOLLOW_UP_NEEDED",
    "NO_SHOW_RISK",
    "ESCALATION_COUNT",
}
DECLARED = {*ASKED, "APPOINTMENT_BOOKED", "REPEAT_CONTACT", "QUALITY"}
UTILITIES = {"practice", "ask_transcript", "find_patient", "start_function", "end_function"}
"""Called by other functions and by the platform, not by the agent's model."""

pytestmark = pytest.mark.xdist_group("example")


@pytest.fixture(scope="module")
def results() -> list[ScenarioResult]:
    return run_scenarios(CLINIC)


@pytest.fixture(scope="module")
def specs() -> dict[str, MetricSpec]:
    return {spec.name: spec for spec in read_metrics(CLINIC)}


def sources() -> Iterator[tuple[Path, str]]:
    for path in sorted(CLINIC.rglob("*.py")):
        yield path, path.read_text(encoding="utf-8")


def test_nothing_is_wrong_with_it() -> None:
    loaded = check(CLINIC)
    assert loaded.problems == []
    assert len(loaded.functions) >= 30
    assert len({item.flow for item in loaded.functions if item.flow}) == 5
    undescribed = {item.name for item in loaded.functions if not item.description and item.kind == "function"}
    assert undescribed <= UTILITIES


def test_every_file_begins_as_the_platform_wants_it() -> None:
    for path, source in sources():
        assert source.startswith("from _gen import *  # <AUTO GENERATED>\n"), path.name
        assert "from __future__" not in source, "the platform looks at annotations while it runs"
        assert not re.search(r"(?<!# )\b(import requests|urllib|http\.client|socket)\b", source), path.name


def test_every_scenario_comes_out_as_written(results: list[ScenarioResult]) -> None:
    assert {result.file: result.problems for result in results if not result.ok} == {}
    assert len(results) >= 15
    assert sum(result.seconds for result in results) < 20


def test_scenarios_call_every_function_and_pass_through_every_flow(results: list[ScenarioResult]) -> None:
    called = {e["name"] for r in results for e in r.events if e["kind"] == "function_call"}
    assert {path.stem for path, _ in sources()} - called <= UTILITIES
    entered = {e.get("flow") for r in results for e in r.events if e["kind"] == "flow"} - {None}
    flows = {"Booking", "Rescheduling", "Insurance check", "Payment", "Billing question"}
    assert entered == flows


def test_metrics_yaml_explains_every_metric_and_no_other(
    results: list[ScenarioResult], specs: dict[str, MetricSpec]
) -> None:
    written = {e["name"] for r in results for e in r.events if e["kind"] == "metric"}
    assert {name for name, spec in specs.items() if spec.extraction} == DECLARED
    assert written | DECLARED == set(specs)
    assert set(specs) >= ASKED
    assert all(len(spec.definition) > 10 for spec in specs.values())


def test_what_functions_write_fits_the_types(
    results: list[ScenarioResult], specs: dict[str, MetricSpec]
) -> None:
    for result in results:
        for event in result.events:
            if event["kind"] == "metric" and event.get("value", True) is not None:
                spec = specs[event["name"]]
                coerce(event.get("value", True), spec.type, spec.options)


def test_the_catalog_takes_every_metric(specs: dict[str, MetricSpec], tmp_path: Path) -> None:
    catalog = Catalog.open(f"sqlite:///{tmp_path / 'catalog.db'}")
    try:
        project = catalog.projects.create("clinic")
        for spec in specs.values():
            catalog.metrics.register(
                project.id,
                spec.name,
                spec.type,
                options=spec.options,
                empty_values=spec.empty_values,
                display_name=spec.display_name,
                definition=spec.definition,
                unit=spec.unit,
            )
        registered = catalog.metrics.list(project.id).by_name
    finally:
        catalog.close()
    assert registered["INSURANCE_VERIFIED"].type == "boolean"
    assert registered["SENTIMENT"].options == ("positive", "neutral", "negative")
    assert registered["BOOKING_VALUE"].unit == "USD"


# --- end_function


TURNS = (
    ("agent", "Juniper Lane Dental, how can I help?"),
    ("user", "I want to pay my bill, and I'd like to speak to a person."),
    ("user", "This is ridiculous, get me a person."),
)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with Pool(tmp_path_factory.mktemp("home")) as running:
        yield running


def end(pool: Pool, model: Any = None, config: dict[str, Any] | None = None) -> Outcome:
    events = [
        {"kind": "turn", "id": f"t{n}", "at": 1_700_000_000_000 + n, "speaker": speaker, "text": text}
        for n, (speaker, text) in enumerate(TURNS)
    ]
    snapshot = Snapshot.of("call-1", events, real_time_config=config)
    prompt_llm = None if model is None else (lambda prompt: model(prompt) if callable(model) else model)
    return pool.end(in_place(CLINIC), snapshot, host=Host(prompt_llm=prompt_llm))


def written(outcome: Outcome) -> dict[str, Any]:
    return {e["name"]: e.get("value", True) for e in outcome.events if e["kind"] == "metric"}


def test_one_question_asks_everything_with_the_transcript(pool: Pool) -> None:
    asked = []

    def model(prompt: Any) -> dict[str, Any]:
        asked.append(prompt)
        return dict.fromkeys(ASKED)

    outcome = end(pool, model)
    assert outcome.ok, outcome.traceback
    (prompt,) = asked
    assert (prompt.return_json, prompt.show_history, prompt.history) == (True, False, [])
    assert all(name in prompt.prompt for name in ASKED)
    assert "User: This is ridiculous, get me a person." in prompt.prompt


def test_every_answer_is_written_as_it_came(pool: Pool, specs: dict[str, MetricSpec]) -> None:
    answers = {
        "ESCALATION_COUNT": "2",
        "NO_SHOW_RISK": None,
        "CALL_REASON": ["payment", "other"],
        "SENTIMENT": "furious",
        "FOLLOW_UP_NEEDED": True,
        "SOMETHING_NEW": "kept, too",
    }
    outcome = end(pool, answers)
    assert outcome.ok
    told = written(outcome)
    assert told == {**answers, "CALL_REASON": told["CALL_REASON"], "ANALYZED_BY": "model"}
    assert {e["source"] for e in outcome.events} == {"extraction"}
    assert coerce(told["ESCALATION_COUNT"], "integer") == 2
    invalid = {e["name"]: e["invalid"] for e in outcome.events if e.get("invalid")}
    assert list(invalid) == ["CALL_REASON"]  # a list is no value: kept, and shown as invalid
    with pytest.raises(NotCoercible):
        coerce(told["SENTIMENT"], "categorical", specs["SENTIMENT"].options)


def test_without_a_model_the_error_goes_up(pool: Pool) -> None:
    outcome = end(pool)
    assert not outcome.ok
    assert outcome.error is not None and outcome.error.startswith("NotImplementedError")
    assert "end_function.py" in (outcome.traceback or "")
    assert written(outcome) == {"ANALYZED_BY": "rules"}
    assert any("No model" in entry["content"] for entry in outcome.logs)


def found_by_rules(specs: dict[str, MetricSpec], call: Call) -> dict[str, Found]:
    fields = [field for spec in specs.values() if (field := declared_field(spec)) is not None]
    assert [str(one) for field in fields for one in check_examples(field)] == []
    return {field.name: one for field, one in extract(call, fields, {"rules": RulesExtractor()}).found}


def test_without_a_model_the_rules_of_metrics_yaml_answer(specs: dict[str, MetricSpec]) -> None:
    found = found_by_rules(specs, call(*(f"{who}: {text}" for who, text in TURNS), language="en-US"))
    assert (found["CALL_REASON"].value, found["ESCALATION_COUNT"].value) == ("payment", 2)
    assert found["NO_SHOW_RISK"].status == "not_applicable"
    assert set(found) == DECLARED - {"APPOINTMENT_BOOKED"}  # asked where the agent says that it booked
    assert {one.extractor for one in found.values()} == {"rules"}
    assert (
        found["CALL_REASON"].evidence[0].text == "I want to pay my bill, and I'd like to speak to a person."
    )


FOUND: dict[str, dict[str, Any]] = {
    "billing_question": {"CALL_REASON": "billing question", "FOLLOW_UP_NEEDED": True},
    "booking": {"CALL_REASON": "booking", "RESOLUTION": "resolved", "NO_SHOW_RISK": "medium"},
    "booking_full": {"RESOLUTION": "partly resolved", "FOLLOW_UP_NEEDED": True, "NO_SHOW_RISK": None},
    "cancelling_late": {"CALL_REASON": "cancellation"},
    "emergency": {"CALL_REASON": "emergency", "RESOLUTION": "handed off"},
    "insurance": {"CALL_REASON": "insurance", "RESOLUTION": "resolved"},
    "insurance_silent": {
        "CALL_REASON": "insurance",
        "RESOLUTION": "partly resolved",
        "FOLLOW_UP_NEEDED": True,
    },
    "insurance_unknown": {"RESOLUTION": "handed off"},
    "nobody_there": {"RESOLUTION": "abandoned", "QUALITY": None},
    "payment": {"CALL_REASON": "payment", "RESOLUTION": "resolved", "FOLLOW_UP_NEEDED": False},
    "payment_declined": {"FOLLOW_UP_NEEDED": True},
    "rescheduling": {"CALL_REASON": "rescheduling", "RESOLUTION": "resolved", "NO_SHOW_RISK": "medium"},
}


@pytest.mark.parametrize("name", FOUND)
def test_the_rules_read_every_kind_of_call(
    results: list[ScenarioResult], specs: dict[str, MetricSpec], name: str
) -> None:
    (result,) = [one for one in results if Path(one.file).stem == name]
    of_the_call = [event for event in result.events if event.get("source") != "extraction"]
    found = found_by_rules(specs, Call.of("c", of_the_call))
    assert {metric: found[metric].value for metric in FOUND[name]} == FOUND[name]


def test_the_configuration_can_say_that_rules_are_enough(pool: Pool) -> None:
    outcome = end(pool, config={"without_a_model": "rules"})
    assert outcome.ok
    assert written(outcome)["ANALYZED_BY"] == "rules"


def test_a_model_that_fails_fails_the_attempt_and_writes_nothing_made_up(pool: Pool) -> None:
    def model(prompt: Any) -> dict[str, Any]:
        raise RuntimeError("overloaded")

    outcome = end(pool, model)
    assert not outcome.ok
    assert "ChatCompletionError" in (outcome.error or "")
    assert written(outcome) == {}
