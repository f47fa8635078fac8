"""What is taken out, what stays, and the way back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.extraction.redaction import Redactor, Shown, names
from aftercall.extraction.redaction.numbers import luhn

REDACT = Redactor()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("call 415-555-2671 now", "call [PHONE_1] now"),
        ("call +44 20 7946 0958.", "call [PHONE_1]."),
        ("card 4111 1111 1111 1111, please", "card [CARD_1], please"),
        ("card 4111-1111-1111-1112", "card [ACCOUNT_1]"),
        ("my account is 93418043810", "my account is [ACCOUNT_1]"),
        ("policy AB1234567", "policy [ACCOUNT_1]"),
        ("DE89 3704 0044 0532 0130 00 it is", "[ACCOUNT_1] it is"),
        ("ann.lee+x@mail.example.com.", "[EMAIL_1]."),
        ("it is ann dot lee at gmail dot com ok", "it is [EMAIL_1] ok"),
        ("five five five, one two one two", "[ACCOUNT_1]"),
        ("four one one one one one one one one one one one one one one one", "[CARD_1]"),
        ("double five triple six two", "[ACCOUNT_1]"),
        ("card 4111 - 1111 - 1111 - 1111.", "card [CARD_1]."),
        ("it is 415\n555\n2671", "it is [ACCOUNT_1]"),
        ("it is 415 \u2022 555 \u2022 2671", "it is [ACCOUNT_1]"),
        ("four one five... five five five... two six seven one", "[ACCOUNT_1]"),
        ("four one five dash five five five, uh, two six seven one", "[ACCOUNT_1]"),
        ("it's one twenty three forty five sixty seven eighty nine", "it's [ACCOUNT_1]"),
        ("see https://x.example/u/4155552671?a", "see https://x.example/u/[PHONE_1]?a"),
        ("ann.lee @ example.com", "[EMAIL_1]"),
        ("My name is Ann Lee and Ann is my name", "My name is [NAME_1] and [NAME_2] is my name"),
        ("hi my name is tyler jones and i", "hi my name is [NAME_1] and i"),
        ("This is Mrs O'Neill.", "This is [NAME_1]."),
        ("Hello, I'm Calling about a bill", "Hello, I'm Calling about a bill"),
        # what stays
        ("on 2020-05-13 at 10:30 for $120", "on 2020-05-13 at 10:30 for $120"),
        ("on 13/05/2020 or 5.6.21", "on 13/05/2020 or 5.6.21"),
        ("room 450, floor 12, 9 am", "room 450, floor 12, 9 am"),
        ("one or two or three", "one or two or three"),
        ("at ten fifteen or eleven thirty", "at ten fifteen or eleven thirty"),
        ("from 10:30 to 11:45, or 2:15", "from 10:30 to 11:45, or 2:15"),
        ("meet me at the clinic @ noon", "meet me at the clinic @ noon"),
        ("I want to see the doctor", "I want to see the doctor"),
    ],
)
def test_examples(text: str, shown: str) -> None:
    assert REDACT(text) == shown


def test_the_same_thing_has_the_same_placeholder_all_through_the_call() -> None:
    texts = ["It is 415 555 2671.", "415-555-2671?", "No: 212 555 0134", "Yes, Ann", "I am Ann Lee"]
    assert [one.text for one in REDACT.call(texts)] == [
        "It is [PHONE_1].", "[PHONE_1]?", "No: [PHONE_2]", "Yes, [NAME_1]", "I am [NAME_2]",
    ]  # fmt: skip


def test_known_texts_and_a_detector_of_ones_own() -> None:
    red = Redactor(names=lambda text: [found.span() for found in re.finditer("xyz", text)])
    assert [one.text for one in red.call(["Bob and xyz", "BOB"], known=["Bob"])] == [
        "[NAME_1] and [NAME_2]",
        "[NAME_1]",
    ]
    assert Redactor(names=None)("My name is Ann") == "My name is Ann"


@given(st.lists(st.integers(0, 9), min_size=12, max_size=18))
def test_luhn_fits_one_check_digit_of_ten(digits: list[int]) -> None:
    assert sum(luhn([*digits, check]) for check in range(10)) == 1


SECRETS = [
    "415-555-2671",
    "4111 1111 1111 1111",
    "ann@example.com",
    "My name is Ann Lee",
    " ",
    "[PHONE_1]",
    "123456789",
    "five five five one two one two",
    "DE89 3704 0044 0532 0130 00",
    "\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
]
PIECES = st.one_of(st.text(max_size=12), st.sampled_from(SECRETS))
TEXTS = st.lists(st.lists(PIECES, max_size=6).map("".join), min_size=1, max_size=4)


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def plug(where: str) -> None:
        names._plugged.cache_clear()
        found = [EntryPoint("theirs", where, names.PLUGGED)]
        monkeypatch.setattr(names, "entry_points", lambda group: found if group == names.PLUGGED else [])

    yield plug
    names._plugged.cache_clear()


def northwinds(text: str) -> list[tuple[int, int]]:
    return [found.span() for found in re.finditer("Northwind", text)]


def test_a_detector_that_a_package_brings(plug: Callable[[str], None]) -> None:
    plug(f"{__name__}:northwinds")
    assert Redactor()("I am Ann of Northwind") == "I am [NAME_1] of [NAME_2]"
    plug("there_is_no_such_package:detect")
    with pytest.raises(ModuleNotFoundError):  # and the extractor then sends nothing
        Redactor()("I am Ann of Northwind")


@given(TEXTS)
def test_no_long_number_and_no_address_stays(texts: list[str]) -> None:
    for shown in REDACT.call(texts):
        left = re.sub(r"\[[A-Z]+_\d+\]", " ", shown.text)
        assert not re.search(r"\d{6,}", left)
        assert "ann@example.com" not in left


@given(TEXTS, st.data())
def test_every_part_of_what_is_shown_leads_back(texts: list[str], data: st.DataObject) -> None:
    for shown, text in zip(REDACT.call(texts), texts, strict=True):
        assert shown.original == text
        if not shown.text:
            continue
        assert shown.back(0, len(shown.text)) == (0, len(text))
        start = data.draw(st.integers(0, len(shown.text) - 1))
        end = data.draw(st.integers(start + 1, len(shown.text)))
        left, right = shown.back(start, end)
        assert 0 <= left < right <= len(text)
        part = shown.text[start:end]
        if text[left:right] != part:  # then a placeholder is in it, whole or cut
            assert re.search(r"[\[\]A-Z_\d]", part)


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=5))
def test_plain_text_around_placeholders_is_untouched(text: str, cuts: list[tuple[int, int]]) -> None:
    from aftercall.extraction.redaction.shown import Span

    spans, done = [], 0
    for start, length in sorted(cuts):
        if done <= start and start + length <= len(text):
            spans.append((Span(start, start + length, "NAME"), "<#>"))
            done = start + length
    shown = Shown(text, spans)
    rebuilt = list(text)
    for span, placeholder in reversed(spans):
        rebuilt[span.start : span.end] = placeholder
    assert shown.text == "".join(rebuilt)
    for place in range(len(shown.text)):
        left, right = shown.back(place, place + 1)
        assert text[left:right] == shown.text[place] or any(
            (s.start, s.end) == (left, right) for s, _ in spans
        )


@pytest.mark.parametrize(
    "hostile",
    [
        "a" * 100_000,
        "a.a" * 40_000 + "@",
        "1 " * 60_000,
        "dot a " * 20_000,
        "five " * 30_000,
        "@" * 50_000,
        "1    " * 4 + "a" + "1 -  " * 20_000,
        "one, uh, " * 20_000,
        "a @ " * 20_000,
        "@ a.b " * 20_000,
    ],
)
def test_no_text_makes_it_slow(hostile: str) -> None:
    assert len(REDACT(hostile)) <= len(hostile)
