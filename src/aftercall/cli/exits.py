"""Exit codes, and which error is which. docs/cli.md lists them."""

from __future__ import annotations

from aftercall.errors import AftercallError, Unavailable, UserError

OK = 0
BROKE = 1
"""We broke, or the server did."""
USAGE = 2
"""Wrong options, or a file that cannot be read. Also what the parser of the command line uses."""
PARTLY = 3
"""Done, but not with everything: lines set aside, events refused."""
REFUSED = 4
"""The server does not have it or will not do it."""
UNREACHABLE = 5
"""No server answers."""
INTERRUPTED = 130
"""Ctrl-C."""


class Refusal(UserError):
    """The server's own "no": not found, not allowed, not acceptable. ``status`` is its HTTP status."""

    def __init__(self, message: str, *, code: str, http_status: int) -> None:
        super().__init__(message, code=code)
        self.http_status = http_status


def exit_code(error: AftercallError) -> int:
    if isinstance(error, Refusal):
        return REFUSED
    if isinstance(error, Unavailable):
        return UNREACHABLE
    return USAGE if isinstance(error, UserError) else BROKE
