"""Jobs as they are handed to DBOS: names and numbers only, nothing that was said in a call.

Their ids are made from what they do, so that the same thing is handed out once, however often.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

from aftercall.store.attempts import OURS


@dataclass(frozen=True, slots=True)
class Analyse:
    """One attempt at the post-call work of one conversation."""

    queue: ClassVar[str] = "postcall"

    project_id: int
    conversation_id: str
    attempt: str
    """Its name, unique in the conversation."""
    number: int
    """Which try of this piece of work, from 1."""
    replay: bool = False
    """Somebody asked for it: it runs whatever results there are, with the newest code."""
    fresh: bool = False
    """Models are asked anew, instead of giving the answers stored for the same questions."""

    @classmethod
    def next(cls, project_id: int, conversation_id: str, *, told: int, attempts: int, number: int) -> Self:
        """The attempt after ``attempts`` others, on a conversation of ``told`` events."""
        return cls(project_id, conversation_id, f"{OURS}{told}.{attempts + 1}", number)

    @classmethod
    def replay_of(
        cls, project_id: int, conversation_id: str, *, told: int, attempts: int, fresh: bool
    ) -> Self:
        """Of another name than the attempt that may be due anyway: it is run in its own right."""
        attempt = f"{OURS}{told}.{attempts + 1}r"
        return cls(project_id, conversation_id, attempt, 1, replay=True, fresh=fresh)

    @property
    def id(self) -> str:
        return self.ids_of(self.project_id, self.conversation_id) + self.attempt

    @staticmethod
    def ids_of(project_id: int, conversation_id: str) -> str:
        """How the ids of all jobs of a conversation begin."""
        return f"postcall:{project_id}:{_digest(conversation_id)}:"

    @property
    def lane(self) -> str:
        return str(self.project_id)

    def arguments(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Deliver:
    """One try to send one delivery."""

    queue: ClassVar[str] = "delivery"

    delivery_id: str
    webhook_id: int
    number: int
    """Which try, from 1, over all its life."""

    @property
    def id(self) -> str:
        return f"delivery:{self.delivery_id}:{self.number}"

    @property
    def lane(self) -> str:
        return str(self.webhook_id)

    def arguments(self) -> dict[str, Any]:
        return asdict(self)


Task = Analyse | Deliver


def delivery_id(webhook_id: int, project_id: int, conversation_id: str, attempt: str) -> str:
    """The same for the same result told to the same webhook."""
    return f"dl_{_digest(f'{webhook_id}:{project_id}:{attempt}:{conversation_id}')}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
