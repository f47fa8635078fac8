"""Every error of ours, in one hierarchy and one JSON shape.

AftercallError
├── UserError            you can fix this; the message says how
│   ├── InvalidInput     400  a parameter or a body has the wrong form
│   ├── Unauthorized     401  no key, or not a key we know
│   ├── Forbidden        403  a key, but not with the scope this needs
│   ├── NotFound         404
│   ├── Conflict         409  somebody else changed it, or it exists already
│   ├── TooLarge         413  over a stated limit
│   ├── Unprocessable    422  well-formed, but nothing in it could be accepted
│   └── NotAvailable     501  not in this version, or needs a part that is not configured
└── InternalError        500  we broke; nothing you sent was wrong
    └── Unavailable      503  try again: starting, stopping, or a part we need is down
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar


class AftercallError(Exception):
    """Base of all. ``code`` is stable for programs, the message is for people."""

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "INTERNAL_ERROR"

    def __init__(self, message: str, *, code: str | None = None, data: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.data = data


class UserError(AftercallError):
    status = 400
    default_code = "BAD_REQUEST"


class InvalidInput(UserError):
    status = 400
    default_code = "INVALID_INPUT"


class Unauthorized(UserError):
    status = 401
    default_code = "UNAUTHORIZED"


class Forbidden(UserError):
    status = 403
    default_code = "FORBIDDEN"


class NotFound(UserError):
    status = 404
    default_code = "NOT_FOUND"


class Conflict(UserError):
    status = 409
    default_code = "CONFLICT"


class TooLarge(UserError):
    status = 413
    default_code = "TOO_LARGE"


class Unprocessable(UserError):
    status = 422
    default_code = "UNPROCESSABLE"


class NotAvailable(UserError):
    status = 501
    default_code = "NOT_AVAILABLE"


class InternalError(AftercallError):
    status = 500
    default_code = "INTERNAL_ERROR"


class Unavailable(InternalError):
    status = 503
    default_code = "UNAVAILABLE"


def error_body(error: AftercallError, error_id: str | None = None) -> dict[str, Any]:
    """The one JSON shape: six keys, always all of them.

    ``error`` and ``error_message`` carry the same sentence: existing clients of the Conversations
    API read either. ``data`` is null except where an answer is partly good (ingest: the verdicts).
    """
    return {
        "success": False,
        "error": error.message,
        "error_id": error_id or uuid.uuid4().hex,
        "error_code": error.code,
        "error_message": error.message,
        "data": error.data,
    }
