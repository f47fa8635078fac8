"""``aftercall metrics lint`` runs the examples beside rules, and tells what could not be asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from aftercall.cli.metrics_lint import findings_of
from aftercall.errors import InvalidInput
from aftercall.extraction import check_declared
from aftercall.runtime.metrics_file import parse_metrics

FILE = """\
GOOD:
  type: boolean
  definition: They wanted a person, or did not.
  extract: Did the caller ask for a person?
  otherwise: false
  rules: [{value: true, if: {words: person, speaker: user}}]
  examples: [{said: A person please., value: true}, {said: Hello., value: false}]
FAILING:
  type: boolean
  definition: They wanted a person, or did not.
  extract:
    question: Did the caller ask for a person?
    rules: [{value: true, if: {words: human, speaker: user}}]
    examples: [{said: A person please., value: true}, {said: Give me a human., value: true}]
WRONG:
  type: boolean
  definition: Anything, or not.
  extract: {question: Anything?, rules: [{value: true, if: {regex: '(?=x)'}}]}
BACK:
  type: boolean
  active: false
  definition: Taken back, or not.
  extract: {grounded: perhaps}
"""


def test_examples_are_run_and_wrong_declarations_are_placed(tmp_path: Path) -> None:
    (tmp_path / "metrics.yaml").write_text(FILE)
    found, _ = findings_of(tmp_path, None, "30d", ["NEVER_WRITTEN", "FAILURE_UNDEFINED"])
    told = [(one.code, one.severity, one.metric, one.place) for one in found]
    assert told == [
        ("EXAMPLE_FAILED", "error", "FAILING", "metrics.yaml:8"),
        ("EXTRACTION_INVALID", "error", "WRONG", "metrics.yaml:15"),
    ]
    assert "examples[0]: wanted True, the rules say '<unknown>'" in found[0].message
    assert found[1].message.startswith("WRONG: rules[0].if.regex: ")
    ignored = ["EXAMPLE_FAILED", "EXTRACTION_INVALID", "NEVER_WRITTEN", "FAILURE_UNDEFINED"]
    assert findings_of(tmp_path, None, "30d", ignored) == ([], [])


def test_the_registry_takes_none_that_could_not_be_asked() -> None:
    specs = {spec.name: spec for spec in parse_metrics(FILE).specs}
    check_declared([specs["GOOD"], specs["FAILING"], specs["BACK"]])  # what is not active may be wrong
    with pytest.raises(InvalidInput) as raised:
        check_declared(specs.values())
    assert raised.value.code == "EXTRACTION_INVALID"
    assert raised.value.message.startswith("WRONG: ")
