"""The extractor that asks a model: one request for all fields of a call (one for each part of a long one)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from aftercall.extraction.answer import EXTRACTOR, read
from aftercall.extraction.call import Call, Said
from aftercall.extraction.evidence import Span, check, locate
from aftercall.extraction.field import Field
from aftercall.extraction.found import Asked, Found
from aftercall.extraction.merge import merge
from aftercall.extraction.prompt import Line, hash_of, prompt_of, system_of
from aftercall.extraction.redaction import Redactor, Shown
from aftercall.extraction.schema import keys_of, schema_of
from aftercall.extraction.window import WINDOW, windows
from aftercall.llm import ChatCompletionError, ModelNotConfigured, Session

REPAIRS = 2
"""How often a wrong answer goes back to the model."""


class LlmExtractor:
    """``session``: of this attempt at this conversation; a second attempt that asks the same gets the stored
    answers. ``redact``: whether fields that do not say so themselves are redacted.

    Fields of one call that name different models, or of which some are redacted and some not, take a request
    for each combination.
    """

    name = EXTRACTOR

    def __init__(
        self,
        session: Session,
        *,
        redactor: Redactor | None = None,
        redact: bool = True,
        model: str | None = None,
        repairs: int = REPAIRS,
        window: int = WINDOW,
    ) -> None:
        self._session = session
        self._redactor = redactor or Redactor()
        self._redact = redact
        self._model = model
        self._repairs = repairs
        self._window = window

    def extract(self, call: Call, fields: Sequence[Field]) -> list[Found]:
        if not any(said.text.strip() for said in call.turns):
            return [Found(one.name, "not_applicable", self.name, reason="nothing was said") for one in fields]
        found: dict[str, Found] = {}
        for (model, redacted), group in groupby(sorted(fields, key=self._together), key=self._together):
            found |= self._group(call, list(group), model or None, redacted)
        return [found[one.name] for one in fields]

    def _together(self, one: Field) -> tuple[str, bool]:
        told = one.extraction
        return told.model or self._model or "", self._redact if told.redact is None else told.redact

    def _group(self, call: Call, fields: list[Field], model: str | None, redacted: bool) -> dict[str, Found]:
        try:
            shown = self._shown(call, redacted)
        except Exception as error:  # noqa: BLE001 - a detector of names is anybody's code; unredacted nothing is sent
            failed = f"MODEL_REDACTION_FAILED: not sent: redaction failed ({type(error).__name__})"
            return {one.name: Found(one.name, "failed", self.name, reason=failed) for one in fields}
        lines = [Line(s.turn, s.speaker, shown[s.turn].text) for s in call.turns if s.text.strip()]
        parts = windows(lines, self._window)
        asking = _Asking(self._session, call, keys_of(fields), shown, model, self._repairs)
        answers = []
        for n, part in enumerate(parts, start=1):
            answers.append(asking.part(part, (n, len(parts))))
            if all(one.status == "failed" for one in answers[-1].values()):
                break  # a failed part fails the field (merge.py): the others need not be paid for
        asked = asking.asked(len(parts))
        merged = [merge(one, [answer[one.name] for answer in answers]) for one in fields]
        return {one.name: replace(one, asked=asked) for one in merged}

    def _shown(self, call: Call, redacted: bool) -> dict[int, Shown]:
        texts = [said.text for said in call.turns]
        if not redacted:
            return {said.turn: Shown(said.text) for said in call.turns}
        number = call.facts.get("from_number")
        shown = self._redactor.call(texts, known=[number] if isinstance(number, str) else [])
        return {said.turn: one for said, one in zip(call.turns, shown, strict=True)}


class _Asking:
    """One group of fields, asked part by part."""

    def __init__(
        self,
        session: Session,
        call: Call,
        keys: dict[str, Field],
        shown: dict[int, Shown],
        model: str | None,
        repairs: int,
    ) -> None:
        self._session = session
        self._call = call
        self._keys = keys
        self._shown = shown
        self._model = model
        self._repairs = repairs
        self._system = system_of(keys)
        self._schema = schema_of(keys)
        self._first = len(session.asked)
        self._began = time.monotonic()

    def part(self, lines: Sequence[Line], which: tuple[int, int]) -> dict[str, Found]:
        exchange = _Exchange(self._call, self._keys, self._shown, self._repairs)
        failure = passing = None
        try:
            self._session.structured(
                prompt_of(lines, which),
                self._schema,
                system=self._system,
                model=self._model,
                validate=exchange.validate,
                repairs=self._repairs,
            )
        except (ChatCompletionError, ModelNotConfigured) as error:
            failure = f"{error.code}: {error.message}"
            passing = isinstance(error, ChatCompletionError) and error.passing
        return {one.name: exchange.result(one, failure, bool(passing)) for one in self._keys.values()}

    def asked(self, parts: int) -> Asked:
        answered = self._session.asked[self._first :]
        costs = [one.cost for one in answered]
        return Asked(
            model=answered[-1].model if answered else self._model or "",
            prompt=hash_of(self._system, self._schema),
            tokens_in=sum(one.tokens[0] for one in answered),
            tokens_out=sum(one.tokens[1] for one in answered),
            cost=None if None in costs else sum(cost for cost in costs if cost is not None),
            latency_ms=round((time.monotonic() - self._began) * 1000, 1),
            requests=len(answered),
            windows=parts,
            shared_by=len(self._keys),
            cached=bool(answered) and all(one.cached for one in answered),
        )


@dataclass
class _Exchange:
    """The answers to one prompt, repaired ones included. Of a field the newest answer that fits counts."""

    call: Call
    keys: dict[str, Field]
    shown: dict[int, Shown]
    repairs: int
    found: dict[str, Found] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def validate(self, answer: Any) -> str | None:
        """What the model shall mend; None: nothing, or it was told often enough."""
        reading = read(answer, self.keys)
        self.problems = dict(reading.problems)
        for key, one in self.keys.items():
            if one.name in reading.found:
                self._take(key, one, check(reading.found[one.name], one, self.call, where=self._where))
        self.repairs -= 1
        return "\n".join(self.problems.values()) if self.problems and self.repairs >= 0 else None

    def result(self, one: Field, failure: str | None, passing: bool) -> Found:
        if one.name in self.found:
            return self.found[one.name]
        reason = self.problems.get(one.name)
        reason = f"MODEL_OUTPUT_INVALID: {reason}" if reason else failure or "MODEL_EMPTY: there is no answer"
        return Found(one.name, "failed", EXTRACTOR, reason=reason, passing=passing)

    def _take(self, key: str, one: Field, found: Found) -> None:
        before = self.found.get(one.name)
        if found.status != "ungrounded" or before is None or before.status == "ungrounded":
            self.found[one.name] = found
        if found.status == "ungrounded" and one.extraction.grounded == "required":
            self.problems[one.name] = (
                f"{key}: {found.reason}. Quote letter by letter, with the turn's number."
            )

    def _where(self, quote: str, said: Said) -> Span | None:
        """In what the model was shown; and from there back to what was said."""
        shown = self.shown[said.turn]
        span = locate(quote, shown.text)
        return None if span is None else shown.back(*span)
