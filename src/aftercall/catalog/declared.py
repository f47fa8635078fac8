"""Metrics and ratios as they are declared, many at once: what a metrics.yaml or a PUT says becomes so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from aftercall.catalog.columns import RESERVED
from aftercall.catalog.database import Database
from aftercall.catalog.definitions import definition_of, ratio_of
from aftercall.catalog.metric_fields import check_options, clean_metric_name, clean_type, stored_fields
from aftercall.catalog.metric_rows import (
    add_metric,
    assign,
    change_metric,
    columns_of,
    metrics_by_name,
    ratios_by_name,
)
from aftercall.catalog.projects import project_row
from aftercall.catalog.tables import MetricRow, ProjectRow, RatioRow
from aftercall.catalog.text import encode_json
from aftercall.errors import Conflict, InvalidInput
from aftercall.model.metric_spec import MetricSpec, RatioSpec, Spec, spec_fields
from aftercall.model.times import now_ms


class Declared:
    """All of it or nothing, in one transaction, and one revision however much changes."""

    def __init__(self, database: Database, reserved: frozenset[str] = RESERVED) -> None:
        self._database = database
        self._reserved = reserved

    def check(self, specs: Iterable[Spec]) -> None:
        """Raises what ``put`` would raise of them, whatever the registry holds."""
        seen: set[str] = set()
        for spec in specs:
            fields = _stored(spec)
            if spec.name in seen:
                raise InvalidInput(f"{spec.name!r} is declared twice")
            seen.add(spec.name)
            if isinstance(spec, MetricSpec):
                check_options(MetricRow(name=spec.name, type=fields["type"], options=fields["options"]))

    def put(self, project_id: int, specs: Iterable[Spec], *, revision: int | None = None) -> int:
        """Each metric and ratio is afterwards as its spec says, new or not; the revision.

        With a ``revision`` it is Conflict (REGISTRY_CHANGED) if the registry is at another one by then.

        Raises InvalidInput that names the metric, Conflict (METRIC_EXISTS) where a ratio has a metric's
        name or the reverse, NotFound (PROJECT_NOT_FOUND).
        """
        return self._put(project_id, [*specs], (), applied=False, revision=revision)

    def apply(
        self, project_id: int, specs: Iterable[Spec], *, remove: Iterable[str], revision: int | None = None
    ) -> int:
        """``put``, and remembers the state as that of the last apply; ``remove`` are deactivated and
        forgotten. Raises Conflict (REGISTRY_CHANGED) too: the registry is no longer at ``revision``.
        """
        return self._put(project_id, [*specs], [*remove], applied=True, revision=revision)

    def _put(
        self,
        project_id: int,
        specs: Sequence[Spec],
        remove: Sequence[str],
        *,
        applied: bool,
        revision: int | None,
    ) -> int:
        prepared = [(spec, _stored(spec)) for spec in specs]
        with self._database.write() as session:
            project = project_row(session, project_id, lock=True)
            if revision not in (None, project.registry_revision):
                raise Conflict(
                    "the registry was changed meanwhile: plan again and look at it", code="REGISTRY_CHANGED"
                )
            put = _Put(session, project, self._reserved, [spec.name for spec in specs] + [*remove])
            changed = [put.one(spec, fields, applied) for spec, fields in prepared]
            changed += [put.remove(name) for name in remove]
            if any(changed):
                project.registry_revision += 1
            return project.registry_revision


class _Put:
    """One transaction's work: rows are read once, for all names."""

    def __init__(
        self,
        session: Session,
        project: ProjectRow,
        reserved: frozenset[str],
        names: list[str],
    ) -> None:
        self._session = session
        self._project = project
        self._reserved = reserved
        self._columns = columns_of(session, project.id)
        self._metrics = metrics_by_name(session, project.id, names)
        self._ratios = ratios_by_name(session, project.id, names)

    def one(self, spec: Spec, fields: dict[str, Any], applied: bool) -> bool:
        """Whether it changed anything that is asked about."""
        row: MetricRow | RatioRow
        try:
            if isinstance(spec, RatioSpec):
                row, changed = self._ratio(spec, fields)
                now = spec_fields(ratio_of(row).spec)
            else:
                row, changed = self._metric(spec, fields)
                now = spec_fields(definition_of(row).spec)
        except InvalidInput as error:
            raise InvalidInput(f"{spec.name!r}: {error.message}", code=error.code) from error
        if applied:
            row.applied = encode_json(now, "the metric")
        return changed

    def remove(self, name: str) -> bool:
        row: MetricRow | RatioRow | None = self._metrics.get(name) or self._ratios.get(name)
        if row is None:
            return False
        row.applied = None
        return assign(row, {"active": False})

    def _metric(self, spec: MetricSpec, fields: dict[str, Any]) -> tuple[MetricRow, bool]:
        if spec.name in self._ratios:
            raise Conflict(f"{spec.name!r} is a ratio already: choose another name", code="METRIC_EXISTS")
        row = self._metrics.get(spec.name)
        if row is None:
            row = self._metrics[spec.name] = add_metric(
                self._session,
                self._project,
                spec.name,
                self._columns,
                self._reserved,
                auto=False,
                fields=fields,
            )
            return row, True
        taken = assign(row, {"auto": False})  # somebody has said what it is
        return row, change_metric(row, fields) or taken

    def _ratio(self, spec: RatioSpec, fields: dict[str, Any]) -> tuple[RatioRow, bool]:
        if spec.name in self._metrics:
            raise Conflict(
                f"{spec.name!r} is a metric already: choose another name for the ratio", code="METRIC_EXISTS"
            )
        row = self._ratios.get(spec.name)
        now = now_ms()
        if row is not None:
            changed = assign(row, fields)
            row.updated_at = now if changed else row.updated_at
            return row, changed
        row = RatioRow(project_id=self._project.id, name=spec.name, created_at=now, updated_at=now, **fields)
        self._session.add(row)
        self._session.flush()
        self._ratios[spec.name] = row
        return row, True


def _stored(spec: Spec) -> dict[str, Any]:
    """Its fields as a row holds them; InvalidInput names it."""
    clean_metric_name(spec.name)
    fields = spec_fields(spec)
    if isinstance(spec, RatioSpec):
        del fields["type"]
    else:
        clean_type(spec.type)
        fields["rate_base"] = "default" if spec.rate_base is None else spec.rate_base
        fields["extraction"] = spec.extraction or {}
    try:
        return stored_fields(**fields)
    except InvalidInput as error:
        raise InvalidInput(f"{spec.name!r}: {error.message}", code=error.code) from error
