"""From the end of a call to its result: once, again when it must be, and visible when it fails."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from aftercall.errors import Conflict, NotFound
from aftercall.jobs.step import Result, Work
from aftercall.model.ids import new_id
from aftercall.model.times import now_ms
from tests.jobs.desk import Desk, call, raised, wrote


def test_a_call_that_ended_gets_its_result_once(desk: Desk) -> None:
    project = desk.project(lambda work: wrote(work, REASON="billing", MOOD=None))
    c = desk.call(project)
    standing = desk.until_status(project, c, "ok")
    assert (standing.tries, standing.attempts, standing.version) == (1, 1, "v1")
    row = desk.row(project, c)
    assert (row["REASON"], row["LIVE"], row["postcall_status"]) == ("billing", 1, "ok")
    written = [e for e in desk.conversation(project, c).entries if e.event.lineage]
    assert {e.event.source for e in written} == {"extraction"}
    assert len({e.event.lineage["attempt"] for e in written}) == 1
    desk.restart_jobs()
    desk.until_status(project, desk.call(project), "ok")
    assert desk.step.count(c) == 1


def test_the_work_finds_the_call_as_it_was_and_nothing_of_earlier_attempts(desk: Desk) -> None:
    seen: list[list[dict[str, Any]]] = []

    def script(work: Work) -> Result:
        seen.append(work.told.of_the_call())
        return wrote(work, REASON=f"run {len(seen)}")

    project = desk.project(script)
    c = new_id()
    turn = {"kind": "turn", "speaker": "user", "text": "hi", "alternatives": ["hey"], "id": "t"}
    desk.tell(project, {**turn, "conversation_id": c}, {"kind": "end", "conversation_id": c})
    desk.until_status(project, c, "ok")
    desk.jobs.replay(project, c)
    desk.until(lambda: desk.standing(project, c).attempts == 2)
    assert [[event["kind"] for event in run] for run in seen] == [["turn", "end"]] * 2
    assert seen[0][0]["alternatives"] == ["hey"]  # fields nobody knows come along
    assert desk.values(project, c) == {"REASON": ["run 2"]}


def test_calls_in_progress_and_projects_without_work_are_left_alone(desk: Desk) -> None:
    busy = desk.project(lambda work: wrote(work, A=1))
    idle = desk.project()
    in_progress = new_id()
    desk.tell(busy, *[{**event} for event in call(in_progress)[:-1]])
    without = desk.call(idle)
    ended = desk.call(busy)
    desk.until_status(busy, ended, "ok")
    assert desk.step.count(in_progress) == desk.step.count(without) == 0
    assert desk.standing(idle, without).status == "pending"


def test_calls_that_ended_before_there_was_work_wait_for_a_replay(desk: Desk) -> None:
    project = desk.project()
    old = desk.call(project, received_at=now_ms() - 5_000)
    desk.script(project, lambda work: wrote(work, A=1))
    new = desk.call(project)
    desk.until_status(project, new, "ok")
    assert desk.standing(project, old).status == "pending"
    desk.jobs.replay(project, old)
    desk.until_status(project, old, "ok")


def test_the_newest_attempt_counts_where_the_clock_was_set_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = desk.project(lambda work: wrote(work, TURNS=len(work.told.conversation.turns)))
    monkeypatch.setattr("aftercall.jobs.attempt.now_ms", lambda: now_ms() + 3_600_000)
    c = desk.call(project)
    desk.until_status(project, c, "ok")
    monkeypatch.setattr("aftercall.jobs.attempt.now_ms", now_ms)
    desk.tell(project, {"kind": "turn", "speaker": "user", "text": "wait", "conversation_id": c})
    desk.until(lambda: desk.values(project, c)["TURNS"] == [3])
    desk.jobs.replay(project, c)
    desk.until(lambda: desk.standing(project, c).attempts == 3)
    assert (desk.standing(project, c).status, desk.step.count(c)) == ("ok", 3)


def test_a_late_turn_runs_it_again_and_the_new_result_counts(desk: Desk) -> None:
    project = desk.project(lambda work: wrote(work, TURNS=len(work.told.conversation.turns)))
    c = desk.call(project)
    desk.until_status(project, c, "ok")
    assert desk.values(project, c)["TURNS"] == [2]
    desk.tell(project, {"kind": "turn", "speaker": "user", "text": "wait", "conversation_id": c})
    desk.until(lambda: desk.values(project, c)["TURNS"] == [3])
    # The events are there a moment before the row that the same commit makes of them.
    desk.until(lambda: desk.row(project, c)["TURNS"] == 3)
    assert desk.standing(project, c).status == "ok"
    assert desk.step.count(c) == 2


def test_a_correction_by_a_person_runs_nothing_again(desk: Desk) -> None:
    project = desk.project(lambda work: wrote(work, REASON="billing"))
    c = desk.call(project)
    desk.until_status(project, c, "ok")
    label = {"kind": "metric", "name": "REASON", "value": "booking", "source": "human"}
    desk.tell(project, {**label, "conversation_id": c})
    desk.until_status(project, desk.call(project), "ok")  # by now it would have run
    assert desk.step.count(c) == 1
    assert desk.values(project, c)["REASON"] == ["booking"]


def test_missing_events_are_waited_for_and_the_wait_ends(desk: Desk) -> None:
    project = desk.project(lambda work: wrote(work, TURNS=len(work.told.conversation.turns)))
    late, never = new_id(), new_id()
    for c in (late, never):
        desk.tell(project, *[event for event in call(c) if event["seq"] != 3])
    began = now_ms()
    desk.until_status(project, desk.call(project), "ok")
    assert desk.step.count(late) == desk.step.count(never) == 0
    desk.tell(project, *[event for event in call(late) if event["seq"] == 3])
    desk.until_status(project, late, "ok")
    assert desk.values(project, late)["TURNS"] == [2]
    desk.until_status(project, never, "ok")
    assert now_ms() - began >= desk.settings.grace_s * 1000 - 100  # less the time of telling
    assert desk.values(project, never)["TURNS"] == [1]


def test_a_failure_is_visible_retried_and_then_left_to_people(desk: Desk) -> None:
    project = desk.project(lambda work: raised(work, HALF=work.task.number))
    c = desk.call(project)
    standing = desk.until_status(project, c, "failed")
    assert (standing.tries, standing.attempts, standing.error) == (3, 3, "ValueError: no")
    outcomes = [e.event for e in desk.conversation(project, c).entries if hasattr(e.event, "traceback")]
    assert [one.traceback for one in outcomes] == ["Traceback...\nValueError: no"] * 3
    assert desk.values(project, c)["HALF"] == [3]
    assert desk.row(project, c)["postcall_error"] == "ValueError: no"
    [failure] = desk.jobs.failures(project)
    assert (failure.conversation_id, failure.attempts, failure.error, failure.retry_at) == (
        c,
        3,
        "ValueError: no",
        None,
    )
    desk.script(project, lambda work: wrote(work, WHOLE=1))
    assert desk.jobs.replay_failed(project) == 1
    desk.until_status(project, c, "ok")
    assert (desk.values(project, c), desk.jobs.failures(project)) == ({"LIVE": [1], "WHOLE": [1]}, [])


def test_a_failure_that_passes_is_mended_by_the_next_try(desk: Desk) -> None:
    project = desk.project(
        lambda work: raised(work, HALF=1) if work.task.number == 1 else wrote(work, WHOLE=1)
    )
    c = desk.call(project)
    assert desk.until_status(project, c, "ok").tries == 2
    assert desk.values(project, c) == {"LIVE": [1], "WHOLE": [1]}


def test_what_trying_again_cannot_mend_is_not_tried_again(desk: Desk) -> None:
    project = desk.project(lambda work: raised(work, "NotImplementedError: no model", retry=False))
    c = desk.call(project)
    desk.until_status(project, c, "failed")
    desk.until_status(project, desk.call(project), "failed")
    assert desk.step.count(c) == 1


def test_when_we_break_nothing_is_written_and_it_is_done_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aftercall.jobs.handout.AGAIN_S", 0.2)
    broken = threading.Event()

    def script(work: Work) -> Result:
        if not broken.is_set():
            broken.set()
            raise RuntimeError("no processes left")
        return wrote(work, A=1)

    project = desk.project(script)
    c = desk.call(project)
    standing = desk.until_status(project, c, "ok")
    assert (standing.attempts, desk.step.count(c)) == (1, 2)


def test_an_erased_conversation_gets_no_result(desk: Desk) -> None:
    began, go_on = threading.Event(), threading.Event()

    def script(work: Work) -> Result:
        began.set()
        go_on.wait(20)
        return wrote(work, SECRET="x")

    project = desk.project(script)
    c = desk.call(project)
    assert began.wait(20)
    desk.tell(project, {"kind": "erasure", "conversation_id": c})
    go_on.set()
    other = desk.call(project)
    desk.until_status(project, other, "ok")
    assert desk.store.reader.get(project.id, c) is None
    desk.store.eraser.settle()
    kept = desk.store.engine.select("SELECT kind FROM events WHERE conversation_id = {c:String}", {"c": c})
    assert kept == [("erasure",)]


def test_replay_says_what_cannot_be_replayed(desk: Desk) -> None:
    project = desk.project(lambda work: wrote(work, A=1))
    with pytest.raises(NotFound) as not_found:
        desk.jobs.replay(project, "nobody")
    assert not_found.value.code == "CONVERSATIONS_NOT_FOUND"
    c = new_id()
    desk.tell(project, {"kind": "start", "conversation_id": c})
    with pytest.raises(Conflict) as conflict:
        desk.jobs.replay(project, c)
    assert conflict.value.code == "CONVERSATION_IN_PROGRESS"


@pytest.mark.parametrize("c", ["a/b?c#d", "💥 '; DROP TABLE events", "x" * 512, '"\\{x:String}'])
def test_hostile_conversation_ids(desk: Desk, c: str) -> None:
    project = desk.project(lambda work: wrote(work, A=1))
    desk.call(project, c)
    desk.until_status(project, c, "ok")
    desk.jobs.replay(project, c)
    desk.until(lambda: desk.standing(project, c).attempts == 2)


def test_an_import_of_old_calls_is_analysed(desk: Desk) -> None:
    """What counts is when we heard of them, not when they were held."""
    project = desk.project(lambda work: wrote(work, A=1))
    c = new_id()
    year_ago = now_ms() - 365 * 86_400_000
    desk.tell(project, *[{**event, "at": year_ago} for event in call(c)])
    desk.until_status(project, c, "ok")


def test_a_burst_of_calls_each_gets_its_own_result(desk: Desk) -> None:
    project = desk.project(lambda work: wrote(work, WHOSE=work.told.conversation_id))
    ids = [new_id() for _ in range(150)]
    desk.tell(project, *[event for c in ids for event in call(c)])
    table = f"conversations_{project.id}"

    def done() -> bool:
        statement = f"SELECT countIf(postcall_status = 'ok') FROM {table} FINAL"
        return bool(desk.store.engine.select(statement)[0][0] == len(ids))

    desk.until(done, "all results")
    rows = desk.store.engine.select(f"SELECT conversation_id, WHOSE, postcall_attempts FROM {table} FINAL")
    assert sorted(rows) == sorted((c, c, 1) for c in ids)
    assert all(desk.step.count(c) == 1 for c in ids)


def test_counts_for_operators(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aftercall.jobs.status.FRESH_S", 0.0)
    before = desk.jobs.counts()
    go_on = threading.Event()

    def script(work: Work) -> Result:
        go_on.wait(20)
        return raised(work, retry=False)

    project = desk.project(script)
    c = desk.call(project)
    desk.until(lambda: desk.jobs.counts().running == 1)
    now = desk.jobs.counts()
    assert (now.due - before.due, now.failed - before.failed) == (1, 0)
    assert now.oldest_due_age_s > 0
    go_on.set()
    desk.until_status(project, c, "failed")
    after = desk.until(lambda: (found := desk.jobs.counts()).running == 0 and found)
    assert (after.due - before.due, after.failed - before.failed, after.faults) == (0, 1, 0)
