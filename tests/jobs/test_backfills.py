"""Backfills in this process: pilot, run, pauses, cancel, what is written and what is not."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from aftercall.catalog.backfills import Backfill
from aftercall.catalog.projects import Project
from aftercall.errors import Conflict, InvalidInput, NotFound
from aftercall.extraction import Call, Results
from aftercall.extraction import extract as extract_whole
from aftercall.jobs import Backfills, backfill_one, backfill_throttle
from aftercall.llm import Door, ModelNotConfigured
from aftercall.metrics.strict import QueryInvalid
from aftercall.model.ids import new_id
from aftercall.model.times import now_ms
from aftercall.testing.model_endpoint import ModelCall, ModelEndpoint, Reply
from tests.jobs.desk import Desk, wrote

RULES = {
    "type": "boolean",
    "extraction": {
        "extract": {
            "question": "Is it about a bill?",
            "rules": [{"value": True, "any": [{"words": ["bill"], "speaker": "user"}]}],
            "otherwise": False,
            "extractors": ["rules"],
        }
    },
}
MODEL = {"type": "categorical", "options": ["billing", "other"], "extraction": {"extract": "Why?"}}
QUOTE = [{"turn": 2, "quote": "A question about my bill"}]


def answer(value: Any = "billing", status: str = "ok") -> dict[str, Any]:
    told = {"status": status, "value": value, "reason": "said so", "confidence": 0.9, "evidence": QUOTE}
    return {"REASON": told}


@pytest.fixture
def endpoint() -> Iterator[ModelEndpoint]:
    with ModelEndpoint() as running:
        running.script(answer())
        yield running


OpenDoor = Callable[..., Door]


@pytest.fixture
def open_door(endpoint: ModelEndpoint, tmp_path: Path) -> Iterator[OpenDoor]:
    doors: list[Door] = []

    def open_(**whole: Any) -> Door:
        config = {
            "endpoints": {"double": {"base_url": endpoint.url, "retries": 0}},
            "models": {"*": {"endpoint": "double", "input_price": 1.0, "output_price": 1.0}},
            **whole,
        }
        doors.append(Door(tmp_path, config=config))
        return doors[-1]

    yield open_
    for door in doors:
        door.close()


Open = Callable[..., Backfills]


@pytest.fixture
def open_backfills(desk: Desk) -> Iterator[Open]:
    opened: list[Backfills] = []

    def open_(door: Door | None = None, **options: Any) -> Backfills:
        one = Backfills(desk.catalog, desk.store, door=door, stop_s=30, **options)
        opened.append(one)
        one.start()
        return one

    yield open_
    for one in opened:
        one.close()


def declare(desk: Desk, **fields: Any) -> Project:
    project = desk.catalog.projects.create(f"p{new_id()[-12:]}")
    for name, told in fields.items():
        desk.catalog.metrics.register(project.id, name, **told)
    return desk.catalog.projects.by_id(project.id)


def until(desk: Desk, backfills: Backfills, project: Project, id_: str, *states: str) -> Backfill:
    def reached() -> Backfill | None:
        one = backfills.get(project, id_)
        return one if one.state in states else None

    found: Backfill = desk.until(reached, f"state {states} of {id_}")
    return found


def extractions(desk: Desk, project: Project, c: str, name: str) -> list[Any]:
    found = desk.store.reader.get(project.id, c)
    assert found is not None
    return [
        one.event
        for one in found.events
        if one.event.source == "extraction" and getattr(one.event, "name", "") == name
    ]


QUERY = {"over": {"all": True}}


def test_a_pilot_shows_and_a_start_writes(desk: Desk, open_backfills: Open) -> None:
    project = declare(desk, BILL=RULES)
    calls = [desk.call(project) for _ in range(7)]
    backfills = open_backfills()
    made = backfills.create(project, metrics=["BILL"], query=QUERY, pilot=3, by="key:1")
    assert (made.state, made.total, made.done) == ("piloting", 7, 0)
    piloted = until(desk, backfills, project, made.id, "waiting")
    assert piloted.pilot["conversations"] == 3
    assert piloted.pilot["statuses"] == {"BILL": {"ok": 3}}
    assert piloted.pilot["values"] == {"BILL": {"true": 3}}
    assert piloted.pilot["estimate"]["conversations"] == 7
    assert piloted.pilot["estimate"]["cost"] == 0
    notes = desk.catalog.backfills.notes(made.id, "sample")
    assert {note.conversation_id for note in notes} <= set(calls)
    assert notes[0].body["quote"] == "A question about my bill"
    assert all(extractions(desk, project, c, "BILL") == [] for c in calls)

    backfills.begin(project, made.id)
    done = until(desk, backfills, project, made.id, "done")
    assert (done.done, done.total, done.result["statuses"]) == (7, 7, {"BILL": {"ok": 7}})
    assert done.ended_at is not None
    for c in calls:
        assert desk.row(project, c)["BILL"] is True
        (event,) = extractions(desk, project, c, "BILL")
        assert event.lineage["definition"] == done.task["versions"]["BILL"]
        assert event.lineage["attempt"] == made.id
        assert desk.standing(project, c).status == "pending"  # analysing the call is another matter
    with pytest.raises(Conflict, match="done"):
        backfills.begin(project, made.id)


def test_of_which_calls(desk: Desk, open_backfills: Open) -> None:
    project = declare(desk, BILL=RULES, LIVE={"type": "integer"})
    early, other = desk.call(project), desk.call(project)
    desk.tell(project, {"kind": "metric", "name": "LIVE", "value": 2, "conversation_id": other, "seq": 6})
    running = new_id()
    desk.tell(project, {"kind": "start", "conversation_id": running, "seq": 1})
    backfills = open_backfills()
    where = {**QUERY, "where": [{"field": "LIVE", "op": "eq", "value": 1}]}
    made = backfills.create(project, metrics=["BILL"], query=where, pilot=1)
    assert made.total == 1
    until(desk, backfills, project, made.id, "waiting")
    spoken = [{"field": "transcript", "op": "contains", "value": "bill", "speaker": "user"}]
    said = backfills.create(project, metrics=["BILL"], query={**QUERY, "where": spoken}, pilot=1)
    assert said.total == 2
    late = desk.call(project)
    backfills.begin(project, made.id)
    assert until(desk, backfills, project, made.id, "done").done == 1
    wrote = {c: len(extractions(desk, project, c, "BILL")) for c in (early, other, running, late)}
    assert wrote == {early: 1, other: 0, running: 0, late: 0}


def test_what_has_a_value_of_this_version_is_not_asked_again(
    desk: Desk, open_backfills: Open, open_door: OpenDoor, endpoint: ModelEndpoint
) -> None:
    project = declare(desk, REASON=MODEL)
    calls = [desk.call(project) for _ in range(3)]
    backfills = open_backfills(open_door())

    def run(**options: Any) -> Backfill:
        made = backfills.create(project, metrics=["REASON"], query=QUERY, pilot=0, **options)
        return until(desk, backfills, project, made.id, "done")

    first = run()
    assert first.result["statuses"] == {"REASON": {"ok": 3}}
    assert first.result["model_calls"] == 3
    assert first.result["cost"] > 0
    assert len(endpoint.requests) == 3
    assert run().result["statuses"] == {"REASON": {"already": 3}}
    assert len(endpoint.requests) == 3
    endpoint.script(answer("other"))
    assert run(again=True).result["statuses"] == {"REASON": {"ok": 3}}
    assert len(endpoint.requests) == 6
    assert {desk.row(project, c)["REASON"] for c in calls} == {"other"}

    desk.catalog.metrics.update(project.id, "REASON", definition="The reason, in the caller's view.")
    endpoint.script(answer("billing"))
    third = run()
    assert third.result["statuses"] == {"REASON": {"ok": 3}}
    assert third.task["versions"] != first.task["versions"]
    assert {desk.row(project, c)["REASON"] for c in calls} == {"billing"}
    kept = extractions(
        desk, project, calls[0], "REASON"
    )  # events are never overwritten: both can be compared
    assert [one.value for one in sorted(kept, key=lambda one: one.at)] == ["billing", "other", "billing"]


def test_a_call_that_was_left_alone_stays_so(desk: Desk, open_backfills: Open) -> None:
    """It is heard of again, but nothing was told of it: its project's code, which is newer, must not run."""
    project = declare(desk, BILL=RULES)
    old = desk.call(project, received_at=now_ms() - 1_000)
    desk.script(project, lambda work: wrote(work, TURNS=2))
    backfills = open_backfills()
    made = backfills.create(project, metrics=["BILL"], query=QUERY, pilot=0)
    until(desk, backfills, project, made.id, "done")
    new = desk.call(project)
    desk.until_status(project, new, "ok")
    assert (desk.step.count(new), desk.step.count(old)) == (1, 0)
    late = {"kind": "turn", "speaker": "user", "text": "One more thing", "conversation_id": old}
    desk.tell(project, late)
    desk.until_status(project, old, "ok")
    assert (desk.row(project, old)["BILL"], desk.row(project, old)["TURNS"]) == (True, 2)


