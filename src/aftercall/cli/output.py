"""What commands print: tables for people, one JSON document for programs.

Transcripts, names and messages are hostile text. A terminal obeys control characters (it can be made to
rewrite what was printed, or to paste commands), and Rich obeys ``[markup]``. So every piece of data passes
``shown`` and is printed as plain Text; JSON is printed as pure ASCII.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# Control characters, marks that reverse the direction of writing, invisible ones, halves of pairs. The
# joiners U+200C and U+200D stay: Persian and many emoji need them, and they cannot move the cursor.
_HOSTILE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def shown(value: object, longest: int | None = None) -> str:
    """One line of text that a terminal takes for nothing but text; cut at ``longest`` characters."""
    text = "" if value is None else str(value)
    if longest is not None and len(text) > longest:
        text = text[: longest - 1] + "…"
    return _HOSTILE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    character = found.group()
    named = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character)
    return named or (f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}")


WIDE = 160
"""Columns of a table that goes into a file or a pipe, where nobody's window is narrow."""


def console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    seen = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=None if seen else WIDE)


def text(value: object, style: str = "", longest: int | None = None) -> Text:
    from rich.text import Text

    return Text(shown(value, longest), style=style)


def document(value: Any) -> None:
    """The one JSON document of a command's ``--json``."""
    plain = json.dumps(value, ensure_ascii=True, indent=2, default=str)
    sys.stdout.write(plain.replace("\x7f", "\\u007f") + "\n")  # the one control character ASCII leaves in


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Columns whose name begins with ``#`` are numbers; the last one gets the room that is left.

    ``empty`` says what to do when there are no rows.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(title=shown(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(
            column.removeprefix("#"),
            justify="right" if column.startswith("#") else "left",
            overflow="fold",
            no_wrap=column is not columns[-1],
        )
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else text(cell) for cell in row))
    if made.row_count:
        console().print(made)
    else:
        say(empty)


def say(message: str) -> None:
    """A line for people on standard output."""
    print(shown(message))


def note(message: str) -> None:
    """A line for people on standard error, where it never gets between a program and its JSON."""
    print(shown(message), file=sys.stderr)
