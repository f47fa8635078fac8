"""What became of a function that the agent of a held call called."""

from __future__ import annotations

from dataclasses import dataclass

from aftercall.runtime.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Done:
    """Of the function itself, and of the function steps that it led to."""

    name: str
    outcome: Outcome
    steps: tuple[tuple[str, Outcome], ...] = ()

    @property
    def ok(self) -> bool:
        return self.outcome.ok and all(outcome.ok for _, outcome in self.steps)

    @property
    def content(self) -> str:
        """What the functions tell the model; the error where one failed."""
        told = []
        for name, outcome in ((self.name, self.outcome), *self.steps):
            value = outcome.value
            if not outcome.ok:
                told.append(f"{name} failed: {outcome.error}")
            elif isinstance(value, str):
                told.append(value)
            elif isinstance(value, dict) and isinstance(value.get("content"), str):
                told.append(value["content"])
        return "\n".join(told)
