from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.catalog.text import clean_text
from aftercall.errors import InvalidInput


@given(st.text(st.characters(), max_size=30), st.booleans())
def test_it_keeps_exactly_what_has_no_control_characters_and_no_surrogates(value: str, lines: bool) -> None:
    allowed = "\t\r\n" if lines else ""
    good = all(unicodedata.category(char) not in ("Cc", "Cs") or char in allowed for char in value)
    try:
        assert clean_text(value, "it", longest=20, lines=lines) == value
    except InvalidInput as error:
        assert not good or len(value) > 20
        assert error.message.encode()  # the message itself can be sent
    else:
        assert good
        assert len(value) <= 20


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("a\0", r"U\+0000"),
        ("\ud800", "surrogate"),
        ("", "1 to 9 characters, not 0"),
        ("x" * 10, "not 10"),
        (b"x", "not bytes"),
    ],
)
def test_the_message_says_what_is_wrong(value: object, says: str) -> None:
    with pytest.raises(InvalidInput, match=f"the name .*{says}") as caught:
        clean_text(value, "the name", shortest=1, longest=9)
    assert caught.value.code == "INVALID_TEXT"
