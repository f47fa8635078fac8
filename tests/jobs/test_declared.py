"""The step of declared fields, as the durable job runs it: on real chDB, with a scripted model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aftercall.catalog.projects import Project
from aftercall.jobs.declared import Declared
from aftercall.jobs.previous import PreviousContacts
from aftercall.jobs.step import Result, Work
from aftercall.jobs.task import Analyse
from aftercall.llm import Door
from aftercall.model.ids import new_id
from aftercall.model.times import now_ms
from aftercall.runtime import Outcome
from aftercall.testing.model_endpoint import ModelEndpoint, Reply
from tests.jobs.desk import Desk, metrics

FIELDS: dict[str, Any] = {
    "CALL_REASON": {
        "type": "categorical",
        "options": ["billing", "booking"],
        "extraction": {
            "extract": "Why did they call?",
            "grounded": "required",
            "rules": [{"value": "billing", "if": {"words": "bill", "speaker": "user"}}],
        },
    },
    "QUALITY": {"type": "integer", "extraction": {"extract": {"use": "quality"}}},
}
ANSWER = {
    "CALL_REASON": {
        "status": "ok", "value": "billing", "reason": "so said", "confidence": 1,
        "evidence": [{"turn": 2, "quote": "A question about my bill"}],
    },
    "QUALITY": {"status": "unknown", "value": None, "reason": "too short", "confidence": 0, "evidence": []},
}  # fmt: skip


@pytest.fixture
def endpoint() -> Iterator[ModelEndpoint]:
    with ModelEndpoint() as running:
        running.script(ANSWER)
        yield running


@pytest.fixture
def door(endpoint: ModelEndpoint, tmp_path: Path) -> Iterator[Door]:
    config = {
        "endpoints": {"double": {"base_url": endpoint.url, "retries": 0}},
        "models": {"*": {"endpoint": "double"}},
    }
    one = Door(tmp_path, config=config)
    yield one
    one.close()


Run = Callable[[Project, str, Door | None], Result | None]


def declare(desk: Desk, **fields: Any) -> Project:
    project = desk.catalog.projects.create(f"p{new_id()[-12:]}")
    for name, told in fields.items():
        desk.catalog.metrics.register(project.id, name, **told)
    return desk.catalog.projects.by_id(project.id)


def run(
    desk: Desk, project: Project, conversation_id: str, door: Door | None, **options: Any
) -> Result | None:
    told = desk.jobs._loader.load(project.id, conversation_id)
    assert told is not None
    task = Analyse.next(project.id, conversation_id, told=5, attempts=0, number=1)
    return Declared(desk.catalog, door=door, **options).run(Work(project, told, task))


def test_values_become_columns(desk: Desk, door: Door, endpoint: ModelEndpoint) -> None:
    project = declare(desk, **FIELDS)
    declared = Declared(desk.catalog, door=door)
    desk.script(project, lambda work: declared.run(work) or Result(Outcome("ok")))
    c = desk.call(project)
    assert desk.until_status(project, c, "ok", "failed").status == "ok"
    assert desk.row(project, c)["CALL_REASON"] == "billing"
    assert desk.row(project, c)["QUALITY"] is None
    (write,) = desk.conversation(project, c).metrics["CALL_REASON"]
    assert write.event.source == "extraction"
    assert write.event.evidence[0]["quote"] == "A question about my bill"
    lineage = write.event.lineage
    assert (lineage["extractor"], lineage["status"], lineage["self_reported"]) == ("llm", "ok", 1)
    assert lineage["attempt"].startswith("pc-")
    assert len(endpoint.requests) == 1
    (unknown,) = desk.conversation(project, c).metrics["QUALITY"]
    assert unknown.event.lineage["status"] == "unknown"


def test_the_project_names_the_model_and_a_field_another(
    desk: Desk, door: Door, endpoint: ModelEndpoint
) -> None:
    other = {"type": "integer", "extraction": {"extract": {"use": "quality"}, "model": "of-the-field"}}
    project = declare(desk, CALL_REASON=FIELDS["CALL_REASON"], QUALITY=other)
    desk.catalog.projects.update(project.id, settings={"extraction": {"model": "of-the-project"}})
    assert run(desk, desk.catalog.projects.by_id(project.id), desk.call(project), door) is not None
    assert {one.body["model"] for one in endpoint.requests} == {"of-the-project", "of-the-field"}


def test_without_a_model_the_rules_say_what_they_can(desk: Desk) -> None:
    project = declare(desk, **FIELDS)
    result = run(desk, project, desk.call(project), None)
    assert result is not None
    assert result.outcome.ok
    values = {
        event["name"]: (event["value"], event["lineage"]["extractor"]) for event in result.outcome.events
    }
    assert values == {"CALL_REASON": ("billing", "rules"), "QUALITY": (3, "rules")}


def test_a_passing_failure_is_retried_and_a_stored_answer_is_not_asked_for_again(
    desk: Desk, door: Door, endpoint: ModelEndpoint
) -> None:
    field = {"type": "boolean", "extraction": {"extract": "Was it resolved?"}}
    project = declare(desk, RESOLVED=field)
    c = desk.call(project)
    endpoint.script(Reply(status=500))
    result = run(desk, project, c, door)
    assert result is not None
    assert (result.outcome.ok, result.retry) == (False, True)
    assert (result.outcome.error or "").startswith("RESOLVED: MODEL_UNAVAILABLE")
    assert result.outcome.events[0]["invalid"].startswith("failed: MODEL_UNAVAILABLE")
    endpoint.script(
        {"RESOLVED": {"status": "ok", "value": False, "reason": "", "confidence": 1, "evidence": []}}
    )
    asked = len(endpoint.requests)
    for _ in range(2):  # as after a kill: the second run sends nothing
        again = run(desk, project, c, door)
        assert again is not None
        assert (again.outcome.ok, again.outcome.events[0]["value"]) == (True, False)
    assert len(endpoint.requests) == asked + 1


def test_a_wrong_key_stands_on_the_conversation_and_is_not_retried(
    desk: Desk, door: Door, endpoint: ModelEndpoint
) -> None:
    project = declare(desk, RESOLVED={"type": "boolean", "extraction": {"extract": "Was it?"}})
    endpoint.script(Reply(status=401))
    result = run(desk, project, desk.call(project), door)
    assert result is not None
    assert (result.outcome.ok, result.retry) == (False, False)
    assert "MODEL_UNAUTHORIZED" in (result.outcome.error or "")


def test_a_declaration_that_is_wrong_does_not_stop_the_others(desk: Desk) -> None:
    wrong = {"type": "boolean", "extraction": {"extract": "Was it?", "grounded": "perhaps"}}
    project = declare(desk, WRONG=wrong, **FIELDS)
    result = run(desk, project, desk.call(project), None)
    assert result is not None
    assert (result.outcome.ok, result.retry) == (False, False)
    assert (result.outcome.error or "").startswith("EXTRACTION_INVALID: WRONG: ")
    assert {event["name"] for event in result.outcome.events} == {"CALL_REASON", "QUALITY"}


def test_projects_without_declared_fields_are_not_its_business(desk: Desk) -> None:
    project = declare(desk, PLAIN={"type": "boolean"})
    step = Declared(desk.catalog)
    assert step.since(project) is None
    assert run(desk, project, desk.call(project), None) is None


def test_since_the_first_declaration_also_when_definitions_change(desk: Desk) -> None:
    project = declare(desk, **FIELDS)
    first = Declared(desk.catalog).since(project)
    assert first is not None
    desk.catalog.metrics.update(
        project.id, "QUALITY", extraction={"extract": {"use": "quality", "model": "m"}}
    )
    changed = desk.catalog.projects.by_id(project.id)
    assert changed.registry_revision > project.registry_revision
    assert Declared(desk.catalog).since(changed) == first


def test_code_goes_first(desk: Desk) -> None:
    project = declare(desk, **FIELDS)
    told = desk.jobs._loader.load(project.id, desk.call(project))
    assert told is not None
    work = Work(project, told, Analyse.next(project.id, told.conversation_id, told=5, attempts=0, number=1))
    wrote = Result(Outcome("ok", events=metrics(work, CALL_REASON=None, OTHER=1)))
    result = Declared(desk.catalog).run(work.after(wrote))
    assert result is not None
    assert [event["name"] for event in result.outcome.events] == ["QUALITY"]


def test_what_code_wrote_in_the_attempt_is_known_to_conditions(desk: Desk) -> None:
    only = {"extract": {"use": "quality", "when": {"only_if": {"VIP": True}}}}
    project = declare(desk, QUALITY={"type": "integer", "extraction": only})
    told = desk.jobs._loader.load(project.id, desk.call(project))
    assert told is not None
    work = Work(project, told, Analyse.next(project.id, told.conversation_id, told=5, attempts=0, number=1))
    step = Declared(desk.catalog)
    without, with_vip = (
        step.run(work),
        step.run(work.after(Result(Outcome("ok", events=metrics(work, VIP=True))))),
    )
    assert without is not None and without.outcome.events == []
    assert with_vip is not None and [one["name"] for one in with_vip.outcome.events] == ["QUALITY"]


def test_a_definition_that_did_not_change_is_not_made_again(desk: Desk) -> None:
    project = declare(desk, **FIELDS)
    step = Declared(desk.catalog)
    before = step.fields(project)
    desk.catalog.metrics.update(project.id, "QUALITY", definition="Other words are another question.")
    after = step.fields(desk.catalog.projects.by_id(project.id))
    assert [one.name for one in after] == [one.name for one in before]
    assert (after[0] is before[0], after[1] is before[1]) == (True, False)
    assert after[1].version != before[1].version


def test_previous_contacts_are_the_calls_of_the_week_before(desk: Desk) -> None:
    project = declare(desk, AGAIN={"type": "boolean", "extraction": {"extract": {"use": "repeat_contact"}}})
    day, now = 86_400_000, now_ms()

    def rang(days_ago: float, **facts: Any) -> str:
        c, at = new_id(), now - int(days_ago * day)
        facts = {"from_number": "+14155550100", **facts}
        said = {"kind": "turn", "speaker": "user", "text": "Hello"}
        for event in ({"kind": "start", "started_at": at, **facts}, said, {"kind": "end", "ended_at": at}):
            desk.tell(project, {**event, "conversation_id": c, "at": at})
        return c

    calls = [rang(11), rang(3), rang(2), rang(1, from_number="+14155550111"), rang(0)]
    ours = rang(0, direction="outbound")
    previous = PreviousContacts(desk.store.engine)
    previous.start()
    try:
        told = [desk.jobs._loader.load(project.id, c) for c in [*calls, ours]]
        counts = [previous.ask(project, one) for one in told if one is not None]
        assert counts == [0, 0, 1, 0, 2, None]
        result = run(desk, project, calls[4], None, previous_contacts=previous.ask)
    finally:
        previous.close()
    assert result is not None
    assert result.outcome.events[0]["value"] is True


def test_previous_contacts_reach_the_rules(desk: Desk) -> None:
    project = declare(desk, AGAIN={"type": "boolean", "extraction": {"extract": {"use": "repeat_contact"}}})
    result = run(desk, project, desk.call(project), None, previous_contacts=lambda _project, _told: 2)
    assert result is not None
    assert result.outcome.events[0]["value"] is True
