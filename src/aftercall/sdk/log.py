"""``conv.log``: lines that go onto the conversation, with fields of any kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aftercall.sdk.plain import plain, text_of

Record = Callable[[str, str, bool, "dict[str, Any] | None"], None]
"""``record(level, content, is_pii, fields)``"""


class ConversationLog:
    """``conv.log.info("No slots", is_pii=False, clinic="Leeds", error=exception)``.

    The second positional argument is ``is_pii``. Field values may be anything: what JSON cannot hold is kept
    as text. The signature takes whatever it is given: a line that is logged wrongly must not end a call.
    """

    def __init__(self, record: Record) -> None:
        self._record = record

    def info(self, /, *args: Any, **fields: Any) -> None:
        self._log("info", args, fields)

    def warning(self, /, *args: Any, **fields: Any) -> None:
        self._log("warning", args, fields)

    def error(self, /, *args: Any, **fields: Any) -> None:
        self._log("error", args, fields)

    def _log(self, level: str, args: tuple[Any, ...], fields: dict[str, Any]) -> None:
        rest = list(args)
        content = rest.pop(0) if rest else fields.pop("content", "")
        is_pii = rest.pop(0) if rest else fields.pop("is_pii", False)
        if rest:
            fields["args"] = rest
        told = {text_of(name): plain(value) for name, value in fields.items()}
        self._record(level, text_of(content), is_true(is_pii), told or None)


def is_true(value: Any) -> bool:
    """As ``bool(value)``, and True for what cannot say: when in doubt a line holds personal data."""
    try:
        return bool(value)
    except Exception:  # noqa: BLE001 - a __bool__ that raises (an array, say) is no reason to lose the line
        return True
