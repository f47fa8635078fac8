"""A quote stands in its turn, of the right speaker, long enough; what is kept is verbatim."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.extraction.evidence import MIN_QUOTE, check, locate, normalise
from aftercall.extraction.found import Found, Quote
from tests.extraction.calls import call, reason, resolved

CALL = call("agent: Hello, how can I help?", "user: My  BILL is wrong,\n again.", "user: Yes.")


def found(*quotes: Quote, value: object = "billing") -> Found:
    return Found("CALL_REASON", "ok", "llm", value, evidence=quotes)  # type: ignore[arg-type]


def test_spaces_and_case_do_not_count_and_what_is_kept_is_verbatim() -> None:
    checked = check(found(Quote(2, "my bill IS   wrong, again")), reason(), CALL)
    assert checked.status == "ok"
    assert checked.evidence == (Quote(2, "My  BILL is wrong,\n again", "user", "turn-2"),)


@pytest.mark.parametrize(
    ("quote", "why"),
    [
        (Quote(1, "My BILL is wrong"), "not in turn 1"),
        (Quote(9, "My BILL is wrong"), "there is no turn 9"),
        (Quote(0, "My BILL is wrong"), "there is no turn 0"),
        (Quote(2, "my bill is right"), "not in turn 2"),
        (Quote(2, "BILL is"), "shorter than 8"),
        (Quote(2, "   "), "not in turn 2"),
        (Quote(2, "My bill is wrong", speaker="agent"), "spoken by the user"),
    ],
)
def test_what_does_not_stand_is_ungrounded(quote: Quote, why: str) -> None:
    checked = check(found(quote), reason(), CALL)
    assert (checked.status, checked.evidence) == ("ungrounded", ())
    assert why in checked.reason


def test_one_made_up_quote_spoils_the_value_and_the_good_one_stays() -> None:
    checked = check(found(Quote(2, "bill is wrong"), Quote(2, "I love bananas")), reason(), CALL)
    assert checked.status == "ungrounded"
    assert [quote.text for quote in checked.evidence] == ["BILL is wrong"]


def test_the_right_speaker() -> None:
    quote = Quote(1, "how can I help?")
    assert check(found(quote), reason(speaker="user"), CALL).status == "ungrounded"
    assert check(found(quote), reason(speaker="agent"), CALL).status == "ok"


def test_a_whole_turn_may_be_short() -> None:
    assert check(found(Quote(3, "yes")), reason(), CALL).status == "ok"
    assert locate("yes", "Yes, and more") is None


def test_without_a_quote() -> None:
    assert check(found(), reason(), CALL).status == "ungrounded"
    assert check(found(), reason(grounded="wanted"), CALL).status == "ungrounded"
    assert check(found(), reason(grounded="no"), CALL).status == "ok"
    assert check(found(value=False), resolved(grounded="wanted"), CALL).status == "ok"
    assert check(found(value=False), resolved(grounded="required"), CALL).status == "ungrounded"


@given(st.text(), st.data())
def test_every_long_piece_of_a_text_is_found_and_given_back_verbatim(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    piece = text[start : data.draw(st.integers(start, len(text)))]
    folded, places = normalise(piece)
    assert len(folded) == len(places)
    if len(folded) < MIN_QUOTE or not any(char.isalnum() for char in folded):
        return
    span = locate(piece.swapcase() if piece.swapcase().casefold() == piece.casefold() else piece, text)
    assert span is not None
    assert normalise(text[slice(*span)])[0].startswith(folded[:1])
    assert folded in normalise(text[slice(*span)])[0]
