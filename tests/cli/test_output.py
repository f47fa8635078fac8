"""Hostile text and the terminal; errors and their exit codes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.cli.exits import Refusal, exit_code
from aftercall.cli.output import document, shown, table
from aftercall.errors import AftercallError, InternalError, InvalidInput, Unavailable

HOSTILE = "\x1b[2J\x1b]0;owned\x07 \x9b31m \u202etxt\x7f [bold]x[/bold] :smile:\r\n\u2028\x00"


def harmless(text: str) -> bool:
    """No character a terminal would act on, but for the line breaks between lines."""
    return all(
        character == "\n" or character.isprintable() or character in "\u200c\u200d" for character in text
    )


def test_hostile_text_is_shown_and_not_obeyed() -> None:
    text = shown(HOSTILE)
    assert text.startswith("\\x1b[2J\\x1b]0;owned\\x07")
    assert "\\x9b31m \\u202etxt\\x7f [bold]x[/bold] :smile:\\r\\n\\u2028\\x00" in text


@given(st.text(st.characters()))
def test_nothing_shown_moves_a_cursor(text: str) -> None:
    assert not any(
        ord(character) < 32 or 127 <= ord(character) < 160 or 0x202A <= ord(character) <= 0x202E
        for character in shown(text)
    )


def test_what_people_write_stays_as_it_is() -> None:
    text = "¿Qué tal? 予約 👩\u200d⚕️ می\u200cخواهم"
    assert shown(text) == text


def test_long_text_is_cut_before_it_is_escaped() -> None:
    assert shown("abcdef", 4) == "abc…"
    assert shown("\x1b" * 10, 3) == "\\x1b\\x1b…"


def test_a_table_of_hostile_text(capsys: pytest.CaptureFixture[str]) -> None:
    table(HOSTILE, ("id", "#turns"), [(HOSTILE, 3), ("[red]no[/red]", 4)], empty="none")
    out = capsys.readouterr().out
    assert harmless(out)
    assert "[red]no[/red]" in out


def test_an_empty_table_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    table("keys", ("id",), [], empty="make one")
    assert capsys.readouterr().out == "make one\n"


def test_a_document_is_plain_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    document({HOSTILE: [HOSTILE, 1, None]})
    out = capsys.readouterr().out
    assert harmless(out)
    assert out.isascii()
    assert json.loads(out) == {HOSTILE: [HOSTILE, 1, None]}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InternalError("x"), 1),
        (AftercallError("x"), 1),
        (InvalidInput("x"), 2),
        (Refusal("x", code="NOT_FOUND", http_status=404), 4),
        (Unavailable("x"), 5),
    ],
)
def test_exit_codes(error: AftercallError, code: int) -> None:
    assert exit_code(error) == code