def test_what_a_person_said_stands(desk: Desk, open_backfills: Open) -> None:
    project = declare(desk, BILL=RULES)
    c = desk.call(project)
    label = {"kind": "metric", "name": "BILL", "value": False, "source": "human", "conversation_id": c}
    desk.tell(project, label)
    backfills = open_backfills()
    made = backfills.create(project, metrics=["BILL"], query=QUERY, pilot=0)
    until(desk, backfills, project, made.id, "done")
    assert desk.row(project, c)["BILL"] is False
    assert [one.value for one in extractions(desk, project, c, "BILL")] == [True]


def test_what_code_wrote_is_of_no_definition(desk: Desk, open_backfills: Open) -> None:
    """Else nobody could go over from code to a declared field for calls that are over."""
    project = declare(desk, BILL=RULES)
    desk.script(project, lambda work: wrote(work, BILL=False))
    c = desk.call(project)
    desk.until_status(project, c, "ok")
    assert desk.row(project, c)["BILL"] is False
    backfills = open_backfills()
    made = backfills.create(project, metrics=["BILL"], query=QUERY, pilot=0)
    assert until(desk, backfills, project, made.id, "done").result["statuses"] == {"BILL": {"ok": 1}}
    assert desk.row(project, c)["BILL"] is True


def test_the_pilot_s_answers_are_not_asked_for_again(
    desk: Desk, open_backfills: Open, open_door: OpenDoor, endpoint: ModelEndpoint
) -> None:
    project = declare(desk, REASON=MODEL)
    for _ in range(6):
        desk.call(project)
    backfills = open_backfills(open_door())
    made = backfills.create(project, metrics=["REASON"], query=QUERY, pilot=4)
    pilot = until(desk, backfills, project, made.id, "waiting").pilot
    assert (pilot["model_calls"], len(endpoint.requests)) == (4, 4)
    assert pilot["estimate"]["cost"] == pytest.approx(pilot["cost"] / 4 * 6, abs=1e-5)
    assert pilot["estimate"]["seconds"] > 0
    again = backfills.create(project, metrics=["REASON"], query=QUERY, pilot=4)
    second = until(desk, backfills, project, again.id, "waiting").pilot
    assert second["model_calls"] == 0  # the same calls, whose answers are stored
    assert second["estimate"] == {**pilot["estimate"], "seconds": None}
    backfills.begin(project, made.id)
    with pytest.raises(Conflict) as caught:
        backfills.begin(project, again.id)
        until(desk, backfills, project, made.id, "done")  # quicker than we were: then nothing forbids it
        raise Conflict("", code="BACKFILL_RUNNING")
    assert caught.value.code == "BACKFILL_RUNNING"
    assert until(desk, backfills, project, made.id, "done").done == 6
    assert len(endpoint.requests) == 6


