"""A real store beside the reference: one project that forgets everything between two stories."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from aftercall.catalog.catalog import Catalog
from aftercall.catalog.projects import Project
from aftercall.metrics.answer import Answer
from aftercall.metrics.pipe import Queries
from aftercall.metrics.query import Drill, Query
from aftercall.model.events import event_decoder
from aftercall.model.metric_spec import RatioSpec
from aftercall.store.incoming import Incoming
from aftercall.store.schema import wide_table
from aftercall.store.store import Store
from tests.metrics.reference.answer import Reference
from tests.metrics.reference.derived import OWN_RATIOS
from tests.metrics.reference.span import DAY
from tests.metrics.reference.streams import REGISTRY, Event, Story

TIMEZONE = "Europe/London"


class World:
    """``tell`` a story, then ``ask`` the product, and the reference that ``tell`` returned."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self.store, self.catalog = store, catalog
        self.project: Project = catalog.projects.create("clinic", timezone=TIMEZONE)
        for metric in REGISTRY.values():
            catalog.metrics.register(
                self.project.id,
                metric.name,
                metric.type,  # type: ignore[arg-type]
                options=metric.options,
                empty_values=metric.empty_values,
                expected_sources=("extraction",) if metric.base == "known" else ("agent",),
            )
        for name, one in OWN_RATIOS.items():
            above = {key: value for key, value in one.items() if key not in ("divide_by", "multiplier")}
            ratio = RatioSpec(
                name=name, numerator=above, denominator=one["divide_by"], multiplier=one.get("multiplier", 1)
            )
            catalog.declared.put(self.project.id, [ratio])
        self.queries = Queries(store)
        self._stories = 0

    def tell(self, story: Story) -> Reference:
        """Under ids that were never told of before: the store remembers which conversations it finished."""
        self._forget()
        self.project = self.catalog.projects.update(self.project.id, settings={"metrics": story.settings})
        self._stories += 1
        told = [self._named(events) for events in (story.first, story.late)]
        for events in told:
            items = [incoming(event, i) for i, event in enumerate(events)]
            for future in self.store.committer.submit(self.project.id, items):
                verdict = future.result(timeout=60)
                assert not verdict.duplicates and not verdict.refused
        return Reference([*told[0], *told[1]], REGISTRY, story.now, TIMEZONE, story.settings)

    def ask(self, query: dict[str, Any], now: int) -> Answer:
        return self.queries.run(Query.read(query), self.project, now_ms=now)

    def behind(self, answer: Answer, row: dict[str, Any], alias: str, side: str) -> tuple[set[str], int]:
        """Ids of the conversations behind one number of an answer, and how many they are said to be."""
        told = {**answer.drill, "row": row, "measure": alias, "side": side, "limit": 1_000}
        found, count, _ = self.queries.behind(Drill.read(told), self.project)
        return {one.id for one in found}, count

    def _named(self, events: list[Event]) -> list[Event]:
        return [
            {**event, "conversation_id": f"{self._stories:06}-{event['conversation_id']}"} for event in events
        ]

    def _forget(self) -> None:
        self.store.registries.of(self.project.id, fresh=True)
        for table in ("events", "turns", wide_table(self.project.id)):
            self.store.engine.command(f"TRUNCATE TABLE {table}")


def incoming(event: Event, position: int) -> Incoming:
    body = json.dumps(event)
    received = event["at"] + 30 * DAY  # so late that no start told is ahead of the server's clock
    return Incoming(position, event_decoder.decode(body), event["id"], event["at"], received, body)


@contextmanager
def world(home: Path) -> Iterator[World]:
    with (
        patch("aftercall.store.registry.AUTO_LIMIT", 0),  # what nobody registered stays so
        Catalog.open(f"sqlite:///{home}/catalog.db") as catalog,
        Store(f"chdb://{home}/engine", catalog) as store,
    ):
        yield World(store, catalog)
