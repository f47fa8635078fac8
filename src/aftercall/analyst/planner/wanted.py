"""What a question wants: a count, a share, an average, the first few, a course, a list, a comparison, why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from aftercall.analyst.planner import phrases
from aftercall.analyst.planner.tokens import Text

Noun = Literal["conversations", "callers"]


@dataclass
class Wanted:
    """``agg_end``: the token behind the words that ask for it; names soon after it are what is measured."""

    agg: str | None = None
    agg_at: int = -1
    agg_end: int = -1
    of: bool = False
    """A share *of* something: what follows may be what it is a share of."""
    show: bool = False
    which_calls: bool = False
    top: bool = False
    order: Literal["asc", "desc"] | None = None
    superlative: str = ""
    superlative_end: int = -1
    top_end: int = -1
    limit: int | None = None
    why: str = ""
    compare: int | None = None
    """The token at which something is compared; None: nothing is."""
    change: bool = False
    before: str = ""
    """The earlier period compared with, as Query.compare says it."""
    how_long: bool = False
    counted_end: int = -1
    """Behind "how many", where something else is asked for too: a mean of counts."""
    recent: int = 0
    """So many of the newest."""
    noun: Noun | None = None
    noun_at: list[tuple[int, int]] = field(default_factory=list)
    meta: bool = False
    define: str = ""
    opinion: str = ""
    action: str = ""
    spans: list[tuple[int, int, str, str]] = field(default_factory=list)


def find(text: Text) -> Wanted:
    """Takes the tokens it understands; nouns (calls, callers) stay free, a name may have them."""
    wanted = Wanted()
    _off_limits(text, wanted)
    _reasons(text, wanted)
    _comparison(text, wanted)
    _shares(text, wanted)
    _aggregations(text, wanted)
    _ranks(text, wanted)
    for first, end, _ in text.find(phrases.HOW_LONG):
        wanted.how_long = True
        wanted.agg = wanted.agg or "avg"
        wanted.agg_end = end
        _take(text, wanted, first, end, "measure", "how long")
    wanted.show = next(text.find(phrases.SHOW), None) is not None
    for first, end, match in text.find(phrases.WHICH_CALLS):
        wanted.which_calls = True
        if "list" in match.group() or "example" in match.group():
            text.take(first, end)
    _nouns(text, wanted)
    return wanted


def _off_limits(text: Text, wanted: Wanted) -> None:
    if next(text.find(phrases.META), None) is not None:
        wanted.meta = True
    for _, _, match in text.find(phrases.DEFINE):
        wanted.define = match["what"]
    for first, end, _ in text.find(phrases.OPINION):
        wanted.opinion = text.words(first, end)
    for first, end, _ in text.find(phrases.ACTION):
        wanted.action = text.words(first, end)


def _reasons(text: Text, wanted: Wanted) -> None:
    for first, end, _ in text.find(phrases.WHY):
        wanted.why = "why"
        _take(text, wanted, first, end, "why", "the reasons, from transcripts")
    for first, end, _ in text.find(phrases.THEMES):
        wanted.why = wanted.why or "themes"
        _take(text, wanted, first, end, "why", "what is spoken of, from transcripts")


def _comparison(text: Text, wanted: Wanted) -> None:
    for first, end, match in text.find(phrases.BEFORE):
        unit = match["unit"] or match["unit2"] or match["over"] or phrases.SHORT.get(match["short"] or "", "")
        wanted.before = f"previous_{unit}" if unit else "previous_period"
        wanted.compare = first
        _take(text, wanted, first, end, "compare", f"beside the {wanted.before.replace('_', ' ')}")
    for first, end, _ in text.find(phrases.COMPARE):
        if text.tokens[first].word == "than" and first and text.tokens[first - 1].word in _THAN:
            continue
        wanted.compare = first if wanted.compare is None else wanted.compare
        _take(text, wanted, first, end, "compare", "compared")
        _comparative(text, wanted, first)
    for _, _, match in text.find(phrases.CHANGE):
        span = text.span(match, "word" if match["word"] else "noun")
        if span is not None and text.is_free(*span):
            wanted.change = True
            _take(text, wanted, *span, "compare", "how it changed")


def _comparative(text: Text, wanted: Wanted, first: int) -> None:
    """ "more handoffs than last week": more belongs to than."""
    if text.tokens[first].word != "than":
        return
    for i in range(first):
        if text.tokens[i].word in _THAN and not text.taken[i]:
            _take(text, wanted, i, i + 1, "compare", "compared")


_THAN = frozenset(
    [
        "more",
        "less",
        "fewer",
        "longer",
        "shorter",
        "greater",
        "higher",
        "lower",
        "larger",
        "smaller",
        "bigger",
        "later",
        "earlier",
        "other",
    ]
)
"""Before a number these compare a conversation, not periods; see conditions.py."""


def _shares(text: Text, wanted: Wanted) -> None:
    for first, end, match in text.find(phrases.RATE):
        wanted.agg, wanted.agg_at, wanted.agg_end = "rate", first, end
        wanted.of = any(match[f"of{n}"] for n in range(1, 6))
        _take(text, wanted, first, end, "measure", "as a share")


def _aggregations(text: Text, wanted: Wanted) -> None:
    for pattern, agg in phrases.AGGS:
        for first, end, _ in text.find(pattern):
            if wanted.agg is None or (wanted.agg == "count" and agg not in ("total", "count")):
                wanted.agg, wanted.agg_at, wanted.agg_end = agg, first, end
            elif agg == "count":
                wanted.counted_end = end
            _take(text, wanted, first, end, "measure", _SAID.get(agg, agg))


_SAID = {
    "count": "how many",
    "avg": "the average",
    "p50": "the median",
    "total": "the total",
    "sum": "the sum",
}


def _ranks(text: Text, wanted: Wanted) -> None:
    for first, end, match in text.find(phrases.RECENT):
        wanted.recent = int(match["n"] or match["n2"] or 0) or wanted.recent
        _take(text, wanted, first, end, "limit", "the newest first")
    for first, end, match in text.find(phrases.TOP):
        number = match["n1"] or match["n2"] or match["n3"] or match["n4"]
        wanted.top, wanted.top_end = True, end
        wanted.order = "asc" if match["least"] or match["bottom"] else "desc"
        wanted.limit = int(number) if number else wanted.limit
        _take(text, wanted, first, end, "sort", "the first few, by how many")
    more = phrases.WHICH_MORE.search(text.line)
    if more is not None and wanted.compare is None:
        span = text.span(more, "word")
        if span is not None and text.is_free(*span):
            wanted.superlative, wanted.superlative_end = more["word"], span[1]
            wanted.order = "desc" if more["word"] in phrases.UP else "asc"
            _take(text, wanted, *span, "sort", f"{more['word']} than the others")
    for first, end, match in text.find(phrases.MOST):
        following = text.tokens[end].word if end < len(text.tokens) else ""
        if match["word"] in ("least", "most") and (first and text.tokens[first - 1].word == "at"):
            continue
        if match["word"] in ("best", "worst") and following in ("way",):
            continue
        if following == "first":  # "lowest first" is an order, and no limit
            wanted.order = "desc" if match["word"] in phrases.UP else "asc"
            _take(text, wanted, first, end + 1, "sort", f"the {match['word']} first")
            continue
        wanted.superlative, wanted.superlative_end = match["word"], end
        wanted.order = "desc" if match["word"] in phrases.UP else "asc"
        wanted.limit = int(match["n2"]) if match["n2"] else wanted.limit
        if first and text.tokens[first - 1].kind == "number" and not text.taken[first - 1]:
            first -= 1
            wanted.limit = int(float(text.tokens[first].word))
        _take(text, wanted, first, end, "sort", f"the {match['word']}")


def _nouns(text: Text, wanted: Wanted) -> None:
    callers = [(first, end) for first, end, _ in text.find(phrases.NOUN_CALLERS)]
    calls = [(first, end) for first, end, _ in text.find(phrases.NOUN_CALLS)]
    wanted.noun_at = sorted([*callers, *calls])
    behind = [one for one in wanted.noun_at if one[0] >= wanted.agg_end]
    counted = wanted.agg in ("count", "distinct") and bool(behind) and behind[0][0] <= wanted.agg_end + 2
    if counted and behind[0] in callers:
        wanted.noun = "callers"
    elif calls:
        wanted.noun = "conversations"


def _take(text: Text, wanted: Wanted, first: int, end: int, role: str, means: str) -> None:
    text.take(first, end)
    wanted.spans.append((first, end, role, means))
