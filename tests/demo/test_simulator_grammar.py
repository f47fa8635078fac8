from __future__ import annotations

import random
from collections import Counter

import pytest

from aftercall.demo.simulator.grammar import Grammar, GrammarError, tidy
from aftercall.demo.simulator.people import NUMBERS, number_of, person
from aftercall.demo.simulator.slips import slip

SLOTS = {
    "treatment": "X", "day": "X", "wrong": "X", "time": "X", "dentist": "X", "insurer": "X", "member": "X",
    "amount": "X", "name": "X", "first": "X", "born": "X", "card": "X", "when": "X", "clinic": "X",
    "share": "X", "answer": "X", "last": "X",
}  # fmt: skip


def said(text: str, rule: str = "start", times: int = 400, **slots: str) -> Counter[str]:
    grammar, chance = Grammar(text), random.Random(7)
    return Counter(grammar.say(rule, chance, slots) for _ in range(times))


def test_alternatives_options_references_slots_and_weights() -> None:
    text = """
# a comment
start:
    3x (good|nice) {thing}[ and <more>]
    stop
more:
    more
"""
    heard = said(text, thing="tea")
    assert set(heard) == {"Good tea", "Nice tea", "Good tea and more", "Nice tea and more", "Stop"}
    assert 60 < heard["Stop"] < 140  # one of four


def test_brackets_nest() -> None:
    assert set(said("start:\n    a[ b( c| d)| e]\n")) == {"A", "A b c", "A b d", "A e"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("start:\n    (a|b\n", "never closed"),
        ("start:\n    a)\n", "closes nothing"),
        ("start:\n    <gone>\n", "'gone'"),
        ("start:\n    {Bad\n", "cannot be read"),
        ("start:\n", "without a line"),
        ("start:\n    a\nstart:\n    b\n", "twice"),
        ("    a\n", "belongs to no rule"),
    ],
)
def test_a_mistake_is_named(text: str, message: str) -> None:
    with pytest.raises(GrammarError, match=message):
        Grammar(text)


@pytest.mark.parametrize("name", ["caller.en", "caller.es", "agent.en", "agent.es"])
def test_every_rule_can_be_spoken(name: str) -> None:
    grammar, chance = Grammar.load(name), random.Random(3)
    rules = list(grammar)
    assert len(rules) > 30
    for rule in rules:
        for _ in range(60):
            text = grammar.say(rule, chance, SLOTS)
            assert text
            assert not set("<>{}[]()|") & set(text), (rule, text)


def test_both_languages_can_say_what_scenes_ask_for() -> None:
    english, spanish = (set(Grammar.load(f"agent.{language}")) for language in ("en", "es"))
    assert english - spanish == {"greet_brisk"}  # callers have not said a word yet: it is always English
    english, spanish = (set(Grammar.load(f"caller.{language}")) for language in ("en", "es"))
    assert {rule for rule in english if rule.startswith(("want_", "more_", "give_"))} <= spanish


def test_tidying() -> None:
    assert tidy("  hello ,  there .  how are you ?, fine ") == "Hello, there. How are you? Fine"
    assert tidy("¿cómo está? bien") == "¿Cómo está? Bien"


def test_slips_change_some_of_what_is_said_and_repeat_for_one_seed() -> None:
    text = "I'd like to move my appointment to Friday, please."
    told = [slip(text, "en-US", "voice", random.Random(seed)) for seed in range(400)]
    assert told == [slip(text, "en-US", "voice", random.Random(seed)) for seed in range(400)]
    assert 0.2 < sum(one != text for one in told) / len(told) < 0.45
    assert any("a point meant" in one for one in told)
    typed = [slip(text, "en-US", "chat", random.Random(seed)) for seed in range(200)]
    assert len(set(typed)) > 10


def test_people_have_numbers_of_their_own_that_nobody_else_has() -> None:
    numbers = [number_of(index) for index in range(NUMBERS)]
    assert len(set(numbers)) == NUMBERS
    assert all(number[5:10] == "55501" and len(number) == 12 for number in numbers)
    assert "+13125550100" not in numbers  # the clinic's own
    assert person("juniper", 4) == person("juniper", 4) != person("juniper", 5)
