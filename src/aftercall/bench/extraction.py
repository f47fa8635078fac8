"""``aftercall bench extraction``: how often the rules are right, on real conversations with labels.

The corpora are not part of this project: ``data`` is a folder with ``star.jsonl.gz`` and
``eva_voice.jsonl.gz``, one conversation per line. Of conversations that say the same only the first counts.
The rest is split by the hash of the caller's first utterance, so that variants of one script are all on one
side. The rules (the built-in ones and extraction_rules.yaml) were written while looking at the training half;
what is reported is the other half. A field's baseline is its most frequent label in that half: what a
constant would get.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml

from aftercall.errors import NotFound
from aftercall.extraction import Call, Field, RulesExtractor, make_field
from aftercall.extraction.call import Happened, Said

Half = Literal["training", "held-out"]
Record = Mapping[str, Any]

Z95 = 1.959963984540054
STAR, EVA = "star", "eva_voice"
_LEAKING = {"transfer_to_agent"}
"""A function whose call is the label itself. Events that are no function calls (such as the task that STAR's
player of the agent clicked) are left out altogether."""


@dataclass(frozen=True)
class Target:
    """A field, the corpus and the label it is held against."""

    corpus: str
    label: Callable[[Mapping[str, Any]], Any]
    """From ``labels``; None: this conversation has none."""
    read: Callable[[Any], Any] = lambda value: value
    """From the field's value to a label."""
    about: str = ""


def _reason(labels: Mapping[str, Any]) -> Any:
    reasons = labels.get("call_reasons") or []
    return reasons[0] if labels.get("call_reasons_exact") and len(reasons) == 1 else None


TARGETS: Mapping[str, Target] = {
    "CALL_REASON": Target(STAR, _reason, about="which of 24 tasks; conversations with one task"),
    "RESOLUTION": Target(
        STAR,
        lambda labels: labels.get("user_goal_met"),
        lambda value: value == "resolved",
        "built-in; resolved or not, against user_goal_met (often false by design)",
    ),
    "ABANDONED": Target(STAR, lambda labels: labels.get("abandoned"), about="the caller disconnected"),
    "SENTIMENT": Target(
        STAR,
        lambda labels: labels.get("user_annoyed_agent_rated"),
        lambda value: value == "negative",
        "built-in; negative or not, against what the agent's player thought",
    ),
    "HANDED_OFF": Target(
        EVA, lambda labels: labels.get("transferred_to_human"), about="from the words alone"
    ),
    "QUALITY": Target(
        EVA,
        lambda labels: labels.get("human_rating_1to3"),
        lambda value: 1 if value <= 2 else 2 if value == 3 else 3,
        "built-in; 1-5 as 1-3 (up to 2, 3, from 4) against a person's rating of one aspect",
    ),
}  # fmt: skip


def run(data: Path, *, half: Half = "held-out") -> dict[str, Any]:
    """``{fields: [{field, corpus, accuracy, low, high, baseline, n, balanced, answered, about}], calls_per_s,
    calls, half}``.

    ``low`` and ``high``: the 95% interval (Wilson). ``answered``: the share with a value; without one it is
    counted wrong. ``calls_per_s``: all fields of a corpus on one core, without reading files. Raises NotFound
    (BENCH_DATA_MISSING)."""
    fields = bench_fields()
    results: list[dict[str, Any]] = []
    calls, seconds = 0, 0.0
    for corpus in (STAR, EVA):
        records = [record for record in conversations(data / f"{corpus}.jsonl.gz") if half_of(record) == half]
        asked = [fields[name] for name, target in TARGETS.items() if target.corpus == corpus]
        answers, took = _answer([call_of(record) for record in records], asked)
        calls, seconds = calls + len(records), seconds + took
        results += [_result(name, records, answers[name]) for name in TARGETS if name in answers]
    return {"fields": results, "calls_per_s": round(calls / max(seconds, 1e-9)), "calls": calls, "half": half}