def test_a_page_that_was_not_noted_is_found_and_not_asked_again(
    desk: Desk, open_backfills: Open, open_door: OpenDoor, endpoint: ModelEndpoint
) -> None:
    """As after a kill between the values' commit and the note of it."""
    project = declare(desk, REASON=MODEL)
    for _ in range(3):
        desk.call(project)
    backfills = open_backfills(open_door(cache={"max_mb": 0}))  # so that only the store can know
    made = backfills.create(project, metrics=["REASON"], query=QUERY, pilot=0)
    done = until(desk, backfills, project, made.id, "done")
    _rewind(desk, made.id)
    again = until(desk, backfills, project, made.id, "done")
    assert len(endpoint.requests) == 3
    assert again.result == done.result
    assert again.done == 3


def _rewind(desk: Desk, backfill_id: str) -> None:
    from aftercall.catalog.backfill_tables import BackfillRow

    with desk.catalog.write() as session:
        row = session.get_one(BackfillRow, backfill_id)
        row.cursor_at = row.cursor_id = row.ended_at = None
        row.done, row.result, row.state = 0, "{}", "running"


def test_at_the_cap_it_pauses_until_tomorrow_and_goes_on(
    desk: Desk, open_backfills: Open, open_door: OpenDoor, endpoint: ModelEndpoint
) -> None:
    project = declare(desk, REASON={**MODEL, "extraction": {"extract": "Why?", "rules": RULES_OF_REASON}})
    calls = [desk.call(project) for _ in range(5)]
    endpoint.script(Reply(value=answer(), tokens=(1_000_000, 0)))
    backfills = open_backfills(open_door(daily_spend_cap=2.5))
    made = backfills.create(project, metrics=["REASON"], query=QUERY, pilot=0, at_once=1)
    paused = until(desk, backfills, project, made.id, "paused")
    assert (paused.reason or "").startswith("SPEND_CAP_REACHED")
    day = 86_400_000
    assert paused.resume_at is not None
    assert 0 < paused.resume_at - now_ms() <= day
    assert paused.resume_at % day == 0
    asked = len(endpoint.requests)
    assert 0 < asked < 5
    # Rules, which come after the model, must not fill the rest with answers of another kind.
    assert sum(bool(extractions(desk, project, c, "REASON")) for c in calls) == asked
    endpoint.script(Reply(value=answer(), tokens=(10, 0)))
    backfills.close()
    _end_the_pause(desk, made.id)
    backfills = open_backfills(open_door(daily_spend_cap=100))  # as if a new day had begun
    assert until(desk, backfills, project, made.id, "done").result["statuses"] == {"REASON": {"ok": 5}}
    assert len(endpoint.requests) == 5


