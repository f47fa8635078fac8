"""The step that fills the fields which metrics declare (``extract:`` in metrics.yaml), without any code.

What the project's own code has written in the same attempt is not asked: code goes first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aftercall.catalog.catalog import Catalog
from aftercall.catalog.definitions import MetricDefinition
from aftercall.catalog.projects import Project
from aftercall.errors import InvalidInput
from aftercall.extraction import Call, Field, Redactor, extract, make_field
from aftercall.jobs.extractors import error_of, extractors_of
from aftercall.jobs.step import Result, Work
from aftercall.jobs.told import Told
from aftercall.llm import Door, Session
from aftercall.model.times import now_ms
from aftercall.runtime import Outcome

PreviousContacts = Callable[[Project, Told], int | None]
"""How many calls of the same caller there were before this one; None: not known."""


@dataclass(frozen=True, slots=True)
class _Declared:
    revision: int
    since: int | None
    made: Mapping[str, tuple[MetricDefinition, Field]]
    """By name, with what each was made of."""
    wrong: tuple[str, ...]
    """Declarations that cannot be asked, and why."""

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(field for _, field in self.made.values())


class Declared:
    """Thread-safe.

    A project without declared fields costs a look into a dict; one whose fields have rules only, about a
    millisecond a call.
    """

    name = "declared"

    def __init__(
        self,
        catalog: Catalog,
        *,
        door: Door | None = None,
        redactor: Redactor | None = None,
        previous_contacts: PreviousContacts | None = None,
    ) -> None:
        self._catalog = catalog
        self._door = door
        self._redactor = redactor
        self._previous_contacts = previous_contacts
        self._guard = threading.Lock()
        self._known: dict[int, _Declared] = {}

    def since(self, project: Project) -> int | None:
        """When the project's first field was declared."""
        return self._declared(project).since

    def run(self, work: Work) -> Result | None:
        declared = self._declared(work.project)
        if not declared.made and not declared.wrong:
            return None
        code_wrote = {event.get("name") for event in work.written if event.get("kind") == "metric"}
        fields = [field for field in declared.fields if field.name not in code_wrote]
        call = Call.of(
            work.told.conversation_id,
            [*work.told.of_the_call(), *work.written],
            previous_contacts=self._before(work, fields),
        )
        session = self._session(work)
        results = extract(call, fields, extractors_of(work.project, session, self._redactor))
        events = results.events(call.id, prefix=work.prefix(self.name), at=now_ms())
        error = "; ".join(declared.wrong) or error_of(results)
        asked = 0 if session is None else session.calls
        outcome = Outcome("failed" if error else "ok", events=events, error=error, llm_calls=asked)
        return Result(outcome, retry=results.retry)

    def close(self) -> None:
        """Nothing runs here but model calls, which the door ends."""

    def fields(self, project: Project) -> tuple[Field, ...]:
        """Those that are declared, active and right."""
        return self._declared(project).fields

    def _before(self, work: Work, fields: Sequence[Field]) -> int | None:
        if self._previous_contacts is None or not any(field.asks_previous_contacts for field in fields):
            return None
        return self._previous_contacts(work.project, work.told)

    def _session(self, work: Work) -> Session | None:
        slug = work.project.slug
        if self._door is None or not self._door.is_configured(slug):
            return None
        return self._door.session(slug, work.told.conversation_id, generation=work.generation)

    def _declared(self, project: Project) -> _Declared:
        with self._guard:
            known = self._known.get(project.id)
        if known is not None and known.revision == project.registry_revision:
            return known
        registry = self._catalog.metrics.list(project.id)
        active = [one for one in registry.metrics if one.active and one.extraction]
        made, wrong = _fields(active, {} if known is None else known.made)
        declared = _Declared(registry.revision, self._first(project, active), made, wrong)
        with self._guard:
            self._known[project.id] = declared
        return declared

    def _first(self, project: Project, active: list[MetricDefinition]) -> int | None:
        """Kept: a definition that is changed must not leave out the calls that waited when it was."""
        if not active:
            return None
        name = f"postcall.declared.{project.id}"
        told = self._catalog.settings.get(name)
        if not isinstance(told, int):
            told = min(one.updated_at for one in active)
            self._catalog.settings.set(name, told)
        return told


def _fields(
    metrics: list[MetricDefinition], before: Mapping[str, tuple[MetricDefinition, Field]]
) -> tuple[dict[str, tuple[MetricDefinition, Field]], tuple[str, ...]]:
    """One that is wrong does not stop the others. Those that are as ``before`` are kept: compiling them costs
    milliseconds, and any new name that some call writes is a new revision of the registry."""
    made: dict[str, tuple[MetricDefinition, Field]] = {}
    wrong: list[str] = []
    for one in metrics:
        known = before.get(one.name)
        try:
            same = known is not None and _question(known[0]) == _question(one)
            made[one.name] = (one, known[1] if known is not None and same else field_of(one))
        except InvalidInput as error:
            wrong.append(f"{error.code}: {error.message}")
    return made, tuple(wrong)


def field_of(metric: MetricDefinition) -> Field:
    """Raises InvalidInput (EXTRACTION_INVALID) for a declaration that cannot be asked."""
    return make_field(metric.name, metric.type, metric.options, metric.definition, metric.extraction or {})


def _question(metric: MetricDefinition) -> tuple[object, ...]:
    return metric.type, metric.options, metric.definition, metric.extraction
