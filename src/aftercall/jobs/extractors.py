"""The extractors that a project has, and what their failures mean for the attempt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aftercall.catalog.projects import Project
from aftercall.extraction import Extractor, Field, LlmExtractor, Redactor, Results, RulesExtractor
from aftercall.llm import Session

_WAITS_FOR_A_PERSON = frozenset({
    "MODEL_UNAUTHORIZED", "MODEL_QUOTA_EXCEEDED", "MODEL_NOT_FOUND", "MODEL_NOT_CONFIGURED",
    "MODEL_REDACTION_FAILED",
})  # fmt: skip
"""Failures of every call alike: the attempt stands as failed, for a replay once it is mended. Other failures
that stay are of this call's own field; the field says so, and the attempt went well."""


def extractors_of(
    project: Project, session: Session | None, redactor: Redactor | None = None
) -> dict[str, Extractor]:
    """``session``: of the attempt; None where no model is configured. The project's setting ``extraction``:
    ``{model: null, redact: true, redact_prompts: false, region: "US"}``, the default."""
    rules = RulesExtractor()
    if session is None:
        return {rules.name: rules}
    redact = _settings(project).get("redact") is not False
    llm = LlmExtractor(
        session, redactor=redactor or _redactor(project), redact=redact, model=model_of(project)
    )
    return {rules.name: rules, llm.name: llm}


def model_of(project: Project, asked: Field | None = None) -> str | None:
    """Whom the project's fields ask, or this field; None: whichever model is the default."""
    own = asked.extraction.model if asked is not None else None
    chosen = _settings(project).get("model")
    return own or (chosen if isinstance(chosen, str) and chosen else None)


def prompts_redactor_of(project: Project) -> Redactor | None:
    """For what the project's own code asks a model; None: it is sent as it stands."""
    return _redactor(project) if _settings(project).get("redact_prompts") is True else None


def error_of(results: Results) -> str | None:
    """Why the attempt counts as failed; None: it went well, whatever single fields say."""
    for field, found in results.found:
        waits = found.reason.partition(":")[0] in _WAITS_FOR_A_PERSON
        if found.status == "failed" and (found.passing or waits):
            return f"{field.name}: {found.reason}"
    return None


def _redactor(project: Project) -> Redactor:
    return Redactor(region=str(_settings(project).get("region") or "US"))


def _settings(project: Project) -> Mapping[str, Any]:
    told = project.settings.get("extraction")
    return told if isinstance(told, Mapping) else {}
