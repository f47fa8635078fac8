"""metrics.yaml: every key read, and whatever a file tries, one error that says where."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercall.errors import InvalidInput
from aftercall.model.metric_spec import MetricSpec, RatioSpec, flagged
from aftercall.runtime.metrics_file import parse_metrics

FULL = """\
A:
  type: categorical
  options: [x, "yes"]
  empty_values: []
  display_name: An A
  definition: d
  unit: s
  better: up
  group: G
  expected_sources: [agent, extraction]
  rate_base: {metric: B}
  synonyms: [b]
  owner: ops
  active: false
  extract: Was it?
  examples: [{text: t, value: x}]
  extraction: {own: 1}
"""


def test_every_key_of_a_metric() -> None:
    assert parse_metrics(FULL).specs == (
        MetricSpec(
            "A",
            "categorical",
            ("x", "yes"),
            (),
            "An A",
            "d",
            "s",
            better="up",
            group="G",
            expected_sources=("agent", "extraction"),
            rate_base={"metric": "B"},
            synonyms=("b",),
            owner="ops",
            active=False,
            extraction={"own": 1, "extract": "Was it?", "examples": [{"text": "t", "value": "x"}]},
        ),
    )


def test_ratios_in_both_forms() -> None:
    told = parse_metrics(
        "R: {type: ratio, numerator: A, denominator: {metric: B, agg: events}, multiplier: 100, unit: '%'}\n"
        "S: {numerator: A, denominator: conversations}\n"
    )
    assert told.specs == (
        RatioSpec("R", flagged("A"), {"metric": "B", "agg": "events"}, 100.0, unit="%"),
        RatioSpec("S", flagged("A"), {"metric": "conversations", "agg": "conversations"}),
    )
    assert told.metrics == []


def test_where_names_stand() -> None:
    assert parse_metrics("# x\nA: {type: text}\n\nB:\n  type: text\n").lines == {"A": 2, "B": 4}


def test_aliases_and_merges_are_read() -> None:
    told = parse_metrics("A: &a {type: text, unit: s}\nB: {<<: *a, unit: h}\n")
    assert [(spec.name, spec.unit) for spec in told.specs] == [("A", "s"), ("B", "h")]


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("A: {type: text}\nA: {type: number}", "line 2: 'A' is there twice"),
        ("A: {type: text, type: number}", "'type' is there twice"),
        ("metrics: [{name: A, type: text}, {name: A, type: text}]", "A is there twice"),
        ("metrics: [{type: text}]", "has no name"),
        ("metrics: []\nA: {type: text}", "'A' stands beside"),
        ("NO: {type: text}", "write its name in quotes"),
        ("1.5: {type: text}", "write its name in quotes"),
        ("? [a]\n: 1", "a key must be a text"),
        ("[" * 100_000, "deeper than 64"),
        ("A: &a [*a]", "contains itself"),
        (BOMB, "aliases"),
        ("A: {type: text, definition: " + "x" * 2_100_000 + "}", "characters"),
        ("A: !!python/object:os.system {}", "constructor"),
        ("A: !!timestamp x", "tag"),
        ("A: {type: text, better: left}", "better is one of"),
        ("A: {type: text, active: 'yes'}", "active is true or false"),
        ("A: {type: text, rate_base: half}", "rate_base is"),
        ("A: {type: text, extraction: x}", "extraction is no mapping"),
        ("A: {type: text, numerator: B}", "A has 'numerator'"),
        ("A: {type: ratio, numerator: B}", "denominator must be"),
        ("A: {type: ratio, numerator: B, denominator: C, multiplier: x}", "multiplier must be"),
        ("A: {type: ratio, numerator: B, denominator: C, options: [a]}", "A has 'options'"),
        ("A: {type: [text]}", "has the type"),
        ("\0", "control characters"),
        ("A: 1\n---\nB: 2", "single document"),
    ],
)
def test_mistakes_and_attacks_are_told(text: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_metrics(text)
    assert caught.value.code == "METRICS_INVALID"
    assert caught.value.message.startswith("metrics.yaml: ")
    assert says in caught.value.message
    assert len(caught.value.message) < 600


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("ABtype: {}[]&*!?|>-\n\"'<#%@`,0x1.e~ntrue"))) | st.text())
def test_no_text_gives_anything_but_specs_or_that_error(text: str) -> None:
    try:
        parse_metrics(text)
    except InvalidInput as error:
        assert error.code == "METRICS_INVALID"
