"""Examples beside the rules, run as tests of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from msgspec import UNSET

from aftercall.extraction.call import Call, Happened, Said, Speaker
from aftercall.extraction.definition import Example
from aftercall.extraction.evidence import check
from aftercall.extraction.field import Field
from aftercall.extraction.found import Found
from aftercall.extraction.rules.extractor import RulesExtractor


@dataclass(frozen=True, slots=True)
class Failed:
    """An example that the rules do not fulfil."""

    number: int
    """Of ``examples``, from 0."""
    wanted: Any
    got: Any
    """A value, or a status in angle brackets."""
    reason: str

    def __str__(self) -> str:
        return f"examples[{self.number}]: wanted {self.wanted!r}, the rules say {self.got!r} ({self.reason})"


def check_examples(field: Field) -> list[Failed]:
    """Those the rules fail. Empty where there are no rules, or all is well."""
    if "rules" not in field.extractors:
        return []
    failed = []
    for number, example in enumerate(field.extraction.examples):
        if example.only == "llm":
            continue
        call = call_of(example)
        found = check(RulesExtractor().extract(call, [field])[0], field, call)
        wanted = f"<{example.status}>" if example.value is UNSET else field.value(example.value)
        got = _told(found)
        if got != wanted or isinstance(got, bool) != isinstance(wanted, bool):
            failed.append(Failed(number, wanted, got, found.reason))
    return failed


def _told(found: Found) -> Any:
    return found.value if found.status == "ok" else f"<{found.status}>"


def call_of(example: Example) -> Call:
    lines = example.turns or [f"user: {example.said}"]
    told = [line.partition(":") for line in lines]
    turns = tuple(
        Said(number, cast(Speaker, speaker.strip()), text.strip(), f"turn-{number}")
        for number, (speaker, _, text) in enumerate(told, start=1)
    )
    functions = [Happened("function_call", one.rstrip("!"), one.endswith("!")) for one in example.functions]
    handoff = [Happened("handoff")] if example.facts.get("handoff") else []
    return Call(
        "example",
        turns,
        {"channel": "voice", "environment": "live", "handoff": False, **example.facts},
        (*functions, *handoff),
        example.metrics,
        example.previous_contacts,
    )
