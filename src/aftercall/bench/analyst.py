"""How often the planner is right: the question set of bench/questions, asked of the demo."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from aftercall.analyst.access import Access, Local
from aftercall.analyst.planner import Plan, Planner
from aftercall.bench.analyst_judge import Judge, Verdict
from aftercall.bench.analyst_paraphrases import paraphrased
from aftercall.bench.analyst_store import Progress, opened
from aftercall.errors import InternalError

FOLDER = Path(__file__).parent / "questions"
OWN, BLIND = "own", "blind"
_KEYS = frozenset(["ask", "after", "kind", "query", "list", "why", "refuse", "accept", "numbers"])
Figures = dict[str, Any]


@dataclass(frozen=True)
class Judged:
    ask: str
    kind: str
    verdict: Verdict
    unanswerable: bool
    plan: Plan


@dataclass
class Tally:
    """Counts of one half."""

    judged: list[Judged] = field(default_factory=list)

    def figures(self) -> Figures:
        """``right`` and ``wrong_as_fact`` are counts, ``..._share`` of all questions."""
        every = len(self.judged)
        right = sum(one.verdict == "right" for one in self.judged)
        wrong = sum(one.verdict == "wrong" for one in self.judged)
        answered = sum(one.unanswerable and one.plan.kind in ("number", "list") for one in self.judged)
        kinds: dict[str, dict[str, int]] = defaultdict(lambda: {"questions": 0, "right": 0})
        for one in self.judged:
            kinds[one.kind]["questions"] += 1
            kinds[one.kind]["right"] += one.verdict == "right"
        return {
            "questions": every,
            "right": right,
            "right_share": round(right / every, 4) if every else None,
            "wrong_as_fact": wrong,
            "wrong_as_fact_share": round(wrong / every, 4) if every else None,
            "answered_unanswerable": answered,
            "per_kind": dict(sorted(kinds.items())),
        }

    def not_right(self) -> list[Figures]:
        return [
            {"ask": one.ask, "kind": one.kind, "verdict": one.verdict, "made": _made(one.plan)}
            for one in self.judged
            if one.verdict != "right"
        ]


def run(*, keep: Path | None, progress: Progress, folder: Path = FOLDER, registries: int = 20) -> Figures:
    """The own half at the top, ``blind`` and ``paraphrases`` apart. ``not_right``: of the own half only,
    since nobody who writes the grammar is to look at the blind one."""
    with tempfile.TemporaryDirectory() as made, opened(keep or Path(made), progress) as told:
        access = Local(told.store, told.queries, told.project, at_ms=told.now_ms)
        own, blind = (ask(access, questions(folder, half)) for half in (OWN, BLIND))
        right, asked = paraphrased(registries)
    return {
        **own.figures(),
        "blind": blind.figures(),
        "paraphrases": {"questions": asked, "right": right, "right_share": round(right / asked, 4)},
        "not_right": own.not_right(),
    }


def ask(access: Access, entries: Iterable[Figures]) -> Tally:
    planner, judge, tally = Planner(access), Judge(access), Tally()
    for entry in entries:
        previous: Plan | None = None
        for before in entry.get("after", []):
            said = planner.plan(before, previous)
            previous = said if said.frame is not None else previous
        plan = planner.plan(entry["ask"], previous)
        verdict = judge.verdict(plan, entry)
        unanswerable = "refuse" in entry and "accept" not in entry
        tally.judged.append(Judged(entry["ask"], entry.get("kind", "other"), verdict, unanswerable, plan))
    return tally


def questions(folder: Path, half: str) -> list[Figures]:
    """Raises InternalError for an entry that is none."""
    found: list[Figures] = []
    for path in sorted(folder.glob(f"{half}_*.yaml")):
        for number, entry in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")) or [], start=1):
            strange = set(entry) - _KEYS
            if strange or "ask" not in entry or not {"query", "list", "why", "refuse"} & set(entry):
                raise InternalError(
                    f"{path.name}, entry {number}: needs ask and what is expected; {strange or ''}"
                )
            found.append(entry)
    return found


def _made(plan: Plan) -> Any:
    return plan.query.plain() if plan.query is not None else f"{plan.kind}: {plan.message}"