def test_a_pilot_that_was_stopped_says_why(
    desk: Desk, open_backfills: Open, open_door: OpenDoor, endpoint: ModelEndpoint
) -> None:
    project = declare(desk, REASON=MODEL)
    for _ in range(4):
        desk.call(project)
    endpoint.script(Reply(value=answer(), tokens=(1_000_000, 0)))
    backfills = open_backfills(open_door(daily_spend_cap=1.5))
    made = backfills.create(project, metrics=["REASON"], query=QUERY, pilot=4, at_once=1)
    pilot = until(desk, backfills, project, made.id, "waiting").pilot
    assert 0 < pilot["conversations"] < 4
    (failure,) = desk.catalog.backfills.notes(made.id, "failure")
    assert failure.body["reason"].startswith("the pilot ended here: SPEND_CAP_REACHED")


RULES_OF_REASON = [{"value": "other", "if": {"words": "bill"}}]


def _end_the_pause(desk: Desk, backfill_id: str) -> None:
    from aftercall.catalog.backfill_tables import BackfillRow

    with desk.catalog.write() as session:
        session.get_one(BackfillRow, backfill_id).resume_at = now_ms() - 1


def test_a_wrong_key_waits_for_a_person(
    desk: Desk, open_backfills: Open, open_door: OpenDoor, endpoint: ModelEndpoint
) -> None:
    project = declare(desk, REASON=MODEL)
    calls = [desk.call(project) for _ in range(4)]
    endpoint.script(Reply(status=401))
    backfills = open_backfills(open_door())
    made = backfills.create(project, metrics=["REASON"], query=QUERY, pilot=0)
    paused = until(desk, backfills, project, made.id, "paused")
    assert (paused.reason or "").startswith("MODEL_UNAUTHORIZED")
    assert (paused.resume_at, paused.done) == (None, 0)
    assert all(extractions(desk, project, c, "REASON") == [] for c in calls)
    endpoint.script(answer())
    backfills.resume(project, made.id)
    assert until(desk, backfills, project, made.id, "done").done == 4
    tried = backfills.create(project, metrics=["REASON"], query=QUERY, pilot=2, again=True)
    until(desk, backfills, project, tried.id, "waiting")
    endpoint.script(Reply(status=401))
    tried = backfills.create(project, metrics=["REASON"], query=QUERY, pilot=2, again=True)
    failed = until(desk, backfills, project, tried.id, "failed")
    assert (failed.reason or "").startswith("MODEL_UNAUTHORIZED")


