"""What lint looks at: what is declared, what the code writes, and what was really written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from aftercall.metrics.lint.code_scan import Scan
from aftercall.model.metric_spec import MetricSpec, RatioSpec, Spec

FILE = "metrics.yaml"


@dataclass(frozen=True, slots=True)
class Used:
    """What was written of one name in the time looked at. ``values``: the commonest, with the number of
    conversations; ``all_values``: whether these are all there are. ``invalid``: writes that do not fit the
    metric's type, with ``invalid_values`` some of them."""

    conversations: int = 0
    writes: int = 0
    invalid: int = 0
    values: Mapping[str, int] = field(default_factory=dict)
    all_values: bool = True
    invalid_values: Sequence[str] = ()


@dataclass(frozen=True)
class Subject:
    """``scan`` None: no code was looked at. ``used`` None: nobody was asked what was written; else a name
    that is missing was not written. ``days``: how long ``used`` looks back. ``lines``: where each name
    stands in the file. ``builtins``: names that every project has.
    ``undeclared``: those of ``specs`` that entered the registry by themselves."""

    specs: Sequence[Spec]
    scan: Scan | None = None
    used: Mapping[str, Used] | None = None
    days: int = 30
    lines: Mapping[str, int] = field(default_factory=dict)
    builtins: Collection[str] = ()
    undeclared: Collection[str] = ()

    @property
    def metrics(self) -> list[MetricSpec]:
        """The active ones."""
        return [spec for spec in self.specs if isinstance(spec, MetricSpec) and spec.active]

    @property
    def ratios(self) -> list[RatioSpec]:
        """The active ones."""
        return [spec for spec in self.specs if isinstance(spec, RatioSpec) and spec.active]

    @property
    def by_name(self) -> Mapping[str, Spec]:
        return {spec.name: spec for spec in self.specs}

    @property
    def active(self) -> list[Spec]:
        return [spec for spec in self.specs if spec.active]

    def place(self, name: str) -> str | None:
        return f"{FILE}:{self.lines[name]}" if name in self.lines else None
