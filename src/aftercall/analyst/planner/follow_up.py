"""A short question after another one: it changes what it names and keeps the rest."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import replace

from aftercall.analyst.planner.frame import Frame, Where
from aftercall.analyst.planner.parts import Parts
from aftercall.analyst.planner.plan import Refused

_OPENS = re.compile(
    r"^(?:and|but|what about|how about|only|just|now|same|for|by|per|in|as|also|or"
    r"|then|split|break|group|ok|okay|instead|excluding|exclude|without|with"
    r"|of (?:those|them|these)"
    r"|which (?:ones|of|calls)|show (?:me )?(?:them|those|these|the)|list (?:them"
    r"|those|these|the)|compared|versus|vs|top|no i|i mean|on|during|since|last|this"
    r"|yesterday|today|over|not|except|make|restrict|filter|narrow|limit|per|why"
    r"|how many is that|what is that|who were)\b"
)
_THEM = re.compile(
    r"\b(?:of (?:them|those|these)|those|these|them|that|it|among (?:them|those|these)|the same)\b"
)
_ONLY = re.compile(r"\b(?:only|just|of (?:them|those|these)|restrict|filter|narrow|among)\b")
_NUMERIC_AGGS = frozenset(("avg", "sum", "min", "max", "p50", "p95", "p99"))
_AS_RATE = re.compile(
    r"\b(?:as (?:a |an )?(?:percentage|percent|share|rate|proportion|%)|in percent|percentage)\b"
)


def is_follow_up(parts: Parts, own: Frame | None) -> bool:
    """It begins like one, or it says nothing that could stand alone."""
    line = parts.text.line
    if _OPENS.match(line):
        return not _stands_alone(parts, own)
    if _THEM.search(line) and len(parts.text.tokens) <= 14:
        return True
    return own is None and len(parts.text.tokens) <= 6


def _stands_alone(parts: Parts, own: Frame | None) -> bool:
    """ "And how many calls were there yesterday?" is whole."""
    if own is None or _THEM.search(parts.text.line):
        return False
    says_what = parts.wanted.agg is not None or parts.wanted.superlative or parts.wanted.top
    has_noun = bool(parts.wanted.noun_at)
    words = len(parts.text.tokens)
    return bool(says_what and (has_noun or own.subject or own.metric) and words > 5)


def amend(before: Frame, new: Frame | None, parts: Parts) -> Frame:
    """``new``: what the short question says by itself, None where that is nothing."""
    frame = deepcopy(before)
    when, wanted = parts.when, parts.wanted
    if when.over is not None and new is not None:
        frame.over = new.over
        frame.compare = new.compare or (frame.compare if frame.compare == "previous_period" else None)
    if new is not None and new.compare:
        frame.compare = new.compare
        frame.over = (new.over if when.over is not None or before.over is None else before.over) or frame.over
    if when.interval or when.trend:
        frame.interval = new.interval if new is not None else when.interval
        frame.kind = "number"
        frame.mean = False
        frame.top, frame.limit = (frame.top, frame.limit) if frame.groups else (False, None)
    if new is not None:
        _amend_what(frame, before, new, parts)
    elif wanted.agg == "rate" or _AS_RATE.search(parts.text.line):
        _as_share(frame)
    elif wanted.agg in _NUMERIC_AGGS and frame.metric and frame.agg != "value":
        frame.agg = str(wanted.agg)
    if wanted.why:
        frame.kind = "why"
    elif _asks_for_calls(parts):
        frame = _listed(frame)
    if wanted.top or wanted.limit:
        frame.limit = wanted.limit or frame.limit
        frame.order = wanted.order or frame.order
        frame.top = bool(frame.groups)
    return frame


def _asks_for_calls(parts: Parts) -> bool:
    wanted, when = parts.wanted, parts.when
    if when.interval or when.trend:
        return False
    shows = wanted.show and (bool(wanted.noun_at) or _THEM.search(parts.text.line) is not None)
    return wanted.which_calls or shows or re.search(r"^which ones", parts.text.line) is not None


def _amend_what(frame: Frame, before: Frame, new: Frame, parts: Parts) -> None:
    line, wanted = parts.text.line, parts.wanted
    if new.groups:
        frame.groups = [*frame.groups, *new.groups] if re.match(r"^(?:and )?also\b", line) else new.groups
        frame.limit, frame.top, frame.order = new.limit, new.top, new.order
        frame.kind = "number"
    for one in new.filters:
        _narrow(frame, one)
    if new.agg not in ("count", "rate"):
        frame.agg, frame.metric, frame.subject, frame.kind = new.agg, new.metric, [], "number"
        frame.filters += [] if before.agg == "rate" else before.subject if _ONLY.search(line) else []
        return
    if new.agg == "rate" and new.subject:
        _shared(frame, new, line)
    elif _AS_RATE.search(line) and frame.subject:
        frame.agg, frame.kind = "rate", "number"
    elif wanted.agg == "count" and not new.subject and frame.agg == "rate":
        frame.agg = "count"
    elif new.subject:
        _counted(frame, new, parts)
    if wanted.agg == "count" and frame.kind == "list":
        frame.kind = "number"
    frame.booleans = frame.booleans | new.booleans


def _as_share(frame: Frame) -> None:
    """Of what was counted; without that of what the last condition keeps."""
    if not frame.subject and frame.filters:
        frame.subject = [frame.filters.pop()]
    if not frame.subject:
        raise Refused("unclear", "A share of what? There is no condition yet: name what is to be counted.")
    frame.agg, frame.kind = "rate", "number"


def _shared(frame: Frame, new: Frame, line: str) -> None:
    """ "and what share of those was handed off": of what was counted before."""
    if (_THEM.search(line) and frame.agg == "count") or (
        _THEM.search(line) and frame.agg == "rate" and "of" in line
    ):
        frame.filters += frame.subject
    frame.agg, frame.subject, frame.kind, frame.metric = "rate", new.subject, "number", ""


def _counted(frame: Frame, new: Frame, parts: Parts) -> None:
    """ "and cancellations?" asks the same of something else; "only Spanish ones" of fewer conversations."""
    line = parts.text.line
    values = all(_is_value(one) for one in new.subject)
    narrows = (
        _ONLY.search(line) or frame.agg not in ("count", "rate") or not frame.subject or frame.kind == "why"
    )
    negated = any("not" in one or one.get("op") == "not_flagged" for one in new.subject)
    about_values = values and not any(_same_field(old, one) for old in frame.subject for one in new.subject)
    if narrows or negated or about_values or re.match(r"^(?:with|without|for|in|on)\b", line):
        for one in new.subject:
            _narrow(frame, one)
    else:
        frame.subject = new.subject
        if frame.kind == "list":
            return
    if parts.wanted.agg == "count":
        frame.agg = "count"


def _is_value(one: Where) -> bool:
    return one.get("op") in ("eq", "in") and not isinstance(one.get("value"), bool)


def _same_field(old: Where, one: Where) -> bool:
    return old.get("field") is not None and old.get("field") == one.get("field")


def _narrow(frame: Frame, one: Where) -> None:
    """A further condition; instead of one on the same field's value."""
    if _is_value(one):
        frame.filters = [old for old in frame.filters if not (_same_field(old, one) and _is_value(old))]
        if any(_same_field(old, one) and _is_value(old) for old in frame.subject):
            frame.subject = [
                one if _same_field(old, one) and _is_value(old) else old for old in frame.subject
            ]
            return
    if one not in frame.filters:
        frame.filters.append(one)


def _listed(frame: Frame) -> Frame:
    return replace(
        frame,
        kind="list",
        agg="count",
        metric="",
        several=[],
        groups=[],
        interval=None,
        compare=None,
        divide=None,
        top=False,
        limit=None,
        order=None,
        mean=False,
    )
