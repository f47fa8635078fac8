"""What was said, as an agent project reads it: ``conv.history``.

The two class names are a contract: projects test ``"AgentResponse" in str(item.__class__)``.
"""

from __future__ import annotations

from typing import ClassVar


class _Said:
    role: ClassVar[str]
    _spoken_by: ClassVar[str]

    __slots__ = ("text",)

    def __init__(self, text: str = "") -> None:
        self.text = text

    def to_dict(self) -> dict[str, str]:
        return {"type": type(self).__name__, "text": self.text}

    def to_string(self) -> str:
        return f"{self._spoken_by}: {self.text}"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, _Said) and other.text == self.text

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.text))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"


class UserInput(_Said):
    """What the user said; ``text`` is always a str, empty when nothing was."""

    role = "user"
    _spoken_by = "User"
    __slots__ = ()


class AgentResponse(_Said):
    """What the agent said; ``text`` is always a str."""

    role = "agent"
    _spoken_by = "Agent"
    __slots__ = ()
