"""The step that fills the fields which metrics declare (``extract:`` in metrics.yaml), without any code."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aftercall.catalog.catalog import Catalog
from aftercall.catalog.definitions import MetricDefinition
from aftercall.catalog.projects import Project
from aftercall.errors import InvalidInput
from aftercall.extraction import (
    Call,
    Extractor,
    Field,
    LlmExtractor,
    Redactor,
    Results,
    RulesExtractor,
    extract,
    make_field,
)
from aftercall.jobs.step import Result, Work
from aftercall.jobs.told import Told
from aftercall.llm import Door
from aftercall.model.times import now_ms
from aftercall.runtime import Outcome

PreviousContacts = Callable[[Project, Told], int | None]
"""How many calls of the same caller there were before this one; None: not known."""

_WAITS_FOR_A_PERSON = frozenset({
    "MODEL_UNAUTHORIZED", "MODEL_QUOTA_EXCEEDED", "MODEL_NOT_FOUND", "MODEL_NOT_CONFIGURED",
    "MODEL_REDACTION_FAILED",
})  # fmt: skip
"""Failures of every call alike: the attempt stands as failed, for a replay once it is mended. Other failures
that stay are of this call's own field; the field says so, and the attempt went well."""


@dataclass(frozen=True, slots=True)
class _Declared:
    revision: int
    since: int | None
    fields: tuple[Field, ...]
    wrong: tuple[str, ...]
    """Declarations that cannot be asked, and why."""


class Declared:
    """Thread-safe. The project's setting ``extraction``: ``{redact: true, region: "US"}``, the default."""

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
        if not declared.fields and not declared.wrong:
            return None
        call = Call.of(
            work.told.conversation_id, work.told.of_the_call(), previous_contacts=self._before(work)
        )
        extractors, model_calls = self._extractors(work)
        results = extract(call, declared.fields, extractors)
        events = results.events(call.id, prefix=work.prefix(self.name), at=now_ms())
        error = "; ".join(declared.wrong) or _error(results)
        outcome = Outcome("failed" if error else "ok", events=events, error=error, llm_calls=model_calls())
        return Result(outcome, retry=results.retry)

    def close(self) -> None:
        """Nothing runs here but model calls, which the door ends."""

    def _before(self, work: Work) -> int | None:
        return None if self._previous_contacts is None else self._previous_contacts(work.project, work.told)

    def _extractors(self, work: Work) -> tuple[Mapping[str, Extractor], Callable[[], int]]:
        rules = RulesExtractor()
        slug = work.project.slug
        if self._door is None or not self._door.is_configured(slug):
            return {rules.name: rules}, lambda: 0
        session = self._door.session(slug, work.told.conversation_id, generation=work.generation)
        told = _settings(work.project)
        redactor = self._redactor or Redactor(region=str(told.get("region") or "US"))
        llm = LlmExtractor(session, redactor=redactor, redact=told.get("redact") is not False)
        return {rules.name: rules, llm.name: llm}, lambda: session.calls

    def _declared(self, project: Project) -> _Declared:
        with self._guard:
            known = self._known.get(project.id)
        if known is not None and known.revision == project.registry_revision:
            return known
        registry = self._catalog.metrics.list(project.id)
        active = [one for one in registry.metrics if one.active and one.extraction]
        fields, wrong = _fields(active)
        declared = _Declared(registry.revision, self._first(project, active), fields, wrong)
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


def _fields(metrics: list[MetricDefinition]) -> tuple[tuple[Field, ...], tuple[str, ...]]:
    """One that is wrong does not stop the others."""
    fields: list[Field] = []
    wrong: list[str] = []
    for one in metrics:
        try:
            fields.append(make_field(one.name, one.type, one.options, one.definition, one.extraction or {}))
        except InvalidInput as error:
            wrong.append(f"{error.code}: {error.message}")
    return tuple(fields), tuple(wrong)


def _settings(project: Project) -> Mapping[str, Any]:
    told = project.settings.get("extraction")
    return told if isinstance(told, Mapping) else {}


def _error(results: Results) -> str | None:
    for field, found in results.found:
        waits = found.reason.partition(":")[0] in _WAITS_FOR_A_PERSON
        if found.status == "failed" and (found.passing or waits):
            return f"{field.name}: {found.reason}"
    return None
