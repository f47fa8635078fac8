"""Refused events, judged again: after they were mended, or after an upgrade that knows what they say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aftercall.errors import NotFound
from aftercall.ingest.explain import Refused
from aftercall.ingest.intake import Answer, Receipt
from aftercall.ingest.judge import Judge, Judged, rejection
from aftercall.model.times import now_ms
from aftercall.store.rejects import Reject
from aftercall.store.store import Store

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many went in (and left the list), and how many stay."""

    replayed: int
    remaining: int


def find(store: Store, project_id: int, reject_id: str) -> Reject:
    """Raises NotFound (REJECT_NOT_FOUND)."""
    found = store.rejects.get(project_id, reject_id)
    if found is None:
        raise NotFound(
            f"There is no rejected event {json.dumps(reject_id[:80])}: GET /v1/rejects lists them.",
            code="REJECT_NOT_FOUND",
        )
    return found


def replay(store: Store, project_id: int, reject_id: str, mended: bytes | None) -> Answer:
    """Judge one again, as ``mended`` or as it was sent; once it is in, it leaves the list.

    Raises NotFound, and Unprocessable (with the verdict) when it is refused again: then it stays.
    """
    one = find(store, project_id, reject_id)
    return _replay(store, project_id, [one], mended)[1].raise_if_nothing()


def replay_all(store: Store, project_id: int, code: str | None) -> Replayed:
    """Judge all of them again, or all that were refused with ``code``."""
    replayed = sum(
        _replay(store, project_id, batch)[0] for batch in _batches(store, project_id, code) if batch
    )
    left = (
        store.rejects.count(project_id)
        if code is None
        else sum(len(batch) for batch in _batches(store, project_id, code))
    )
    return Replayed(replayed, left)


def _batches(store: Store, project_id: int, code: str | None) -> Iterator[list[Reject]]:
    """From the newest to the oldest, so that those refused meanwhile are not met."""
    before: str | None = None
    while page := store.rejects.list(project_id, limit=_AT_ONCE, before=before):
        before = page[-1].reject_id
        yield [one for one in page if code is None or one.code == code]


def _replay(
    store: Store, project_id: int, rejects: Sequence[Reject], mended: bytes | None = None
) -> tuple[int, Answer]:
    """How many went in and left the list, and the verdict on all."""
    judge = Judge(now_ms(), may_erase=True)
    judged = Judged()
    for position, one in enumerate(rejects):
        data = one.payload.encode() if mended is None else mended
        try:
            # It happened no later than it came in; and under its own id, a second replay counts once.
            item = judge.one(data, position, at=one.received_at, event_id=one.reject_id)
        except Refused as refused:
            judged.rejections.append(rejection(position, data, refused))
        else:
            judged.items.append(item)
    judged.clock_corrected = judge.clock_corrected
    futures = store.committer.submit(project_id, judged.items) if judged.items else []
    answer = Receipt(judged, futures).answer([future.result() for future in futures])
    refused_at = {refusal.position for refusal in answer.rejected}
    settled = [one.reject_id for position, one in enumerate(rejects) if position not in refused_at]
    store.rejects.settle(project_id, settled)
    return len(settled), answer
