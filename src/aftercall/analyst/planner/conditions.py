"""Words as conditions on conversations: a comparison with a number, what was mentioned, what is negated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aftercall.analyst.planner.match import Found
from aftercall.analyst.planner.tokens import Text
from aftercall.metrics.builtin.times import DURATION
from aftercall.metrics.facts import Facts

Where = dict[str, Any]
_NUMBER = r"\d+(?:\.\d+)?"
_UNITS = {"second": 1, "s": 1, "minute": 60, "m": 60, "min": 60, "hour": 3600, "h": 3600}
_UNIT = r"(?: ?(?P<unit>seconds?|minutes?|hours?|dollars?|usd|bucks|euros?|times|percent|%))?"
_GT = r"(?:more|greater|longer|higher|larger|bigger|later) than|over|above|exceed(?:s|ed|ing)?|beyond|>"
_GTE = r"at least|no (?:less|fewer|shorter) than|not less than|(?:a )?minimum of|>="
_LT = r"(?:less|fewer|shorter|lower|smaller) than|under|below|<"
_LTE = r"at most|up to|no (?:more|longer|greater) than|not more than|(?:a )?maximum of|<="
_EQ = r"exactly|precisely|equal to|equals|="
_COMPARED = re.compile(
    rf"(?:\b|(?<= )|^)(?:(?P<gte>{_GTE})|(?P<lte>{_LTE})|(?P<gt>{_GT})|(?P<lt>{_LT})"
    rf"|(?P<eq>{_EQ})) (?P<n>{_NUMBER}){_UNIT}(?!\w)"
)
_BETWEEN = re.compile(rf"\bbetween (?P<low>{_NUMBER}) and (?P<high>{_NUMBER}){_UNIT}(?!\w)")
_OR_MORE = re.compile(
    rf"\b(?P<n>{_NUMBER}){_UNIT} (?:or|and) (?P<which>more|longer|above|higher|over"
    rf"|less|fewer|shorter|below|lower)\b"
)
_PLAIN = re.compile(rf"\b(?P<n>{_NUMBER})\b")
_OPS = ("gte", "lte", "gt", "lt", "eq")

_SPEAKERS = {
    "user": "callers caller people person persons customers customer clients client users user patients"
    " patient somebody someone anyone anybody they who",
    "agent": "agent bot assistant ai we",
}
_SAID = (
    r"mention(?:ed|s|ing)?(?: of)?|said|says|saying|say|talk(?:ed|s|ing)? about"
    r"|sp(?:oke|eaks?|eaking) (?:about|of)|brought up"
    r"|bring(?:s|ing)? up|(?:use[sd]?|using) the (?:words?|phrases?|terms?)"
    r"|contain(?:s|ed|ing)?(?: the (?:words?|phrases?|terms?))?"
    r"|(?:with )?the (?:words?|phrases?|terms?)|discuss(?:ed|es|ing)?|refer(?:red"
    r"|s)? to|(?:the )?transcripts? (?:contains?|has|have|with|mentions?)"
)
_END = (
    r"in|on|at|during|for|by|per|but|last|this|past|were|was|is|are|did|do|with"
    r"|without|who|that|when|compared|than|where|over"
    r"|vs|versus|since|before|after|between|each|today|yesterday|most|also|within"
    r"|across|from|ended|had|have|got|as|among|split|grouped|broken|to|then|not|into"
)
_MENTION = re.compile(
    rf"\b(?:{_SAID}) (?P<what>\"[^\"]*\"(?: (?:or|and) \"[^\"]*\")*"
    rf"|(?!(?:{_END})\b)[^ ]+(?: (?!(?:{_END})\b)[^ ]+)*)"
)
_PASSIVE = re.compile(
    r"(?:^|\b)(?P<what>\"[^\"]*\"|[^ ]+) (?:(?:is|was|were|are|gets?|got|being"
    r"|been) (?:ever )?(?:mentioned|brought up|discussed|talked about|spoken of)"
    r"|came up|comes up|come up)\b"
)
_INVERTED = re.compile(
    r"\b(?:is|was|are|were|does|do|did|gets?) (?P<what>\"[^\"]*\""
    r"|[^ ]+(?: [^ ]+)?) (?:get |ever |being )*(?:mentioned|brought up|discussed"
    r"|talked about|come up)\b"
)
_ABOUT_IT = re.compile(
    r"^(?:any |some |the |an? |their |his |her |our |your |my |word |phrase |about "
    r"|something about |anything about |having |terms? )+|"
    r"(?: (?:concerns?|issues?|problems?|questions?|topics?|stuff|things?|matters?"
    r"|worries|anything|at all))+$"
)
_SPLIT = re.compile(r" (?P<how>or|and) ")


@dataclass(frozen=True)
class Clause:
    """A condition that words say. ``at``: first token and end. ``facts``: of what it is about."""

    at: tuple[int, int]
    where: Where
    means: str
    facts: Facts | None = None


def mentions(text: Text, happenings: frozenset[str] = frozenset()) -> list[Clause]:
    """Takes their tokens. Before names are looked for: "mentioned insurance" is about words, not a metric.
    ``happenings``: words that end what was mentioned, as in "mentioned pain and booked"."""
    found: list[Clause] = []
    for pattern in (_MENTION, _PASSIVE, _INVERTED):
        for match in pattern.finditer(text.line):
            clause = _mention(text, match, happenings)
            if clause is not None:
                found.append(clause)
    return found


def _mention(text: Text, match: re.Match[str], happenings: frozenset[str]) -> Clause | None:
    said = text.span(match, "what")
    whole = text.span(match)
    if said is None or whole is None or text.taken[whole[0]]:
        return None
    first, end = said
    ends = (
        i for i in range(first, end) if text.taken[i] or (i > first and text.tokens[i].word in happenings)
    )
    stop = next(ends, end)
    if stop - 1 > first and text.tokens[stop - 1].word in ("and", "or"):
        stop -= 1
    words = " ".join(text.tokens[i].word for i in range(first, stop))
    words = _ABOUT_IT.sub("", words).strip()
    if not words or not re.search(r"[^\W_]", words) or words.split()[0] in _NO_OBJECT:
        return None
    last = stop if match.re is _MENTION else whole[1]
    speaker = _speaker(text, whole[0])
    parts = [part.strip('" ') for part in _SPLIT.split(words) if part not in ("or", "and")]
    tests = [_contains(part, speaker) for part in parts if part]
    either = " or " in f" {words} "
    where: Where = tests[0] if len(tests) == 1 else {"any" if either else "all": tests}
    text.take(whole[0], last)
    who = {"user": "the caller", "agent": "the agent", "": "somebody"}[speaker]
    return Clause((whole[0], last), where, f"{who} said {words}")


_NO_OBJECT = frozenset(
    [
        "so",
        "yes",
        "no",
        "hello",
        "hi",
        "anything",
        "nothing",
        "something",
        "it",
        "that",
        "this",
        "them",
        "what",
        "how",
        "many",
        "a",
    ]
)


def _contains(words: str, speaker: str) -> Where:
    test: Where = {"field": "transcript", "op": "contains", "value": words}
    return {**test, "speaker": speaker} if speaker else test


def _speaker(text: Text, before: int) -> str:
    """The nearest word before that says who spoke."""
    for i in range(before - 1, -1, -1):
        for speaker, words in _SPEAKERS.items():
            if text.tokens[i].word in words.split():
                if text.tokens[i].word == "who":
                    continue
                return speaker
        if text.tokens[i].word in ("calls", "conversations", "call", "conversation", "transcripts"):
            return ""
    return ""


def comparisons(text: Text, names: Sequence[Found]) -> tuple[list[Clause], list[Found]]:
    """(conditions with numbers, the names that none of them is about). Takes tokens."""
    clauses: list[Clause] = []
    left = list(names)
    for pattern in (_BETWEEN, _OR_MORE, _COMPARED, _PLAIN):
        for first, end, match in list(text.find(pattern)):
            about = _about(left, first, end, match)
            if about is None:
                continue
            facts, named = about
            where = _compared(match, facts)
            if where is None:
                continue
            if named is not None:
                left.remove(named)
            at = (min(first, named.first) if named else first, max(end, named.end) if named else end)
            clauses.append(Clause(at, where, _shown(where, facts), facts))
            text.take(first, end)
    return clauses, left


def _about(
    names: Sequence[Found], first: int, end: int, match: re.Match[str]
) -> tuple[Facts, Found | None] | None:
    """The number's metric: the nearest numeric name, else the one that the unit or the word means."""
    near = sorted(
        (
            one
            for one in names
            if one.entity.is_numeric and _distance(one, first, end) <= (4 if match.re is not _PLAIN else 1)
        ),
        key=lambda one: (_distance(one, first, end), one.first > first),
    )
    if near:
        return near[0].entity.facts, near[0]
    if match.re is _PLAIN:
        return None
    unit = match["unit"] or ""
    if unit.rstrip("s") in _UNITS or "longer" in match.group() or "shorter" in match.group():
        return DURATION, None
    return None


