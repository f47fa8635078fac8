"""Stopping in the middle of work: nothing of it is taken for a failure, and the next start goes on."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from aftercall.catalog.catalog import Catalog
from aftercall.errors import InvalidInput, Unavailable
from aftercall.jobs.heartbeat import Name
from aftercall.jobs.housekeeping import Housekeeping
from aftercall.jobs.settings import Settings
from aftercall.jobs.step import Result, Work
from aftercall.jobs.task import Analyse
from aftercall.jobs.watermark import MARGIN_MS, Watermark
from aftercall.model.times import now_ms
from tests.jobs.desk import desk, raised, wrote


def test_work_under_way_finishes_before_the_end(tmp_path: Path) -> None:
    began, go_on = threading.Event(), threading.Event()

    def script(work: Work) -> Result:
        began.set()
        go_on.wait(20)
        return wrote(work, A=1)

    with desk(tmp_path, {"stop_s": 10.0}) as one:
        project = one.project(script)
        c = one.call(project)
        assert began.wait(20)
        closing = threading.Thread(target=one.jobs.close)
        closing.start()
        go_on.set()
        closing.join()
        assert one.row(project, c)["postcall_status"] == "ok"


def test_what_cannot_finish_is_neither_lost_nor_a_failure(tmp_path: Path) -> None:
    """The step fails because its worker is ended: that is our doing, and no attempt."""
    began = threading.Event()

    with desk(tmp_path, {"stop_s": 0.1}) as one:

        def script(work: Work) -> Result:
            if not began.is_set():
                began.set()
                one.step.closed.wait(20)
                return raised(work, "the server is stopping")
            return wrote(work, A=1)

        project = one.project(script)
        c = one.call(project)
        assert began.wait(20)
        one.restart_jobs()
        standing = one.until_status(project, c, "ok")
        assert (standing.attempts, one.step.count(c)) == (1, 2)


def test_jobs_work_on_where_their_own_tables_were_lost(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        project = one.project(lambda work: wrote(work, A=1))
        done = one.call(project)
        one.until_status(project, done, "ok")
        one.jobs.close()
        waiting = one.call(project)
        for file in tmp_path.glob("jobs.db*"):
            file.unlink()
        one.restart_jobs()
        one.until_status(project, waiting, "ok")
        assert one.step.count(done) == 1


def test_nothing_said_in_a_call_is_in_the_tables_of_jobs(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        project = one.project(lambda work: wrote(work, SUMMARY="they asked about xyzzy"))
        c = one.call(project)
        one.tell(project, {"kind": "turn", "speaker": "user", "text": "xyzzy", "conversation_id": c})
        one.until_status(project, c, "ok")
    with sqlite3.connect(tmp_path / "jobs.db") as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert c in dump
    assert "xyzzy" not in dump
    assert "they asked" not in dump


def test_old_jobs_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aftercall.jobs.housekeeping.KEEP_JOBS_S", 0.0)
    with desk(tmp_path) as one:
        project = one.project(lambda work: wrote(work, A=1))
        c = one.call(project)
        one.until_status(project, c, "ok")

        def jobs() -> int:
            with sqlite3.connect(tmp_path / "jobs.db") as connection:
                number = connection.execute("SELECT count(*) FROM workflow_status").fetchone()[0]
            connection.close()
            return int(number)

        one.until(lambda: jobs() == 0, "the jobs to be removed")
        one.restart_jobs()
        one.until_status(project, one.call(project), "ok")
        assert one.step.count(c) == 1


def test_one_process_has_one_set_of_jobs(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        second = one._new_jobs()
        second.start()
        with pytest.raises(Unavailable):
            second.wait_ready(timeout=0.5)
        second.close()
        project = one.project(lambda work: wrote(work, A=1))
        one.until_status(project, one.call(project), "ok")


def test_a_process_whose_own_beat_is_late_does_not_take_over_from_itself(tmp_path: Path) -> None:
    began, go_on = threading.Event(), threading.Event()

    def script(work: Work) -> Result:
        began.set()
        go_on.wait(20)
        return wrote(work, A=1)

    with desk(tmp_path, {"dead_after_s": 0.0, "beat_s": 3600.0, "housekeeping_s": 0.05}) as one:
        project = one.project(script)
        c = one.call(project)
        assert began.wait(20)
        house = next(part for part in one.jobs._parts if isinstance(part, Housekeeping))
        assert len(one.catalog.workers.silent(now_ms())) == 1
        house.take_over_from_the_dead()
        go_on.set()
        one.until_status(project, c, "ok")
        assert one.step.count(c) == 1
        assert len(one.catalog.workers.silent(now_ms())) == 1  # and it is still known


def test_of_two_runs_of_one_attempt_the_first_report_stands_and_is_told(tmp_path: Path) -> None:
    """As when a process that was taken for dead finishes all the same."""
    together, first_done = threading.Barrier(2, timeout=20), threading.Event()
    told: dict[str, bool] = {}

    def script(work: Work) -> Result:
        together.wait()
        if threading.current_thread().name == "late":
            assert first_done.wait(20)
            return wrote(work, A=1, B=2)
        return raised(work, "ValueError: no", A=1)

    with desk(tmp_path, {"backoff_s": (3600.0,)}) as one:
        project = one.project()  # nothing is handed out by itself
        one.step.scripts[project.id] = script
        one.catalog.webhooks.create(project.id, "http://127.0.0.1:9/")
        one.jobs._parts[1].close()
        c = one.call(project)
        task = Analyse.next(project.id, c, told=5, attempts=0, number=1)

        def run() -> None:
            told[threading.current_thread().name] = one.jobs._analysis.run(task)
            first_done.set()

        threads = [threading.Thread(target=run, name=name) for name in ("first", "late")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        standing = one.standing(project, c)
        assert (standing.status, standing.attempts, standing.tries) == ("failed", 1, 1)
        assert told == {"first": False, "late": False}  # it is tried again; nobody hears of it yet
        assert one.values(project, c) == {"LIVE": [1], "A": [1]}


def test_a_name_is_unique_and_comes_back(tmp_path: Path) -> None:
    first, second = Name(tmp_path / "a"), Name(tmp_path / "a")
    elsewhere = Name(tmp_path / "b")
    assert len({first.text, second.text, elsewhere.text}) == 3
    text = first.text
    first.release()
    again = Name(tmp_path / "a")
    assert again.text == text
    for name in (again, second, elsewhere):
        name.release()


def test_a_watermark_never_leads_and_survives(tmp_path: Path) -> None:
    with Catalog.open(f"sqlite:///{tmp_path}/catalog.db") as catalog:
        one = Watermark(catalog, "x")
        assert one.since(1) == 0
        one.move(1, 10_000_000)
        one.move(1, 9_000_000)
        assert one.since(1) == 10_000_000 - MARGIN_MS
        assert one.since(1, origin=99_000_000) == 99_000_000
        assert Watermark(catalog, "x").since(1) == 10_000_000 - MARGIN_MS
        assert Watermark(catalog, "y").since(1) == Watermark(catalog, "x").since(2) == 0


def test_a_watermark_of_the_future_hides_nothing(tmp_path: Path) -> None:
    ahead = now_ms() + 86_400_000
    with Catalog.open(f"sqlite:///{tmp_path}/catalog.db") as catalog:
        Watermark(catalog, "x").move(1, ahead)
        one = Watermark(catalog, "x")
        assert one.since(1) == 0
        assert one.since(1, origin=5) == 5
        one.move(1, ahead - 2 * 86_400_000)
        assert Watermark(catalog, "x").since(1) == ahead - 2 * 86_400_000 - MARGIN_MS


@pytest.mark.parametrize(
    ("env", "url"),
    [
        ({}, "sqlite:////h/jobs.db"),
        ({"AFTERCALL_CATALOG_URL": "postgresql://u@h/d"}, "postgresql://u@h/d"),
        ({"AFTERCALL_JOBS_URL": "sqlite:////x/j.db", "AFTERCALL_CATALOG_URL": "postgresql://h/d"}, None),
    ],
)
def test_where_jobs_are_kept(env: dict[str, str], url: str | None) -> None:
    from aftercall.config import Config

    config = Config.from_env({"AFTERCALL_HOME": "/h", **env})
    assert Settings.of(config, env).url == (url or env["AFTERCALL_JOBS_URL"])


@pytest.mark.parametrize(
    "env",
    [
        {"AFTERCALL_JOBS_URL": "mysql://h/d"},
        {"AFTERCALL_POSTCALL_WORKERS": "many"},
        {"AFTERCALL_POSTCALL_WORKERS": "65"},
        {"AFTERCALL_POSTCALL_SECONDS": "0"},
        {"AFTERCALL_POSTCALL_MEMORY_MB": "1.5"},
    ],
)
def test_settings_that_are_wrong_are_named(env: dict[str, str]) -> None:
    from aftercall.config import Config

    with pytest.raises(InvalidInput, match=next(iter(env))):
        Settings.of(Config.from_env({"AFTERCALL_HOME": "/h"}), env)