def test_an_outage_is_waited_out_and_a_call_s_own_failure_is_told(
    desk: Desk, open_backfills: Open, open_door: OpenDoor, endpoint: ModelEndpoint
) -> None:
    project = declare(desk, REASON=MODEL)
    calls = [desk.call(project) for _ in range(4)]
    endpoint.script(Reply(status=500))
    backfills = open_backfills(open_door(), stall_s=3600)
    made = backfills.create(project, metrics=["REASON"], query=QUERY, pilot=0)
    paused = until(desk, backfills, project, made.id, "paused")
    assert (paused.reason or "").startswith("MODEL_UNAVAILABLE")
    assert paused.resume_at is not None
    assert (paused.done, paused.stalls) == (0, 1)
    failing = threading.Lock()
    failing.acquire()  # the first request of all takes it, so that exactly one call fails

    def script(call: ModelCall) -> Any:
        if failing.locked():
            failing.release()
            return Reply(status=500)
        return answer()

    endpoint.script(script)
    backfills.resume(project, made.id)
    done = until(desk, backfills, project, made.id, "done")
    assert done.result["statuses"] == {"REASON": {"ok": 3, "failed": 1}}
    (failure,) = desk.catalog.backfills.notes(made.id, "failure")
    assert failure.body["reason"].startswith("MODEL_UNAVAILABLE")
    assert failure.body["reason"].endswith("(nothing was written)")
    assert extractions(desk, project, failure.conversation_id, "REASON") == []
    rest = backfills.create(project, metrics=["REASON"], query=QUERY, pilot=0)
    assert until(desk, backfills, project, rest.id, "done").result["statuses"] == {
        "REASON": {"already": 3, "ok": 1}
    }
    assert {desk.row(project, c)["REASON"] for c in calls} == {"billing"}


