"""What a person may do: a role for the account, the projects they see, and whether whole phone numbers."""

from __future__ import annotations

from typing import Literal, get_args

from aftercall.catalog.principal import Scope
from aftercall.errors import InvalidInput

Role = Literal["viewer", "editor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

ROLE_SCOPES: dict[Role, frozenset[Scope]] = {
    "viewer": frozenset({"read", "read:transcripts"}),
    "editor": frozenset({"read", "read:transcripts", "edit"}),
    "admin": frozenset({"admin"}),
}
"""``read:pii`` is apart, person by person: who edits a dashboard need not see phone numbers."""


def clean_role(role: object) -> Role:
    """Raises InvalidInput (INVALID_ROLE)."""
    for known in ROLES:
        if role == known:
            return known
    raise InvalidInput(f"{role!a:.80} is no role: choose from {', '.join(ROLES)}", code="INVALID_ROLE")


def scopes_of(role: Role, *, pii: bool) -> frozenset[str]:
    return ROLE_SCOPES[role] | ({"read:pii"} if pii else frozenset())
