"""``aftercall bench query``: what metrics.Query costs beside SQL written by hand, over a million calls.

Both run in this process, on the same tables, in turns, so that a noisy machine is noisy for both; the
figure to look at is the ratio of their medians. docs/benchmarks.md says what else is measured and why.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aftercall.bench.query_store import FEW, LONG, MAIN, MANY, SHORT, Made, opened
from aftercall.bench.query_tiles import COUNT, DEEPER, MONTH, OVERVIEW, PARTS, QUARTER, TIMEZONE, Tile, spoken
from aftercall.bench.synthetic import vocabulary
from aftercall.metrics.query import Query
from aftercall.model.times import to_datetime
from aftercall.store.reader import Filter
from aftercall.store.schema import wide_table

Progress = Callable[[str], None]

GOALS = {
    "worst_ratio_to_raw": 1.2,
    "overview_ms": 300.0,
    "newest_50_ms": 30.0,
    "one_conversation_ms": 30.0,
    "token_search_ms": 150.0,
    "history_ratio": 1.2,
    "metrics_ratio": 4.0,
    "peak_memory_mb": 2_048.0,
}
"""What each figure (of times the median) should stay under. ``peak_memory_mb`` is the stated cap."""

TILES_AT_ONCE = 4
"""A dashboard's tiles are asked together; so many of them are under way at a time."""
RARE, COMMON = 7_000, 40
"""Places in the vocabulary: the later, the rarer."""