def test_a_fault_of_ours_does_not_hold_up_the_others(
    desk: Desk, open_backfills: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = declare(desk, BILL=RULES)
    calls = [desk.call(project) for _ in range(3)]

    def extract(call: Call, *rest: Any) -> Results:
        if call.id == calls[1]:
            raise TypeError("a rule that nobody thought of")
        return extract_whole(call, *rest)

    monkeypatch.setattr(backfill_one, "extract", extract)
    backfills = open_backfills()
    made = backfills.create(project, metrics=["BILL"], query=QUERY, pilot=0)
    done = until(desk, backfills, project, made.id, "done")
    assert done.result["statuses"] == {"BILL": {"ok": 2, "failed": 1}}
    (failure,) = desk.catalog.backfills.notes(made.id, "failure")
    assert failure.conversation_id == calls[1]
    assert failure.body["reason"].startswith("BROKE: TypeError")


def test_cancelling_stops_it_and_keeps_what_was_written(
    desk: Desk, open_backfills: Open, open_door: OpenDoor, endpoint: ModelEndpoint
) -> None:
    project = declare(desk, REASON=MODEL)
    calls = [desk.call(project) for _ in range(12)]
    held = threading.Event()

    def script(call: ModelCall) -> Any:
        if call.number >= 2:
            held.wait(60)
        return answer()

    endpoint.script(script)
    backfills = open_backfills(open_door())
    made = backfills.create(project, metrics=["REASON"], query=QUERY, pilot=0, at_once=1)
    assert endpoint.wait_for(lambda: len(endpoint.requests) == 3, 60)
    assert backfills.cancel(project, made.id).state == "cancelled"
    held.set()
    backfills.close()  # after it nothing is written any more
    asked = len(endpoint.requests)
    assert asked < 12
    wrote = sum(bool(extractions(desk, project, c, "REASON")) for c in calls)
    assert 2 <= wrote <= asked
    with pytest.raises(Conflict, match="cancelled"):
        backfills.cancel(project, made.id)


def test_of_two_begun_at_once_one_is_refused(
    desk: Desk, open_backfills: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = declare(desk, BILL=RULES)
    backfills = open_backfills()
    both = threading.Barrier(2)
    create = desk.catalog.backfills.create

    def together(*given: Any, **options: Any) -> Backfill:
        with contextlib.suppress(threading.BrokenBarrierError):  # as it must be: the other waits outside
            both.wait(1)
        return create(*given, **options)

    monkeypatch.setattr(desk.catalog.backfills, "create", together)
    monkeypatch.setattr(backfills._leader, "wake", lambda: None)
    monkeypatch.setattr(backfills._leader, "_round", lambda: False)  # none of them ends meanwhile

    def begin(_: int) -> str:
        try:
            return backfills.create(project, metrics=["BILL"], query=QUERY, pilot=0).state
        except Conflict as error:
            return error.code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(begin, range(2))) == ["BACKFILL_RUNNING", "running"]


def test_so_many_a_minute_over_all_pages(
    desk: Desk, open_backfills: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of a page is no leave to begin the next at once. Nobody waits here: turns are only counted."""
    project = declare(desk, BILL=RULES)
    for _ in range(7):
        desk.call(project)
    turns: list[float] = []
    turn = backfill_throttle.Pace.turn

    def taken(self: backfill_throttle.Pace) -> float:
        turns.append(turn(self))
        return 0.0

    monkeypatch.setattr(backfill_throttle.Pace, "turn", taken)
    monkeypatch.setattr(backfill_throttle.Pace, "due", 0.0)
    backfills = open_backfills()
    made = backfills.create(project, metrics=["BILL"], query=QUERY, pilot=0, per_minute=3)
    assert until(desk, backfills, project, made.id, "done").done == 7
    gaps = [after - before for before, after in pairwise(turns)]
    assert gaps == pytest.approx([20.0] * 6)  # in three pages: 3, 3, 1


def test_a_definition_that_changes_ends_it(desk: Desk, open_backfills: Open) -> None:
    project = declare(desk, BILL=RULES)
    desk.call(project)
    backfills = open_backfills()
    made = backfills.create(project, metrics=["BILL"], query=QUERY, pilot=1)
    until(desk, backfills, project, made.id, "waiting")
    desk.catalog.metrics.update(project.id, "BILL", definition="Something else.")
    backfills.begin(project, made.id)
    failed = until(desk, backfills, project, made.id, "failed")
    assert "defined anew" in (failed.reason or "")
    assert failed.result == {}


def test_what_is_erased_is_in_no_note(desk: Desk, open_backfills: Open) -> None:
    project = declare(desk, BILL=RULES)
    c = desk.call(project)
    backfills = open_backfills()
    made = backfills.create(project, metrics=["BILL"], query=QUERY, pilot=1)
    until(desk, backfills, project, made.id, "waiting")
    assert desk.catalog.backfills.notes(made.id, "sample")
    desk.tell(project, {"kind": "erasure", "conversation_id": c})
    desk.until(lambda: not desk.catalog.backfills.notes(made.id, "sample"), "the erasure of notes")
    backfills.begin(project, made.id)
    assert until(desk, backfills, project, made.id, "done").result.get("statuses", {}) == {}


def test_what_cannot_be_asked_for(desk: Desk, open_backfills: Open, open_door: OpenDoor) -> None:
    project = declare(desk, REASON=MODEL, PLAIN={"type": "boolean"})
    backfills = open_backfills(open_door(models={}))

    def create(metrics: list[str], **query: Any) -> Backfill:
        return backfills.create(project, metrics=metrics, query={**QUERY, **query})

    with pytest.raises(NotFound, match="NOTHING"):
        create(["NOTHING"])
    with pytest.raises(InvalidInput, match="not extracted"):
        create(["PLAIN"])
    with pytest.raises(ModelNotConfigured):
        create(["REASON"])
    desk.catalog.metrics.update(
        project.id, "REASON", extraction={"extract": "Why?", "rules": RULES_OF_REASON}
    )
    with pytest.raises(QueryInvalid, match="where"):
        create(["REASON"], where=[{"field": "no such field", "op": "eq", "value": 1}])
    assert backfills.list(project) == ()