def _distance(one: Found, first: int, end: int) -> int:
    return max(one.first - end, first - one.end, 0)


def _compared(match: re.Match[str], facts: Facts) -> Where | None:
    """None where the unit is not one of the metric's."""
    scale = _scale(match.groupdict().get("unit") or "", facts)
    if scale is None:
        return None
    if match.re is _BETWEEN:
        return _test(facts, "between", [_value(match["low"], scale), _value(match["high"], scale)])
    if match.re is _OR_MORE:
        more = match["which"] in ("more", "longer", "above", "higher", "over")
        return _test(facts, "gte" if more else "lte", _value(match["n"], scale))
    if match.re is _PLAIN:
        return _test(facts, "eq", _value(match["n"], scale))
    op = next(name for name in _OPS if match[name])
    return _test(facts, op, _value(match["n"], scale))


def _test(facts: Facts, op: str, value: Any) -> Where:
    return {"field": facts.name, "op": op, "value": value}


def _scale(unit: str, facts: Facts) -> float | None:
    if unit in ("percent", "%"):
        return 0.01 if facts.unit == "%" else None
    seconds = _UNITS.get(unit.rstrip("s") or unit)
    if seconds is None or unit == "times":
        return 1
    return (
        seconds
        if facts.unit in ("s", "seconds")
        else seconds / 60
        if facts.unit in ("min", "minutes")
        else None
    )


def _value(text: str, scale: float) -> int | float:
    value = float(text) * scale
    return int(value) if value == int(value) else value


_SIGNS = {
    "gt": "more than",
    "gte": "at least",
    "lt": "less than",
    "lte": "at most",
    "eq": "exactly",
    "between": "between",
}


def _shown(where: Where, facts: Facts) -> str:
    value = where["value"]
    said = " and ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{facts.display_name.lower()} {_SIGNS[where['op']]} {said} {facts.unit}".strip()