def run(
    *,
    conversations: int = 1_000_000,
    rounds: int = 15,
    keep: Path | None = None,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """All figures as one JSON-able dict; times in ms."""
    with _home(keep) as home, opened(home, conversations, progress) as made:
        progress("asking")
        bench = Bench(made, rounds)
        queries = [bench.beside(tile) for tile in (*OVERVIEW, *DEEPER)]
        searches = [bench.beside(spoken(vocabulary()[place])) for place in (RARE, COMMON)]
        progress("asking a dashboard, pages, long histories and wide projects")
        figures: dict[str, Any] = {
            "conversations": conversations,
            "rounds": rounds,
            "worst_ratio_to_raw": max(one["ratio"] for one in queries + searches),
            "worst_cpu_ratio_to_raw": max(one["cpu_ratio"] for one in queries + searches),
            "overview_ms": bench.overview(),
            "newest_50_ms": bench.newest(),
            "one_conversation_ms": bench.one_conversation(),
            "token_search_ms": {"rare": searches[0]["ms"], "common": searches[1]["ms"]},
            "history": bench.between(SHORT, LONG, _IN_MONTH),
            "metrics": bench.between(FEW, MANY, _IN_QUARTER),
            "peak_memory_mb": peak_memory_mb(),
            "queries": queries + searches,
        }
    return figures | {"goals": GOALS, "missed": missed(figures)}


@contextlib.contextmanager
def _home(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="aftercall-bench-query-") as folder:
        yield Path(folder)


_IN_MONTH = ({"measures": [COUNT], "over": MONTH, "interval": "day"}, OVERVIEW[5].question)
"""Questions that must not care how long the history is."""
_IN_QUARTER = (OVERVIEW[5].question, {"measures": [COUNT], "over": QUARTER, "by": ["CALL_REASON"]})
"""Questions that should hardly care how many metrics there are."""


class Bench:
    """Asks a made store. Times in ms."""

    def __init__(self, made: Made, rounds: int) -> None:
        self._made = made
        self._rounds = rounds

    def beside(self, tile: Tile) -> dict[str, Any]:
        """The question and the statements by hand, in turns."""
        ask = self._asking(MAIN, tile.question)
        statements = self.by_hand(tile)
        engine = self._made.store.engine

        def by_hand() -> None:
            for statement in statements:
                engine.select(statement)

        asked, written, asked_cpu, written_cpu = self._in_turns([ask, by_hand], cpu=True)
        return {
            "name": tile.name,
            "ms": _ms(asked),
            "by_hand_ms": _ms(written),
            "ratio": round(statistics.median(asked) / statistics.median(written), 2),
            "cpu_ms": round(statistics.median(asked_cpu), 2),
            "by_hand_cpu_ms": round(statistics.median(written_cpu), 2),
            "cpu_ratio": round(statistics.median(asked_cpu) / statistics.median(written_cpu), 2),
        }

    def overview(self) -> dict[str, float]:
        """All tiles of a dashboard, from the first question to the last answer."""
        asks = [self._asking(MAIN, tile.question) for tile in OVERVIEW]
        with ThreadPoolExecutor(TILES_AT_ONCE) as pool:

            def together() -> None:
                for done in [pool.submit(ask) for ask in asks]:
                    done.result()

            return _ms(self._in_turns([together])[0])

    def newest(self) -> dict[str, float]:
        project = self._made.projects[MAIN]
        reader = self._made.store.reader
        return _ms(self._in_turns([lambda: reader.page(project.id, Filter(), limit=50)])[0])

    def one_conversation(self) -> dict[str, float]:
        """Another one each time: from the middle of the history."""
        project = self._made.projects[MAIN]
        places = iter(range(self._made.conversations // 2, self._made.conversations))
        reader = self._made.store.reader
        return _ms(self._in_turns([lambda: reader.get(project.id, f"syn-{next(places):010}")])[0])

    def between(self, one: str, other: str, questions: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The same questions to two projects: medians, and the worst ratio of the second to the first."""
        found = []
        for question in questions:
            times = self._in_turns([self._asking(one, question), self._asking(other, question)])
            found.append([statistics.median(each) for each in times])
        return {
            f"{one}_ms": round(max(first for first, _ in found), 2),
            f"{other}_ms": round(max(second for _, second in found), 2),
            "ratio": round(max(second / first for first, second in found), 2),
        }

    def _asking(self, slug: str, question: dict[str, Any]) -> Callable[[], object]:
        """As the API does it: from the JSON value to the answer."""
        project = self._made.projects[slug]
        told = {"timezone": TIMEZONE, **question}
        made = self._made
        return lambda: made.ask(Query.read(told), project)

    def by_hand(self, tile: Tile) -> list[str]:
        project = self._made.projects[MAIN]
        days = {"30d": 30, "90d": 90}[tile.question["over"]["last"]]
        parts = PARTS | {
            "table": wide_table(project.id),
            "project": str(project.id),
            "during": during(self._made.now_ms, days, 0),
            "before": during(self._made.now_ms, days, days),
        }
        return [statement.format(**parts) for statement in tile.by_hand]

    def _in_turns(self, actions: Sequence[Callable[[], object]], *, cpu: bool = False) -> list[list[float]]:
        """Milliseconds of each round of each action; the first rounds, which warm up, do not count. ``cpu``:
        after them what each took of the processors, which other programs do not change much."""
        found: list[list[float]] = [[] for _ in actions]
        spent: list[list[float]] = [[] for _ in actions]
        for round_ in range(-2, self._rounds):
            for action, times, spending in zip(actions, found, spent, strict=True):
                began, before = time.perf_counter(), time.process_time()
                action()
                if round_ >= 0:
                    times.append((time.perf_counter() - began) * 1000)
                    spending.append((time.process_time() - before) * 1000)
        return [*found, *spent] if cpu else found


def during(now_ms: int, days: int, back: int) -> str:
    """The ``days`` that ended ``back`` days ago, as a person writes it."""
    first, end = (_moment(now_ms - ago * 86_400_000) for ago in (days + back, back))
    return f"started_at >= toDateTime64('{first}', 3, 'UTC') AND started_at < toDateTime64('{end}', 3, 'UTC')"


def _moment(ms: int) -> str:
    return to_datetime(ms).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _ms(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return {"p50": round(cuts[49], 2), "p95": round(cuts[94], 2)}


def missed(figures: dict[str, Any]) -> list[str]:
    """Names of the goals that these figures do not reach."""
    found = {
        "worst_ratio_to_raw": figures["worst_ratio_to_raw"],
        "overview_ms": figures["overview_ms"]["p50"],
        "newest_50_ms": figures["newest_50_ms"]["p50"],
        "one_conversation_ms": figures["one_conversation_ms"]["p50"],
        "token_search_ms": max(one["p50"] for one in figures["token_search_ms"].values()),
        "history_ratio": figures["history"]["ratio"],
        "metrics_ratio": figures["metrics"]["ratio"],
        "peak_memory_mb": figures["peak_memory_mb"] or 0,
    }
    return [name for name, value in found.items() if value > GOALS[name]]


def peak_memory_mb() -> int | None:
    """Of this process, which asked but did not make the store; None where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    return int(status.split("VmHWM:")[1].split()[0]) // 1024
