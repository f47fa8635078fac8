"""The JSON object in a model's text."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.llm.json_object import find_object


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}', {"a": 1}),
        ('  {"a": null}\n', {"a": None}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('```\n{"a": 1}\n```', {"a": 1}),
        ('```JSON  \r\n{"a": 1}\r\n```', {"a": 1}),
        ('Sure! Here it is:\n```json\n{"a": 1}\n```\nAnything else?', {"a": 1}),
        ('For example ```json\n{"a": 0}\n``` but here:\n```json\n{"a": 1}\n```', {"a": 1}),
        ('The answer is {"a": {"b": [1, 2]}} as you asked.', {"a": {"b": [1, 2]}}),
        ('A set {x} and {"a": 1}.', {"a": 1}),
        ('[1] says {"a": 1}', {"a": 1}),
        ('First {} then {"long": "one"}', {"long": "one"}),
        ('{"a": "a } brace and ``` a fence"}', {"a": "a } brace and ``` a fence"}),
        ('{"a": 1} {"b": 22}', {"b": 22}),
        ('{"a": "\\ud800"}', {"a": "?"}),
        ('{"a": "caf\\u00e9 \\ud83d\\ude00"}', {"a": "café 😀"}),
    ],
)
def test_found(text: str, found: dict[str, Any]) -> None:
    assert find_object(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "", "no", "42", "null", '"text"', "[]", '[{"a": 1}]', 'Here: [{"a": 1}]', '```json\n[{"a": 1}]\n```',
        '{"a": 1', '{"a": NaN}', '{"a": Infinity}', '{"a": 1e999}', "{'a': 1}", '{"a": 1,}',
        '{"a": ' + "9" * 5000 + "}", '{"a":' * 3000, "[" * 100_000,
    ],
)  # fmt: skip
def test_not_an_object(text: str) -> None:
    assert find_object(text) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), JSON, max_size=5), st.booleans())
def test_any_object_survives_a_fence_and_prose(value: dict[str, Any], ascii_only: bool) -> None:
    try:
        text = json.dumps(value, ensure_ascii=ascii_only)
        text.encode()
    except UnicodeEncodeError:
        return
    expected = json.loads(text.encode("utf-8", "replace")) if not ascii_only else find_object(text)
    assert find_object(text) == expected
    assert find_object(f"Well, here you are:\n```json\n{text}\n```\nBye.") == find_object(text)
    if value:
        assert find_object(f"Well, {text} is it.") == find_object(text)


@given(st.text(alphabet='{}[]",:a1 \\`\n', max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    assert find_object(text) is None or isinstance(find_object(text), dict)


def test_hostile_text_takes_no_time() -> None:
    started = time.perf_counter()
    assert find_object('{"a":' * 100_000) is None
    assert find_object('{"a": "' * 100_000) is None
    assert time.perf_counter() - started < 3
