"""The planner: read | take apart | put together | check. What it does not understand it says, and never
guesses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from aftercall.analyst.access import Access, values_of
from aftercall.analyst.planner import refusals
from aftercall.analyst.planner.build import Builder
from aftercall.analyst.planner.comparison import Clock, compare
from aftercall.analyst.planner.follow_up import amend, is_follow_up
from aftercall.analyst.planner.frame import Frame
from aftercall.analyst.planner.lexicon import Lexicon
from aftercall.analyst.planner.parts import Parts, take_apart
from aftercall.analyst.planner.plan import Alternative, Plan, Reason, Refused, Understood
from aftercall.analyst.planner.roles import Named
from aftercall.analyst.planner.stems import stem
from aftercall.analyst.planner.tokens import LONGEST, Text, Token, corrected, read
from aftercall.analyst.planner.typos import corrections
from aftercall.analyst.planner.vocabulary import Entity, Vocabulary
from aftercall.metrics.query import Query
from aftercall.metrics.strict import QueryInvalid, check_texts
from aftercall.model.times import to_datetime

_DAYS = 62
_THEM = re.compile(r"\bof (?:them|those|these)\b")


class Planner:
    """One for each project's access; remembers its vocabulary as long as the registry stays. Thread-safe."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._lexicon = Lexicon(access)

    def plan(self, question: str, previous: Plan | None = None) -> Plan:
        """``previous``: of the question before in the same chat. Raises QueryInvalid for half of a surrogate
        pair, and as ``Access.ask`` does."""
        check_texts(question)
        text = read(question)
        if not text.tokens:
            return _refused(question, "empty")
        if len(question) > LONGEST:
            return _refused(question, "too_long")
        parts, vocabulary = self._understand(text)
        if (plain := self._without_numbers(parts, vocabulary)) is not None:
            return plain
        try:
            return self._planned(parts, vocabulary, previous)
        except Refused as refused:
            near = refused.alternatives or refusals.near(question, vocabulary, refused.words)
            plan = _refused(question, refused.reason, refused.message, near)
            return replace(plan, understood=_understood(parts, ()), not_understood=refused.words)

    # --- words

    def _understand(self, text: Text) -> tuple[Parts, Vocabulary]:
        """With more of the vocabulary, and then with typing errors mended, as long as words stay unknown."""
        vocabulary = self._lexicon.plain()
        parts = self._parts(text, vocabulary)
        if not parts.unknown():
            return parts, vocabulary
        vocabulary = self._lexicon.whole()
        parts = self._parts(text, vocabulary)
        unknown = parts.unknown()
        words = corrections(parts.text, unknown, vocabulary.words) if unknown else {}
        if not words:
            return parts, vocabulary
        mended = self._parts(corrected(parts.text, words), vocabulary)
        return (mended, vocabulary) if len(mended.unknown()) < len(unknown) else (parts, vocabulary)

    def _parts(self, text: Text, vocabulary: Vocabulary) -> Parts:
        fresh = Text(text.question, _opposites(text.tokens, vocabulary))
        return take_apart(fresh, vocabulary, self._today())

    def _today(self) -> date:
        moment: datetime = to_datetime(self._access.now_ms)
        return moment.astimezone(self._access.zone).date()

    # --- what is no question for numbers

    def _without_numbers(self, parts: Parts, vocabulary: Vocabulary) -> Plan | None:
        question, wanted = parts.text.question, parts.wanted
        if wanted.meta:
            return Plan(question, "metrics", understood=_understood(parts, ()))
        if wanted.define and (named := _defined(wanted.define, vocabulary)) is not None:
            return Plan(question, "define", metric=named.facts.name, understood=_understood(parts, ()))
        reasons: tuple[tuple[Reason, str], ...] = (
            ("future", parts.when.future),
            ("opinion", wanted.opinion),
            ("action", wanted.action),
        )
        for reason, words in reasons:
            if words:
                plan = _refused(question, reason, near=refusals.near(question, vocabulary))
                return replace(plan, understood=_understood(parts, ()), not_understood=[words])
        if parts.when.unclear:
            raise_words = parts.when.unclear
            message = f"More times are named than a question can have: {raise_words}."
            return _refused(question, "unclear", message, refusals.near(question, vocabulary))
        return None

    # --- the Query

    def _planned(self, parts: Parts, vocabulary: Vocabulary, previous: Plan | None) -> Plan:
        question = parts.text.question
        builder = Builder(parts)
        before = None if previous is None else previous.frame
        own: Frame | None = None
        fault: Refused | None = None
        try:
            own = builder.build()
            compare(own, parts, Clock(self._access.zone, self._access.now_ms))
        except Refused as refused:
            fault = refused
        says = own is not None and _says_something(own, parts)
        follows = before is not None and is_follow_up(parts, own if says else None)
        if fault is not None and not follows:
            raise fault
        self._check_unknown(parts, vocabulary)
        self._check_rivals(parts)
        if before is None and _THEM.search(parts.text.line):
            raise Refused("unclear", "Of which? There is no question before this one: say of which calls.")
        if follows:
            assert before is not None
            frame = amend(before, own, parts)
        elif own is None or not says:
            raise Refused("unclear", "What is asked for? Name a metric, or ask how many calls there were.")
        else:
            frame = own
        self._trend(frame, parts)
        self._check_false(parts)
        query = _query(frame)
        return Plan(
            question,
            frame.kind,
            query,
            _understood(parts, builder.roles),
            notes=_notes(frame, parts),
            then="mean" if frame.mean and frame.interval else "",
            frame=frame,
            followed=follows,
        )

    def _check_unknown(self, parts: Parts, vocabulary: Vocabulary) -> None:
        unknown = parts.unknown()
        if not unknown:
            return
        words = list(dict.fromkeys(parts.text.words(i, i + 1) for i in unknown))
        said = ", ".join(f'"{word}"' for word in words)
        raise Refused(
            "unknown",
            f"Not understood: {said}. It is no metric, option or field of this project. To look for it in"
            f' what was said, ask for calls that mention "{words[0]}".',
            refusals.near(parts.text.question, vocabulary, words),
            words,
        )

    def _check_rivals(self, parts: Parts) -> None:
        for one in parts.names:
            rivals = [other for other in one.found.rivals if _fits(other, one)]
            if rivals:
                said = parts.text.words(*one.at)
                raise Refused(
                    "unclear",
                    f'"{said}" can mean several things. Which one?',
                    refusals.meanings([one.entity, *rivals]),
                )

    def _check_false(self, parts: Parts) -> None:
        """What failed is written as false, or it is not known."""
        for one in parts.names:
            if one.failed and not any(value is False for value, _ in values_of(self._access, one.facts.name)):
                name = one.facts.name
                raise Refused(
                    "unclear",
                    f"{name} is never written as false, so which calls failed in it is not known.",
                    [
                        Alternative(f"How many calls without {name}?"),
                        Alternative(f"How many calls had {name}?"),
                    ],
                )

    def _trend(self, frame: Frame, parts: Parts) -> None:
        if not parts.when.trend or frame.interval is not None:
            return
        if frame.over is None:
            frame.interval = "day"
            return
        found = Clock(self._access.zone, self._access.now_ms).range(frame.over)
        until = found.until if found.until is not None else self._access.now_ms
        days = 10_000 if found.since is None else (until - found.since) / 86_400_000
        frame.interval = "hour" if days <= 2 else "day" if days <= _DAYS else "week"


