"""Who a request is from, and what it may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from aftercall.errors import InvalidInput

Scope = Literal["ingest", "read", "read:transcripts", "read:pii", "edit", "admin"]
SCOPES: frozenset[Scope] = frozenset(get_args(Scope))


@dataclass(frozen=True, slots=True)
class Principal:
    """The owner of a verified key, or a person who is signed in. ``project_id`` None: every project of the
    account; ``projects``: of those only these ids."""

    account_id: int
    account_slug: str
    project_id: int | None
    project_slug: str | None
    key_id: int | None
    scopes: frozenset[str]
    person_id: int | None = None
    projects: frozenset[int] | None = None

    @property
    def label(self) -> str:
        """For a history of who changed what; names may change, this does not."""
        return f"person:{self.person_id}" if self.person_id is not None else f"key:{self.key_id}"

    def may(self, scope: Scope) -> bool:
        """Whether it is allowed; ``admin`` allows everything. The one place that decides."""
        if scope not in SCOPES:  # a misspelt scope must not be open to every admin and shut to the rest
            raise ValueError(f"{scope!r} is no scope: {', '.join(sorted(SCOPES))}")
        return scope in self.scopes or "admin" in self.scopes

    def reaches(self, account_id: int, project_id: int) -> bool:
        """Whether this key or person is for that project of that account at all."""
        if self.projects is not None and project_id not in self.projects:
            return False
        return self.account_id == account_id and self.project_id in (None, project_id)


def clean_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """The set, or InvalidInput (INVALID_SCOPE). None at all is refused: such a key could do nothing."""
    if isinstance(scopes, str):  # "read" is an iterable of letters
        scopes = [scopes]
    chosen = list(scopes)
    unknown = [scope for scope in chosen if not isinstance(scope, str) or scope not in SCOPES]
    if unknown or not chosen:
        wrong = f"{unknown[0]!a:.80} is no scope" if unknown else "a key needs at least one scope"
        raise InvalidInput(f"{wrong}: choose from {', '.join(sorted(SCOPES))}", code="INVALID_SCOPE")
    return frozenset(chosen)
