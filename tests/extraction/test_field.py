"""Definitions: what is wrong is told by its place; another definition is another version."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from aftercall.errors import InvalidInput
from aftercall.extraction import check_examples, make_field
from aftercall.extraction.builtins import NAMES
from aftercall.model.values import NotCoercible

Q = {"question": "Why?"}


@pytest.mark.parametrize(
    ("type_", "options", "extract", "told"),
    [
        ("boolean", (), "", "there is no question"),
        ("sometimes", (), "Why?", "the type is 'sometimes'"),
        (None, (), "Why?", "the type is None"),
        ("categorical", (), "Why?", "needs options"),
        ("text", (), {**Q, "colour": 1}, "unknown field `colour`"),
        ("text", (), {**Q, "grounded": "maybe"}, "grounded: Invalid enum value 'maybe'"),
        ("text", (), {**Q, "when": {"sample": 101}}, "when.sample: Expected"),
        ("text", (), {**Q, "when": {"min_turns": "2"}}, "when.min_turns: Expected"),
        ("text", (), {**Q, "extractors": []}, "extractors is empty"),
        ("text", (), {**Q, "extractors": ["rules"]}, "there are none"),
        ("text", (), {**Q, "minimum": 1}, "minimum and maximum are for numbers"),
        ("integer", (), {**Q, "minimum": 3, "maximum": 1}, "minimum is over maximum"),
        ("text", (), {**Q, "merge": "sum"}, "merge is sum, which is for number and integer"),
        ("integer", (), {**Q, "merge": "any"}, "merge is any, which is for boolean"),
        ("categorical", ("a",), {**Q, "merge": "join"}, "merge is join, which is for text"),
        ("text", (), {"use": "moods"}, "use is 'moods'"),
        ("text", (), {**Q, "rules": [{"value": "x"}]}, "rules[0] has no condition"),
        ("text", (), {**Q, "rules": [{"if": {"words": "a"}}]}, "rules[0] must say one of"),
        ("text", (), {**Q, "rules": [{"value": "x", "if": {}}]}, "rules[0].if has nothing to look for"),
        ("text", (), {**Q, "rules": [{"value": "x", "if": {"words": "a", "count": "turns"}}]}, "at once"),
        ("text", (), {**Q, "rules": [{"value": "x", "any": [{"regex": "(a"}]}]}, "rules[0].any[0].regex: "),
        ("text", (), {**Q, "rules": [{"value": "x", "if": {"regex": r"(a)\1"}}]}, "rules[0].if.regex: inval"),
        ("text", (), {**Q, "rules": [{"value": "x", "if": {"words": ["*"]}}]}, "rules[0].if.words has an"),
        ("text", (), {**Q, "rules": [{"value": "x", "if": {"count": "cats", "gte": 1}}]}, "count is 'cats'"),
        ("text", (), {**Q, "rules": [{"value": "x", "if": {"count": "turns"}}]}, "count needs a number"),
        ("text", (), {**Q, "rules": [{"value": "x", "if": {"fact": "mood"}}]}, "fact is 'mood'"),
        ("text", (), {**Q, "rules": [{"compute": "magic"}]}, "compute is 'magic'"),
        ("text", (), {**Q, "rules": [{"value": "x", "any": []}]}, "rules[0].any is empty"),
        ("categorical", ("a",), {**Q, "rules": [{"value": "b", "if": {"words": "x"}}]}, "rules[0].value"),
        ("categorical", ("a",), {**Q, "otherwise": "z"}, "otherwise: 'z' is none"),
        ("boolean", (), {**Q, "examples": [{"said": "x", "value": "perhaps"}]}, "examples[0].value"),
        ("boolean", (), {**Q, "examples": [{"said": "x"}]}, "examples[0] needs a value or a status"),
        ("boolean", (), {**Q, "examples": [{"value": True}]}, "examples[0] needs turns or said"),
        ("boolean", (), {**Q, "examples": [{"turns": ["me: hi"], "value": True}]}, "begin each with"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(type_: str | None, options: Any, extract: Any, told: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        make_field("CALL_REASON", type_, options, extract=extract)
    assert raised.value.code == "EXTRACTION_INVALID"
    assert raised.value.message.startswith("CALL_REASON: ")
    assert told in raised.value.message


def test_nesting_has_an_end() -> None:
    deep: dict[str, Any] = {"words": "x"}
    for _ in range(12):
        deep = {"all": [deep]}
    with pytest.raises(InvalidInput, match="nested too deep"):
        make_field("X", "boolean", extract={**Q, "rules": [{"value": True, "if": deep}]})


def test_three_ways_to_say_the_same() -> None:
    short = make_field("X", "boolean", extract="Was it?")
    whole = make_field("X", "boolean", extract={"question": "Was it?"})
    kept = make_field("X", "boolean", extract={"extract": "Was it?"})  # as the registry keeps it
    mixed = make_field("X", "boolean", extract={"extract": {"question": "Was it?"}, "grounded": "wanted"})
    assert short.version == whole.version == kept.version == mixed.version


def test_what_is_stored_is_json_and_makes_the_same_field() -> None:
    for name in NAMES:
        field = make_field(name.upper(), extract={"use": name})
        told = msgspec.json.decode(msgspec.json.encode(field.stored))
        again = make_field(name.upper(), field.type, field.options, field.definition, told)
        assert again.version == field.version
        assert again.extraction == field.extraction


@pytest.mark.parametrize(
    "change",
    [{"question": "Why then?"}, {"grounded": "no"}, {"minimum": 1}, {"model": "gpt-5"}, {"speaker": "user"}],
)
def test_another_definition_is_another_version(change: dict[str, Any]) -> None:
    one = make_field("X", "integer", extract=Q)
    assert make_field("X", "integer", extract={**Q, **change}).version != one.version
    assert make_field("X", "integer", extract=Q).version == one.version
    assert make_field("X", "number", extract=Q).version != one.version


@pytest.mark.parametrize(
    ("type_", "extract", "good", "bad"),
    [
        ("integer", {**Q, "minimum": 1, "maximum": 5}, "3", 6),
        ("integer", {**Q, "minimum": 1}, 1, 0),
        ("number", {**Q, "maximum": 1}, 0.5, 1.1),
        ("text", {**Q, "max_length": 3}, "abc", "abcd"),
        ("boolean", Q, "yes", "perhaps"),
    ],
)
def test_values_are_of_the_type_and_within_bounds(type_: str, extract: Any, good: Any, bad: Any) -> None:
    field = make_field("X", type_, extract=extract)
    field.value(good)
    with pytest.raises(NotCoercible):
        field.value(bad)


@pytest.mark.parametrize("name", NAMES)
def test_every_built_in_fulfils_its_examples(name: str) -> None:
    field = make_field(name.upper(), extract={"use": name})
    assert len(field.extraction.examples) >= 2
    assert [str(failed) for failed in check_examples(field)] == []


def test_an_example_that_fails_is_told() -> None:
    rules = [{"value": True, "if": {"words": "fine"}}]
    examples = [{"said": "All fine", "value": True}, {"said": "Not at all", "value": True}]
    field = make_field("X", "boolean", extract={**Q, "rules": rules, "examples": examples})
    (failed,) = check_examples(field)
    assert str(failed) == "examples[1]: wanted True, the rules say '<unknown>' (no rule holds)"


def test_a_built_in_can_be_changed_in_part() -> None:
    field = make_field("MOOD", extract={"use": "sentiment", "question": "How was the mood?", "model": "m"})
    assert (field.type, field.options) == ("categorical", ("positive", "neutral", "negative"))
    assert field.extraction.question == "How was the mood?"
    assert field.extraction.rules[-1].compute == "sentiment"
