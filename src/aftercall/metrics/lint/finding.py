"""One thing that lint found, told so that somebody can decide about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Finding:
    """``code`` is stable, for programs and --ignore. ``effect``: what the analyst and the dashboards make
    of it as it is. ``patch``: lines of a metrics.yaml that would settle it, where there are any.
    ``place``: file and line."""

    code: str
    severity: Severity
    metric: str
    message: str
    effect: str
    suggestion: str
    patch: str | None = None
    place: str | None = None

    def plain(self) -> dict[str, Any]:
        return asdict(self)
