"""What was written of each name: too much to count is refused, and said."""

from __future__ import annotations

from pathlib import Path

import pytest

from aftercall.catalog import Catalog
from aftercall.metrics import usage
from aftercall.metrics.limits import Limits, QueryTooLarge
from aftercall.metrics.ranges import Range
from aftercall.store.schema import wide_table
from aftercall.store.store import Store


def test_too_much_to_count_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        Catalog.open(f"sqlite:///{tmp_path}/catalog.db") as catalog,
        Store(f"chdb://{tmp_path}/engine", catalog) as store,
    ):
        project = catalog.projects.create("star")
        registry = store.registries.of(project.id)
        everything = Range(None, None)
        assert usage.usage(store.engine, registry, everything) == {}
        assert usage.values_of(store.engine, project.id, everything, "X") == ([], False)
        store.engine.command(
            f"INSERT INTO {wide_table(project.id)} (conversation_id, started_at, write_names, write_sources,"
            " write_times, write_types, write_numbers, write_texts, version)"
            " SELECT toString(number), now64(3),"
            " ['X'], ['agent'], [now64(3)], ['text'], [0], [toString(number)], 1 FROM numbers(20000)"
        )
        counted = usage.usage(store.engine, registry, everything)["X"]
        assert (counted.conversations, counted.writes, len(counted.values)) == (20_000, 20_000, 10)
        assert counted.more_values
        monkeypatch.setattr(usage, "_LIMITS", Limits(memory=100_000))
        with pytest.raises(QueryTooLarge, match="memory"):
            usage.usage(store.engine, registry, everything)
