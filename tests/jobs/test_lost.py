"""Calls that fell silent get an end; a real one that comes later overrides it."""

from __future__ import annotations

from typing import Any

from aftercall.model.ids import new_id
from aftercall.model.times import now_ms, to_datetime
from tests.jobs.desk import Desk, call, wrote

MINUTE = 60_000


def in_progress(desk: Desk, project: Any, *, heard_ago_ms: int) -> str:
    c = new_id()
    then = now_ms() - heard_ago_ms
    told = [{**event, "at": then + i} for i, event in enumerate(call(c)[:-1])]
    desk.tell(project, *told, received_at=then)
    return c


def test_a_silent_call_ends_when_it_was_last_heard_of_and_is_analysed(desk: Desk) -> None:
    project = desk.project(lambda work: wrote(work, A=1))
    desk.step.from_when[project.id] = 0
    c = in_progress(desk, project, heard_ago_ms=31 * MINUTE)
    last = desk.conversation(project, c).last_event_at
    desk.until_status(project, c, "ok")
    row = desk.row(project, c)
    assert (row["ended_reason"], row["in_progress"]) == ("lost", False)
    assert row["ended_at"] == to_datetime(last).replace(tzinfo=None)
    [end] = [e.event for e in desk.conversation(project, c).entries if e.event.source == "system"]
    assert (end.reason, end.id) == ("lost", "aftercall-lost")


def test_a_call_that_was_heard_of_lately_goes_on(desk: Desk) -> None:
    project = desk.project()
    recent = in_progress(desk, project, heard_ago_ms=29 * MINUTE)
    old = in_progress(desk, project, heard_ago_ms=31 * MINUTE)
    desk.until(lambda: not desk.row(project, old)["in_progress"])
    assert desk.row(project, recent)["in_progress"]


def test_a_project_may_wait_longer_or_for_ever(desk: Desk) -> None:
    patient = desk.project(lost_after_minutes=120)
    never = desk.project(lost_after_minutes=0)
    hasty = desk.project(lost_after_minutes=0.01)
    waiting = [in_progress(desk, project, heard_ago_ms=100 * MINUTE) for project in (patient, never)]
    gone = in_progress(desk, hasty, heard_ago_ms=1000)
    desk.until(lambda: not desk.row(hasty, gone)["in_progress"])
    assert desk.row(patient, waiting[0])["in_progress"]
    assert desk.row(never, waiting[1])["in_progress"]


def test_a_real_end_that_comes_later_overrides_and_is_analysed(desk: Desk) -> None:
    project = desk.project(lambda work: wrote(work, ENDED=work.told.conversation.ended_reason))
    desk.step.from_when[project.id] = 0
    c = in_progress(desk, project, heard_ago_ms=31 * MINUTE)
    desk.until_status(project, c, "ok")
    assert desk.row(project, c)["ENDED"] == "lost"
    end = {"kind": "end", "reason": "user_hangup", "seq": 5, "conversation_id": c}
    desk.tell(project, end)
    desk.until(lambda: desk.row(project, c)["ENDED"] == "user_hangup")
    row = desk.row(project, c)
    assert row["ended_reason"] == "user_hangup"
    assert row["ended_at"] == to_datetime(desk.conversation(project, c).ended_at or 0).replace(tzinfo=None)


def test_many_lost_calls_are_each_ended_once(desk: Desk) -> None:
    project = desk.project()
    then = now_ms() - 40 * MINUTE
    ids = [new_id() for _ in range(1200)]  # more than are ended at once
    desk.tell(project, *[{"kind": "start", "conversation_id": c, "at": then} for c in ids], received_at=then)
    table = f"conversations_{project.id}"

    def open_() -> int:
        return int(desk.store.engine.select(f"SELECT countIf(in_progress) FROM {table} FINAL")[0][0])

    desk.until(lambda: open_() == 0, "all to be ended")
    desk.jobs._lost.close(project)
    rows = desk.store.engine.select(
        "SELECT count(), uniqExact(conversation_id) FROM events FINAL"
        " WHERE project_id = {p:UInt32} AND kind = 'end'",
        {"p": project.id},
    )
    assert rows == [(1200, 1200)]
