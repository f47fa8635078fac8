"""The built-in definitions, where their own examples do not say enough."""

from __future__ import annotations

from typing import Any

import pytest

from aftercall.extraction import Found, RulesExtractor, make_field
from aftercall.extraction.evidence import check
from aftercall.extraction.rules.language import language_of
from tests.extraction.calls import call


def ask(name: str, *lines: str, **facts: Any) -> Found:
    field = make_field(name.upper(), extract={"use": name})
    one = call(*lines, **facts)
    return check(RulesExtractor().extract(one, [field])[0], field, one)


@pytest.mark.parametrize("language", ["de", "fr-CA", "ja"])
def test_sentiment_is_unknown_for_languages_the_word_list_does_not_know(language: str) -> None:
    found = ask("sentiment", "user: This is terrible and awful.", language=language)
    assert (found.status, found.value) == ("unknown", None)
    assert language[:2] in found.reason


def test_the_language_is_told_from_the_words_where_nobody_says() -> None:
    german = call("user: Guten Tag, ich möchte bitte einen Termin für nächste Woche vereinbaren.")
    english = call("user: Good morning, I would like to make an appointment for next week.")
    assert (language_of(german), language_of(english), language_of(call("user: ok"))) == ("de", "en", None)
    assert (
        ask("sentiment", "user: Ich bin wirklich sehr verärgert über diesen schlechten Service.").status
        == "unknown"
    )
    assert ask("sentiment", "user: ok").reason.startswith("the language is not known")


def test_a_summary_is_made_of_sentences_of_the_call() -> None:
    lines = (
        "agent: Hello, this is the clinic.",
        "user: Hi there. I need to move my cleaning to next Friday. Is that possible?",
        "agent: Let me see. Your cleaning is moved to Friday the third at nine.",
        "user: Thanks.",
        "agent: Goodbye.",
    )
    found = ask("summary", *lines)
    assert found.value == (
        "User: I need to move my cleaning to next Friday."
        " / Agent: Your cleaning is moved to Friday the third at nine."
    )
    assert all(any(quote.text in line for line in lines) for quote in found.evidence)


def test_the_rubric_says_why() -> None:
    found = ask("quality", "user: A cleaning please.", "agent: Your cleaning is confirmed.", "user: Perfect.")
    assert found.value == 5
    assert found.reason == "the task was delivered (+1); the caller was content (+1)"
    silent = ask("quality", "agent: Hello?")
    assert (silent.status, silent.reason) == ("not_applicable", "the caller never engaged")


def test_a_handoff_is_neutral() -> None:
    lines = ("user: I want a person for my claim.", "agent: One moment please.")
    assert ask("quality", *lines, handoff=True).value == ask("quality", *lines).value == 3
    assert ask("resolution", *lines, handoff=True).value == "handed off"