def _says_something(frame: Frame, parts: Parts) -> bool:
    wanted = parts.wanted
    return bool(
        frame.subject
        or frame.several
        or frame.metric
        or frame.filters
        or frame.groups
        or wanted.agg
        or wanted.noun_at
        or wanted.compare is not None
        or wanted.change
        or frame.kind != "number"
    )


def _query(frame: Frame) -> Query:
    try:
        return Query.read(frame.query())
    except QueryInvalid as error:
        raise Refused("unclear", f"That cannot be asked: {error.message}") from None


def _fits(other: Entity, one: Named) -> bool:
    """Whether the rival could have the same role."""
    if one.group:
        return other.is_groupable
    return other.is_numeric == one.entity.is_numeric or other.kind == one.entity.kind


def _defined(words: str, vocabulary: Vocabulary) -> Entity | None:
    """Only a metric that is named exactly: else the question is about something else."""
    asked = words.replace(" the ", " ").replace("_", " ").strip().casefold()
    for entity in vocabulary.entities:
        if entity.kind == "metric" and asked in (
            entity.facts.name.replace("_", " ").casefold(),
            entity.facts.display_name.casefold(),
        ):
            return entity
    return None


def _opposites(tokens: Sequence[Token], vocabulary: Vocabulary) -> list[Token]:
    """``unverified`` as "not verified", where the registry has only verified."""
    made: list[Token] = []
    for token in tokens:
        rest = token.word[2:]
        known = token.kind == "word" and token.word.startswith("un") and len(rest) > 4
        known = known and token.word != "unknown"
        if known and token.stem not in vocabulary.by_stem and stem(rest) in vocabulary.by_stem:
            made.append(Token("not", "not", token.start, token.end, "word"))
            made.append(Token(rest, stem(rest), token.start, token.end, "word"))
        else:
            made.append(token)
    return made


def _understood(parts: Parts, roles: Sequence[tuple[tuple[int, int], str, str]]) -> list[Understood]:
    text = parts.text
    spans = [
        *parts.when.spans,
        *parts.wanted.spans,
        *((at[0], at[1], role, means) for at, role, means in roles),
    ]
    for i, token in enumerate(text.tokens):
        if token.corrected:
            spans.append((i, i + 1, "corrected", f"read as {token.word}"))
    found = []
    for first, end, role, means in sorted(spans, key=lambda one: (one[0], one[1])):
        start, stop = text.tokens[first].start, text.tokens[end - 1].end
        found.append(Understood(start, stop, text.question[start:stop], role, means, role == "corrected"))
    return found


def _notes(frame: Frame, parts: Parts) -> list[str]:
    notes = []
    if frame.over is None:
        notes.append("No time was named: the last 30 days.")
    if frame.top and parts.wanted.limit is None and frame.limit is None:
        notes.append("The first 10.")
    if "recently" in parts.text.line or "lately" in parts.text.line:
        notes.append("Recently is taken as the last 30 days.")
    return notes


def _refused(question: str, reason: Reason, message: str = "", near: Sequence[Alternative] = ()) -> Plan:
    kind = "ambiguous" if message.endswith("Which one?") else "refused"
    return Plan(
        question,
        "ambiguous" if kind == "ambiguous" else "refused",
        message=message or refusals.MESSAGES[reason],
        reason=reason,
        alternatives=near,
    )
