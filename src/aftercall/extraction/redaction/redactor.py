"""What is taken out of a call, and how the same thing gets the same placeholder all through it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from aftercall.extraction.redaction.emails import emails
from aftercall.extraction.redaction.names import NameDetector, names_in
from aftercall.extraction.redaction.numbers import numbers
from aftercall.extraction.redaction.shown import Shown, Span

SHORTEST_NAME = 3
"""Letters of a part of a name that is looked for elsewhere in the call: "Al" would take half of "Also"."""


class Redactor:
    """``region``: the country (two letters) whose telephone numbers are told without a prefix. ``names``: the
    detector, None for none."""

    def __init__(self, *, region: str = "US", names: NameDetector | None = names_in) -> None:
        self._region = region
        self._names = names

    def __call__(self, text: str) -> str:
        """One text on its own."""
        return self.call([text])[0].text

    def call(self, texts: Sequence[str], known: Iterable[str] = ()) -> list[Shown]:
        """The turns of one call. ``known``: texts to take out wherever they stand, such as the caller's name
        and number. Raises what the detector of names raises: then nothing may be sent."""
        found = [self._spans(text) for text in texts]
        elsewhere = _finder([*known, *_names_in(texts, found)])
        labels = _Labels()
        shown = []
        for text, spans in zip(texts, found, strict=True):
            spans += [Span(*place.span(), "NAME") for place in elsewhere(text)]
            shown.append(Shown(text, [(one, labels.of(one, text)) for one in _apart(spans)]))
        return shown

    def _spans(self, text: str) -> list[Span]:
        spans = [*emails(text), *numbers(text, self._region)]
        if self._names is not None:
            spans += [
                Span(start, end, "NAME") for start, end in self._names(text) if 0 <= start < end <= len(text)
            ]
        return spans


class _Labels:
    """[PHONE_1], [PHONE_2]...: by what stands there, without regard to case and punctuation."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def of(self, span: Span, text: str) -> str:
        same = "".join(char for char in text[span.start : span.end].casefold() if char.isalnum())
        key = (span.kind, same)
        if key not in self._known:
            number = sum(kind == span.kind for kind, _ in self._known) + 1
            self._known[key] = f"[{span.kind}_{number}]"
        return self._known[key]


_ORDER = ("EMAIL", "CARD", "PHONE", "ACCOUNT", "NAME")


def _apart(spans: list[Span]) -> list[Span]:
    """In order; those that overlap become one, so that no part of either stays."""
    result: list[Span] = []
    for span in sorted(spans):
        last = result[-1] if result else None
        if last is not None and span.start < last.end:
            kind = min(last.kind, span.kind, key=_ORDER.index)
            result[-1] = Span(last.start, max(last.end, span.end), kind)
        else:
            result.append(span)
    return result


def _names_in(texts: Sequence[str], found: Sequence[list[Span]]) -> Iterable[str]:
    for text, spans in zip(texts, found, strict=True):
        for span in spans:
            if span.kind == "NAME":
                yield from text[span.start : span.end].split()


def _finder(words: Iterable[str]) -> Callable[[str], Iterable[re.Match[str]]]:
    wanted = {word.strip(" .,;:!?") for word in words}
    long = sorted(
        (word for word in wanted if len(word) >= SHORTEST_NAME), key=lambda word: (-len(word), word)
    )
    if not long:
        return lambda text: ()
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, long))})(?!\w)", re.IGNORECASE)
    return pattern.finditer