def bench_fields() -> dict[str, Field]:
    text = (files("aftercall.bench") / "extraction_rules.yaml").read_text(encoding="utf-8")
    told: dict[str, dict[str, Any]] = yaml.safe_load(text)
    built_in = {name: {"extract": {"use": name.lower()}} for name in TARGETS if name not in told}
    return {name: make_field(name, **one) for name, one in {**told, **built_in}.items()}


def conversations(path: Path) -> Iterator[Record]:
    """Without those that say what an earlier one said."""
    if not path.is_file():
        raise NotFound(
            f"there is no {path}: --data names a folder with {STAR}.jsonl.gz and {EVA}.jsonl.gz",
            code="BENCH_DATA_MISSING",
        )
    seen: set[bytes] = set()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            said = " ".join(
                f"{turn['speaker']}:{' '.join(turn['text'].lower().split())}" for turn in record["turns"]
            )
            print_ = hashlib.sha256(said.encode()).digest()
            if print_ not in seen:
                seen.add(print_)
                yield record


def half_of(record: Record) -> Half:
    first = next((turn["text"] for turn in record["turns"] if turn["speaker"] == "user"), "")
    key = " ".join(re.findall(r"\w+", first.lower()))
    return "training" if hashlib.sha256(key.encode()).digest()[0] % 2 == 0 else "held-out"


def call_of(record: Record) -> Call:
    """Without its labels, and without events that tell them."""
    turns = tuple(
        Said(number, turn["speaker"], turn["text"], f"{record['id']}-{number}")
        for number, turn in enumerate(record["turns"], start=1)
    )
    happened = [
        Happened("function_call", str(one.get("name") or ""), bool(one.get("error")))
        for one in record["events"]
        if one["type"] == "tool_call" and one.get("name") not in _LEAKING
    ]
    facts = {"channel": record["channel"], "language": record["lang"], "handoff": False}
    return Call(record["id"], turns, facts, tuple(happened))


def _answer(calls: Sequence[Call], fields: Sequence[Field]) -> tuple[dict[str, list[Any]], float]:
    rules = RulesExtractor()
    if calls:
        rules.extract(calls[0], fields)  # word lists are loaded by the first
    began = time.perf_counter()
    found = [rules.extract(call, fields) for call in calls]
    took = time.perf_counter() - began
    answers = {field.name: [one[n].value for one in found] for n, field in enumerate(fields)}
    return answers, took


def _result(name: str, records: Sequence[Record], values: Sequence[Any]) -> dict[str, Any]:
    target = TARGETS[name]
    pairs = [
        (label, None if value is None else target.read(value))
        for record, value in zip(records, values, strict=True)
        if (label := target.label(record["labels"])) is not None
    ]
    right = sum(label == answer for label, answer in pairs)
    low, high = wilson(right, len(pairs))
    most = Counter(label for label, _ in pairs).most_common(1)[0][1] if pairs else 0
    return {
        "field": name,
        "corpus": target.corpus,
        "accuracy": _share(right, len(pairs)),
        "low": round(low, 4),
        "high": round(high, 4),
        "baseline": _share(most, len(pairs)),
        "n": len(pairs),
        "balanced": _balanced(pairs),
        "answered": _share(sum(answer is not None for _, answer in pairs), len(pairs)),
        "about": target.about,
    }


def _balanced(pairs: Sequence[tuple[Any, Any]]) -> float | None:
    """The mean over the labels of how often each is told right: what is rare counts as much as what is
    common, so that a constant gets one in so many labels."""
    labels = Counter(label for label, _ in pairs)
    right = Counter(label for label, answer in pairs if label == answer)
    if not labels:
        return None
    return round(sum(right[label] / n for label, n in labels.items()) / len(labels), 4)


def wilson(right: int, n: int, z: float = Z95) -> tuple[float, float]:
    """The interval of a share that was right in ``right`` of ``n``; (0, 1) where nothing was asked."""
    if n == 0:
        return 0.0, 1.0
    share = right / n
    middle = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
