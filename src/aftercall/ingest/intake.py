"""A request of events: read it, judge each, hand the good ones to the store, answer for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import msgspec

from aftercall.errors import InvalidInput, TooLarge, Unprocessable
from aftercall.ingest import limits
from aftercall.ingest.explain import shown
from aftercall.ingest.judge import Judge, Judged, Rejection
from aftercall.ingest.split import split
from aftercall.model.events import SCHEMA_VERSION, Erasure, batch_decoder
from aftercall.model.times import now_ms
from aftercall.store.loader import load_entries
from aftercall.store.rejects import reject_row
from aftercall.store.shard import Verdict
from aftercall.store.store import Store

HOW = 'send {"schema": 1, "events": [{"kind": ..., "conversation_id": ..., ...}, ...]}'
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A request that was judged and handed over. ``answer`` once all ``futures`` have answered."""

    judged: Judged
    futures: list[Future[Verdict]]

    def answer(self, verdicts: Iterable[Verdict]) -> Answer:
        answer = Answer(clock_corrected=self.judged.clock_corrected)
        ids = {item.position: item.event_id for item in self.judged.items}
        for verdict in verdicts:
            answer.accepted += verdict.accepted
            answer.duplicates += verdict.duplicates
            for position, code, reason in verdict.refused:
                answer.rejected.append(Refusal(position, ids[position], code, reason))
        for one in self.judged.rejections:
            answer.rejected.append(Refusal(one.position, one.event_id, one.code, one.reason))
        answer.rejected.sort(key=lambda refusal: refusal.position)
        return answer


class Refusal(msgspec.Struct):
    position: int
    event_id: str | None
    code: str
    reason: str


class Answer(msgspec.Struct):
    """What became of the events of one request; every one of them is in one of the first two counts or
    in ``rejected``."""

    accepted: int = 0
    duplicates: int = 0
    clock_corrected: int = 0
    rejected: list[Refusal] = []

    def raise_if_nothing(self) -> Answer:
        """Raises Unprocessable, with the verdict as its data, when every event was refused."""
        if self.rejected and not self.accepted and not self.duplicates:
            first = self.rejected[0]
            many = f"None of the {len(self.rejected)} events" if len(self.rejected) > 1 else "The event"
            raise Unprocessable(
                f"{many} could {'' if len(self.rejected) > 1 else 'not '}be accepted: {first.reason}",
                code="EVENTS_REJECTED",
                data=msgspec.to_builtins(self),
            )
        return self


def receive(store: Store, project_id: int, body: bytes, *, may_erase: bool) -> Receipt:
    """Judge a request's body and hand its events over; answers before they are on disk.

    Raises InvalidInput where there are no events to be found in it, Unprocessable for a schema of the
    future, TooLarge, and Unavailable when the store has too much waiting.
    """
    raws = read_events(body)
    judged = Judge(now_ms(), may_erase=may_erase).all(raws)
    return hand_over(store, project_id, judged)


def hand_over(store: Store, project_id: int, judged: Judged) -> Receipt:
    rejects = reject_rows(store, project_id, judged.rejections)
    if not judged.items and not rejects:
        return Receipt(judged, [])
    return Receipt(judged, store.committer.submit(project_id, judged.items, rejects))


def read_events(body: bytes) -> Sequence[bytes | msgspec.Raw]:
    body = body.removeprefix(_BOM)
    events: Sequence[bytes | msgspec.Raw]
    try:
        batch = batch_decoder.decode(body)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            f"The request is not as it should be ({error}): {HOW}.", code="INVALID_BODY"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        events = _read_broken(body, error)
    else:
        _check_schema(batch.schema)
        events = batch.events
    if len(events) > limits.EVENTS:
        raise TooLarge(
            f"{len(events):,} events in one request; at most {limits.EVENTS:,}: send them in parts.",
            code="TOO_MANY_EVENTS",
        )
    return events


def _read_broken(body: bytes, error: Exception) -> Sequence[bytes]:
    found = split(body)
    if found is None:
        raise InvalidInput(
            f"The request is no JSON with an events array ({shown(str(error), 200)}): {HOW}.",
            code="INVALID_BODY",
        ) from None
    if found.schema is not None:
        try:
            _check_schema(msgspec.json.decode(found.schema, type=int))
        except msgspec.MsgspecError:
            raise InvalidInput(
                f"schema is {shown(found.schema.decode(errors='replace'), 40)}: {HOW}.", code="INVALID_BODY"
            ) from None
    return found.events


def _check_schema(schema: int) -> None:
    if schema > SCHEMA_VERSION:
        raise Unprocessable(
            f"These events have schema {shown(str(schema), 40)}; this server knows up to {SCHEMA_VERSION}:"
            " upgrade the server.",
            code="SCHEMA_TOO_NEW",
        )
    if schema < 1:
        raise InvalidInput(f"schema begins at 1: {HOW}.", code="INVALID_BODY")


def reject_rows(store: Store, project_id: int, rejections: Sequence[Rejection]) -> list[dict[str, Any]]:
    """What is kept of the refused events: all of it, but for erased conversations, of which nothing is."""
    if not rejections:
        return []
    erased = _erased(store, project_id, {one.conversation_id for one in rejections} - {""})
    received_at = now_ms()
    return [
        reject_row(
            project_id,
            position=one.position,
            code=one.code,
            reason=one.reason,
            payload=one.payload,
            conversation_id=one.conversation_id,
            event_id=one.event_id or "",
            received_at=received_at,
        )
        for one in rejections
        if one.conversation_id not in erased
    ]


def _erased(store: Store, project_id: int, conversations: set[str]) -> set[str]:
    if not conversations:
        return set()
    told = load_entries(store.engine, project_id, conversations)
    return {
        conversation_id
        for conversation_id, entries in told.items()
        if any(type(entry.event) is Erasure for entry in entries.values())
    }
