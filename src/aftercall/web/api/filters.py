"""The parameters of the v3 list: their types here, what they mean together in ``read``."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from aftercall.errors import InvalidInput, NotAvailable
from aftercall.model.times import parse_ms
from aftercall.store.reader import Filter
from aftercall.web.errors import FILTER_ERROR

EPOCH_MS = 0
FAR_MS = 10_413_792_000_000
"""2300-01-01: the end of what the engine's times reach. Bounds beyond it mean no bound at all."""
MOST_OFFSET = 10**9

_LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")
_WORD = re.compile(r"[^\W_]")


class ConversationFilter(BaseModel):
    """Which conversations, and how many of them at once."""

    model_config = ConfigDict(extra="forbid")

    query_type: Literal["transcript", "semantic"] | None = Field(
        None,
        description="Search by words (transcript) or by meaning (semantic: 501 for now). Needs `query` and"
        " both times.",
    )
    query: str | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="Words that must all stand in one utterance, in any order, whatever their case.",
    )
    sample: Literal["random"] | None = Field(
        None, description="Draw `limit` conversations by chance instead of paging. Needs both times."
    )
    turn_type: Literal["user", "agent"] | None = Field(
        None, description="Search only what this side said. Default either."
    )
    channel: list[str] = Field([], max_length=100, description="One or more: `channel=voice&channel=chat`.")
    client_env: str = Field("live", description="live, pre-release or sandbox.")
    start_time: str | None = Field(
        None, description="Started at or after it: ISO 8601 (no offset means UTC) or epoch milliseconds."
    )
    end_time: str | None = Field(None, description="Started before it.")
    limit: int = Field(1000, ge=1, le=5000)
    offset: int = Field(0, ge=0, le=MOST_OFFSET, description="Slower the larger it is; prefer cursor.")
    cursor: str | None = Field(
        None, description="Of the previous answer. Beats offset; stable while new conversations come in."
    )
    variant_id: str | None = None
    variant_name: str | None = Field(None, description="Instead of variant_id.")
    in_progress: bool | None = Field(
        None, description="true: only those still running; false: only those over. Default both."
    )
    include_latency: bool = Field(False, description="Fill in `latency` of the turns; else it is null.")

    @property
    def searching(self) -> bool:
        return self.query_type is not None

    def read(self) -> Filter:
        """As the store takes it. Raises InvalidInput naming the parameter, and NotAvailable (semantic)."""
        start, end = _time("start_time", self.start_time), _time("end_time", self.end_time)
        self._check_together(start, end)
        return Filter(
            start=_reachable(start),
            end=_reachable(end),
            channels=self.channel,
            environment=self.client_env,
            variant_id=self.variant_id,
            variant_name=self.variant_name,
            in_progress=self.in_progress,
            words=self.query if self.searching else None,
            speaker=self.turn_type,
        )

    def _check_together(self, start: int | None, end: int | None) -> None:
        if self.searching and self.sample:
            raise _wrong('"query_type" and "sample" exclude each other: send one of them')
        if (self.searching or self.sample) and (start is None or end is None):
            which = "query_type" if self.searching else "sample"
            raise _wrong(f'"{which}" needs both "start_time" and "end_time"')
        if self.searching and self.query is None:
            raise _wrong('"query_type" needs a "query"')
        if self.query is not None and not self.searching:
            raise _wrong('"query" needs "query_type=transcript"')
        if self.turn_type is not None and not self.searching:
            raise _wrong('"turn_type" belongs to a search: send "query_type" and "query" too')
        if self.sample and (self.cursor is not None or self.offset):
            raise _wrong('"sample" draws by chance and has no pages: leave "cursor" and "offset" out')
        if self.variant_id is not None and self.variant_name is not None:
            raise _wrong('"variant_id" and "variant_name" exclude each other: send one of them')
        if start is not None and end is not None and start > end:
            raise _wrong('"start_time" is after "end_time"')
        if self.query_type == "semantic":
            raise NotAvailable("Semantic search is not in this version: use query_type=transcript.")
        if self.query is not None and not _WORD.search(self.query):
            raise _wrong('"query" has no letter or digit in it to search for')


FilterQuery = Annotated[ConversationFilter, Query()]


def _time(name: str, text: str | None) -> int | None:
    """Epoch milliseconds. An unescaped + of an offset arrives as a space: what is meant is plain."""
    if text is None:
        return None
    try:
        if re.fullmatch(r"-?[0-9]{1,16}", text):
            return int(text)
        return parse_ms(_LOST_PLUS.sub(r"+\1", text) if "T" in text else text)
    except (ValueError, OverflowError) as error:
        raise _wrong(f'"{name}": {error}') from None


def _reachable(ms: int | None) -> int | None:
    return None if ms is None else min(max(ms, EPOCH_MS), FAR_MS)


def _wrong(message: str) -> InvalidInput:
    return InvalidInput(f"{message}.", code=FILTER_ERROR)
