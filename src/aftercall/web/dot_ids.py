"""Conversations whose id is "." or "..": no browser can ask for them by path.

Whatever the encoding, a URL parser takes these as steps in the path, before a byte is sent. So such an id is
written ``~`` in the path and told in the query: /v1/conversations/dental/~/timeline?dots=.. (without ``dots``
``~`` is an id like any other).
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Receive, Scope, Send

PARAMETER = "dots"
IDS = (".", "..")
_PLACE = "/~"


class DotIds:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and b"dots=" in scope["query_string"]:
            scope = _resolved(scope)
        await self._app(scope, receive, send)


def _resolved(scope: Scope) -> Scope:
    """The scope with the id in its path; as it is, where nothing in it stands for one."""
    try:
        asked = parse_qsl(scope["query_string"].decode(), keep_blank_values=True, errors="strict")
    except ValueError:
        return scope
    told = [value for name, value in asked if name == PARAMETER]
    head, place, tail = scope["path"].partition(f"{_PLACE}/")
    if not place and head.endswith(_PLACE):
        head, place = head.removesuffix(_PLACE), _PLACE
    if not place or len(told) != 1 or told[0] not in IDS:
        return scope
    rest = urlencode([(name, value) for name, value in asked if name != PARAMETER])
    path = f"{head}/{told[0]}{place.removeprefix(_PLACE)}{tail}"
    return {**scope, "path": path, "raw_path": path.encode(), "query_string": rest.encode()}
