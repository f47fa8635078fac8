"""What would become of a metric's values under another type, worked out from the events; changes nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aftercall.model.events import Metric
from aftercall.model.values import MetricType, NotCoercible, plain
from aftercall.store.engine import Engine
from aftercall.store.fold import fold
from aftercall.store.loader import load_entries
from aftercall.store.queries import sql
from aftercall.store.registry import Registries
from aftercall.store.reprojection import FAR_MS
from aftercall.store.schema import wide_table
from aftercall.store.writes import as_text, metric_value

SECONDS = 10.0
SAMPLES = 10
"""Of the values that would convert, and of those that would not: the most frequent."""
_PAGE = 2_000
_LONGEST = 200
_DISTINCT = 1_000
"""So many different values of either kind are counted; free text may have one per conversation."""


@dataclass(frozen=True, slots=True)
class Sample:
    written: str
    """As it was written, as text; cut where it is long."""
    becomes: str | None
    """None where it does not fit."""
    reason: str | None
    """Why it does not fit."""
    conversations: int
    example: str
    """One conversation's id."""


@dataclass(slots=True)
class Preview:
    """Counts are of conversations, each with the one value that counts."""

    name: str
    type: MetricType
    options: tuple[str, ...]
    conversations: int = 0
    """That wrote it at all."""
    checked: int = 0
    """Fewer where there was no time for more: the newest ones."""
    converts: int = 0
    invalid: int = 0
    null: int = 0
    """Whose value is explicitly unknown, which it stays under any type."""
    samples: tuple[Sample, ...] = ()

    @property
    def complete(self) -> bool:
        return self.checked >= self.conversations


def preview(
    engine: Engine,
    registries: Registries,
    project_id: int,
    name: str,
    type_: MetricType,
    options: Sequence[str] = (),
    *,
    seconds: float | None = SECONDS,
) -> Preview:
    """Newest conversations first, page by page, for ``seconds`` (None: to the end)."""
    registries.of(project_id)  # a project that never received anything has no table yet
    result = Preview(name, type_, tuple(options))
    counter = _Counter(result)
    table = wide_table(project_id)
    result.conversations = int(engine.select(sql("reprojection", "wrote", table=table), {"name": name})[0][0])
    deadline = None if seconds is None else time.monotonic() + seconds
    before = (FAR_MS, "")
    while deadline is None or time.monotonic() < deadline:
        bound = {"name": name, "before": before[0], "before_id": before[1], "limit": _PAGE}
        rows = engine.select(sql("reprojection", "writers", table=table), bound)
        _count_page(engine, project_id, [row[0] for row in rows], counter)
        if len(rows) < _PAGE:
            result.conversations = result.checked  # new ones may have come meanwhile
            break
        before = (rows[-1][1], rows[-1][0])
    result.samples = counter.samples()
    return result


def _count_page(engine: Engine, project_id: int, ids: list[str], counter: _Counter) -> None:
    told = load_entries(engine, project_id, ids, metric=counter.preview.name)
    for conversation_id in ids:
        entries = told[conversation_id].values()
        writes = fold(entries).metrics.get(counter.preview.name) if entries else None
        if writes is not None:
            counter.add(conversation_id, writes[-1].event)


class _Counter:
    """Counts what it is shown into ``preview``."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview
        self._samples: dict[bool, dict[str, Sample]] = {True: {}, False: {}}
        """By whether it fits, by what was written."""

    def add(self, conversation_id: str, event: Metric) -> None:
        preview = self.preview
        preview.checked += 1
        written = as_text(event.value)
        try:
            value = metric_value(event, preview.type, preview.options)
        except NotCoercible as fault:
            preview.invalid += 1
            self._note(False, Sample(_cut(written), None, str(fault), 0, conversation_id))
            return
        if value is None:
            preview.null += 1
            return
        preview.converts += 1
        self._note(True, Sample(_cut(written), _cut(plain(value)), None, 0, conversation_id))

    def _note(self, fits: bool, sample: Sample) -> None:
        samples = self._samples[fits]
        known = samples.get(sample.written)
        if known is not None or len(samples) < _DISTINCT:
            sample = known or sample
            samples[sample.written] = replace(sample, conversations=sample.conversations + 1)

    def samples(self) -> tuple[Sample, ...]:
        """What does not fit first; the most frequent first."""
        return tuple(
            sample
            for fits in (False, True)
            for sample in sorted(self._samples[fits].values(), key=lambda one: -one.conversations)[:SAMPLES]
        )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
