"""Rows are made again when a metric is registered, changes its type, or a newer version has more columns."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from aftercall.model.builtins import COLUMNS_VERSION
from aftercall.model.ids import new_id
from aftercall.model.values import METRIC_TYPES, MetricType, NotCoercible, coerce
from aftercall.store.outstanding import applied
from aftercall.store.registry import Registries
from aftercall.store.schema import columns_of, wide_table
from tests.store.conftest import BASE, Bench

OPTIONS = ("Yes", "2", "blue")
VALUES: list[Any] = [True, False, 2, 2.5, -7, 10**15, "yes", "No", " 2 ", "2.0", "Blue", "", None, ["a"]]


def metric(conversation: str, name: str, at: int = 0, **fields: Any) -> dict[str, Any]:
    return {"conversation_id": conversation, "kind": "metric", "name": name, "at": BASE + at, **fields}


def nobody_registers(bench: Bench, *names: str) -> None:
    """As if 500 other names had entered the registry by themselves."""
    bench.store.registries._refused.setdefault(bench.project.id, set()).update(names)


def settle(bench: Bench) -> None:
    bench.store.reprojector.settle(bench.project.id)
    assert bench.store.reprojection(bench.project.id) is None


def test_a_name_that_gets_registered_is_filled_from_history(bench: Bench) -> None:
    nobody_registers(bench, "LATE")
    told, other, silent = new_id(), new_id(), new_id()
    bench.send(metric(told, "LATE", value="3"), metric(other, "LATE", value="three"))
    bench.send(metric(silent, "SOMETHING_ELSE"))
    assert "LATE" not in bench.row(told)
    before = bench.row(silent)
    bench.catalog.metrics.register(bench.project.id, "LATE", "integer")
    settle(bench)
    assert (bench.row(told)["LATE"], bench.row(told)["write_types"]) == (3, ["integer"])
    assert (bench.row(other)["LATE"], bench.row(other)["metrics_invalid"]) == (None, ["LATE"])
    assert bench.row(silent) == {**before, "LATE": None}  # who never wrote it is left alone


def test_what_a_name_wrote_before_it_told_a_type_is_marked_as_invalid(bench: Bench) -> None:
    early, typed = new_id(), new_id()
    bench.send(metric(early, "ODD", value=["a list"]))
    assert bench.row(early)["metrics_invalid"] == []
    bench.send(metric(typed, "ODD", value=2.5))
    settle(bench)
    assert bench.row(early)["metrics_invalid"] == ["ODD"]
    assert bench.row(typed)["ODD"] == 2.5


def expected(value: Any, type_: MetricType) -> tuple[Any, bool]:
    """(what stands in the column, whether it is invalid)"""
    try:
        return (None if value is None else coerce(value, type_, OPTIONS)), False
    except NotCoercible:
        return None, True


@pytest.mark.parametrize("before", METRIC_TYPES)
def test_every_change_of_type_converts_what_was_written_and_loses_nothing(
    bench: Bench, before: MetricType
) -> None:
    name = f"VALUE_{before}"
    calls = {new_id(): value for value in VALUES}
    bench.catalog.metrics.register(
        bench.project.id, name, before, options=OPTIONS if before == "categorical" else ()
    )
    bench.send(*(metric(call, name, value=value) for call, value in calls.items()))
    for after in (*METRIC_TYPES, before):
        options = OPTIONS if after == "categorical" else None
        bench.catalog.metrics.update(bench.project.id, name, type=after, options=options)
        settle(bench)
        rows = {call: bench.row(call) for call in calls}
        got = {call: (row[name], name in row["metrics_invalid"]) for call, row in rows.items()}
        assert got == {call: expected(value, after) for call, value in calls.items()}, (before, after)


def test_a_change_that_a_crash_cut_short_is_finished(bench: Bench) -> None:
    c = new_id()
    bench.send(metric(c, "CUT", value="7"))
    settle(bench)
    engine, table = bench.store.engine, wide_table(bench.project.id)
    engine.command(f"ALTER TABLE {table} ADD COLUMN `CUT:new` Nullable(Int64)")
    engine.command(f"ALTER TABLE {table} ADD COLUMN `WIDE:old` Nullable(String)")
    bench.catalog.metrics.update(bench.project.id, "CUT", type="number")
    settle(bench)
    columns = columns_of(engine, table)
    assert columns["CUT"] == "Nullable(Float64)"
    assert [name for name in columns if ":" in name] == []
    assert bench.row(c)["CUT"] == 7.0


def test_types_change_under_load(bench: Bench) -> None:
    """Commits and reads go on beside; nothing fails, nothing waits for ever, nothing is lost."""
    call = new_id()
    bench.send(metric(call, "LOADED", value="2"))
    stop, told = threading.Event(), [0]

    def load() -> None:
        while not stop.is_set():
            told[0] += bench.send(metric(call, "LOADED", at=told[0], value="2")).accepted

    def read() -> None:
        while not stop.is_set():
            bench.store.engine.select(f"SELECT any(LOADED) FROM {wide_table(bench.project.id)} FINAL")

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(load), pool.submit(read)]
        try:
            for type_ in ("number", "text", "boolean", "integer", "number", "text"):
                bench.catalog.metrics.update(bench.project.id, "LOADED", type=type_)
                settle(bench)
        finally:
            stop.set()
        for one in running:
            one.result()
    assert told[0] > 6
    row = bench.row(call)
    assert (row["LOADED"], row["events"]) == ("2", told[0] + 1)


def test_there_and_back_is_two_changes(bench: Bench) -> None:
    """Though the registry ends as it began: rows were made, and a column emptied, in between."""
    before, between = new_id(), new_id()
    bench.send(metric(before, "TURNED", value="two"))
    settle(bench)
    bench.store.reprojector.close()
    try:
        bench.catalog.metrics.update(bench.project.id, "TURNED", type="number")
        bench.store.registries.of(bench.project.id, fresh=True)
        bench.send(metric(between, "TURNED", value="two"))
        assert (bench.row(before)["TURNED"], bench.row(between)["TURNED"]) == (None, None)
        bench.catalog.metrics.update(bench.project.id, "TURNED", type="text")
    finally:
        restart(bench)
    settle(bench)
    assert [bench.row(one)["TURNED"] for one in (before, between)] == ["two", "two"]
    assert bench.row(between)["metrics_invalid"] == []


def test_other_options_are_another_meaning(bench: Bench) -> None:
    call, other = new_id(), new_id()
    bench.catalog.metrics.register(bench.project.id, "COLOUR", "categorical", options=["red"])
    bench.send(metric(call, "COLOUR", value="BLUE"), metric(other, "COLOUR", value="Red"))
    assert bench.row(call)["metrics_invalid"] == ["COLOUR"]
    bench.catalog.metrics.update(bench.project.id, "COLOUR", options=["RED", "blue"])
    settle(bench)
    assert [bench.row(one)["COLOUR"] for one in (call, other)] == ["blue", "RED"]
    assert bench.row(call)["metrics_invalid"] == []


def test_a_new_description_makes_no_work(bench: Bench) -> None:
    bench.send(metric(new_id(), "DESCRIBED", value="x"))
    settle(bench)
    before = bench.store.reprojector.refreshed
    bench.catalog.metrics.update(bench.project.id, "DESCRIBED", definition="What was said.", unit="words")
    settle(bench)
    assert bench.store.reprojector.refreshed == before


def make_old(bench: Bench, conversation: str) -> None:
    """Its row as a version before the newest columns left it."""
    columns = columns_of(bench.store.engine, wide_table(bench.project.id))
    kept = [name for name in columns if not name.startswith(("write_", "num_user_")) and name != "version"]
    names = ", ".join(f"`{name}`" for name in kept)
    engine, table = bench.store.engine, wide_table(bench.project.id)
    where = "WHERE conversation_id = {c:String}"
    engine.command(
        "CREATE TABLE older ENGINE = Memory AS"
        f" SELECT {names}, bitAnd(version, bitNot(4294967295)) + 1 AS version FROM {table} FINAL {where}",
        {"c": conversation},
    )
    # First away with the newer one: a merge would keep that one of the two.
    engine.command(f"ALTER TABLE {table} DELETE {where}", {"c": conversation})
    engine.command(f"INSERT INTO {table} ({names}, version) SELECT {names}, version FROM older")
    engine.command("DROP TABLE older")


def forget(bench: Bench) -> None:
    """Nothing is known of what the rows were made with, as in a store of before."""
    bench.catalog.settings.set(f"projection.{bench.project.id}", {"columns": 0, "metrics": {}, "marks": 0})
    bench.store.reprojector._settled.clear()


def test_rows_of_an_older_version_get_the_newer_columns(bench: Bench) -> None:
    c = new_id()
    bench.send(
        {"conversation_id": c, "kind": "turn", "speaker": "user", "text": "two words", "at": BASE},
        metric(c, "OLD", value="kept"),
    )
    make_old(bench, c)
    row = bench.row(c)
    assert (row["write_names"], row["num_user_words"], row["OLD"]) == ([], 0, "kept")
    spoken = turns(bench, c)
    forget(bench)
    settle(bench)
    row = bench.row(c)
    assert (row["write_names"], row["num_user_words"], row["OLD"]) == (["OLD"], 2, "kept")
    assert applied(bench.catalog, bench.project.id).columns == COLUMNS_VERSION
    assert turns(bench, c) == spoken  # what was said stays as it is


def turns(bench: Bench, conversation: str) -> list[tuple[Any, ...]]:
    return bench.store.engine.select(
        "SELECT event_id, version, text FROM turns WHERE conversation_id = {c:String} ORDER BY ALL",
        {"c": conversation},
    )


def test_a_row_without_all_of_its_events_is_healed_whole(bench: Bench) -> None:
    """A crash between events and turns, and then the rows are made again: the turns must not be lost."""
    from tests.store.conftest import incoming

    c = new_id()
    bench.send(metric(c, "HALF", value="x"))
    said = {"conversation_id": c, "kind": "turn", "speaker": "user", "text": "half done", "at": BASE + 1}
    bench.store.engine.insert("events", [incoming(said).record(bench.project.id, 5)])
    assert bench.spoken(c) == []
    forget(bench)
    bench.catalog.metrics.update(bench.project.id, "HALF", type="categorical", options=["x"])
    settle(bench)
    assert (bench.spoken(c), bench.row(c)["events"], bench.row(c)["HALF"]) == (["half done"], 2, "x")


def test_progress_counts_rows_and_a_stop_loses_none(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = [new_id() for _ in range(450)]
    bench.send(*(metric(call, "MANY", at=i, value="7") for i, call in enumerate(calls)))
    settle(bench)
    reprojector, submit = bench.store.reprojector, bench.store.committer.submit

    def submit_and_stop(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("refresh"):
            reprojector._stop.set()
        return submit(*args, **kwargs)

    monkeypatch.setattr(bench.store.committer, "submit", submit_and_stop)
    reprojector.close()
    reprojector._stop.clear()
    bench.catalog.metrics.update(bench.project.id, "MANY", type="number")
    bench.store.registries.of(bench.project.id, fresh=True)
    reprojector.look()
    progress = bench.store.reprojection(bench.project.id)
    assert progress is not None
    assert (progress.done, progress.total, progress.names) == (200, 450, ("MANY",))
    newest = [bench.row(call)["MANY"] for call in (calls[-1], calls[0])]
    assert newest == [7.0, None]  # the newest come first
    monkeypatch.undo()
    reprojector._stop.clear()
    before = reprojector.refreshed
    reprojector.look()
    assert reprojector.refreshed - before == 250  # what was done is not done again
    assert bench.store.reprojection(bench.project.id) is None
    restart(bench)


def restart(bench: Bench) -> None:
    """A reprojector that runs again: a thread can be started only once."""
    from aftercall.store.reprojection import Reprojector

    store = bench.store
    store.reprojector = Reprojector(store.engine, bench.catalog, store.registries, store.committer)
    store.reprojector.start()


def test_rows_without_events_do_not_keep_it_busy(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    c = new_id()
    bench.store.engine.insert(
        wide_table(bench.project.id),
        [{"conversation_id": c, "started_at": BASE / 1000, "version": 1 << 32, "is_deleted": 0}],
    )
    forget(bench)
    settle(bench)
    assert len(bench.rows(c)) == 1
    assert "have no events" in caplog.text
    bench.store.engine.command(
        f"ALTER TABLE {wide_table(bench.project.id)} DELETE WHERE conversation_id = {{c:String}}", {"c": c}
    )


def test_a_commit_by_an_older_registry_finds_its_column_changed(bench: Bench) -> None:
    """Another server changes the type between our look at the registry and our insert."""
    bench.catalog.metrics.register(bench.project.id, "RACE", "text")
    ours = bench.store.registries
    old = ours.of(bench.project.id, fresh=True)
    bench.catalog.metrics.update(bench.project.id, "RACE", type="number")
    Registries(bench.store.engine, bench.catalog).of(bench.project.id)
    ours._known[bench.project.id] = (time.monotonic() + 3600, old)
    c = new_id()
    assert bench.send(metric(c, "RACE", value="not a number")).accepted == 1
    assert (bench.row(c)["RACE"], bench.row(c)["metrics_invalid"]) == (None, ["RACE"])


def test_a_metric_makes_way_for_a_column_that_is_built_in(bench: Bench) -> None:
    """Its column was called so before there was such a built-in one."""
    from sqlalchemy import update

    from aftercall.catalog.tables import MetricRow

    c = new_id()
    bench.send(metric(c, "greeting", value="hello"))
    settle(bench)
    engine, project = bench.store.engine, bench.project.id
    with bench.catalog.database.write() as session:
        session.execute(
            update(MetricRow).where(MetricRow.name == "greeting").values(name="flows", column_name="flows")
        )
    table = wide_table(project)
    engine.command(f"ALTER TABLE {table} DROP COLUMN flows")
    engine.command(f"ALTER TABLE {table} RENAME COLUMN greeting TO flows")
    c = new_id()
    bench.catalog.metrics.register(project, "MAKES_IT_LOOK", "text")
    bench.send(
        metric(c, "flows", value="three"),
        {"conversation_id": c, "kind": "flow", "flow": "booking", "at": BASE},
    )
    row = bench.row(c)
    assert (row["flows"], row["flows_2"]) == (["booking"], "three")
    assert bench.catalog.metrics.list(project).by_name["flows"].column == "flows_2"
    settle(bench)
