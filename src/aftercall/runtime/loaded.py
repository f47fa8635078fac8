"""What loading a project told: its functions as a model may call them, and what is wrong with its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aftercall.runtime.layout import Layout
from aftercall.runtime.problem import Problem


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: str
    """As annotated; empty without."""
    description: str
    required: bool


@dataclass(frozen=True, slots=True)
class FunctionInfo:
    """A function as called: without conv and flow."""

    name: str
    flow: str | None
    """Folder of its flow."""
    kind: str
    """function or step."""
    file: str
    description: str
    parameters: list[Parameter]
    latency: dict[str, Any] | None = None
    """What func_latency_control was given."""
    error: str | None = None
    """Why it cannot be called."""


@dataclass(frozen=True, slots=True)
class Loaded:
    functions: list[FunctionInfo] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    python: str = ""
    """Version of the interpreter that runs it."""

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "error"]

    @classmethod
    def of(cls, done: Mapping[str, Any], layout: Layout) -> Loaded:
        """``done``: what the child answered. It may be lying; it can only be wrong about its own project."""
        functions = [
            FunctionInfo(**{**item, "parameters": [Parameter(**told) for told in item["parameters"]]})
            for item in done["functions"]
        ]
        problems = [Problem(**item) for item in done["problems"]]
        return cls(functions, [*layout.problems, *problems], str(done["python"]))

    @classmethod
    def failed(cls, error: str, layout: Layout | None = None) -> Loaded:
        return cls(
            [], [*(layout.problems if layout else []), Problem("", None, "NOT_STARTED", "error", error)]
        )
