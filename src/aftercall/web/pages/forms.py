"""What a form of ours sent: application/x-www-form-urlencoded, bounded, each field as text."""

from __future__ import annotations

from urllib.parse import parse_qsl

from fastapi import Request

from aftercall.errors import Forbidden, InvalidInput
from aftercall.web.session import is_own_request

MOST_BYTES = 100_000
MOST_FIELDS = 1_000


class Form:
    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields = fields

    def text(self, name: str, default: str = "") -> str:
        """The last one of that name."""
        return next((value for key, value in reversed(self._fields) if key == name), default)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self._fields if key == name]

    def ticked(self, name: str) -> bool:
        return any(key == name for key, _ in self._fields)

    def numbers(self, name: str) -> list[int]:
        """Raises InvalidInput for one that is none."""
        found = self.all(name)
        if not all(one.isascii() and one.isdigit() and len(one) < 10 for one in found):
            raise InvalidInput(f'"{name}" must hold numbers: open the page again.')
        return [int(one) for one in found]


async def read_form(request: Request) -> Form:
    """Raises Forbidden (CROSS_SITE) for a form of another site, InvalidInput."""
    if not is_own_request(request):
        raise Forbidden(
            "This form was not sent from a page of this server: open the page again and repeat it.",
            code="CROSS_SITE",
        )
    body = await request.body()
    try:
        if len(body) > MOST_BYTES:
            raise ValueError("too large")
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:  # UnicodeDecodeError among them
        raise InvalidInput("The form could not be read: open the page again.") from None
    # A browser sends line breaks in a text area as CR LF.
    return Form([(name, value.replace("\r\n", "\n")) for name, value in fields])
