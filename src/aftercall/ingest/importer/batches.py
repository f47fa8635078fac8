"""Events into request bodies, small enough for the usual proxy in front of a server (1 MiB)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from aftercall.ingest.importer.lines import Line
from aftercall.model.events import SCHEMA_VERSION

MAX_EVENTS = 4_000
MAX_BYTES = 900_000
_HEAD = b'{"schema":%d,"events":[' % SCHEMA_VERSION


@dataclass(slots=True)
class Batch:
    """``owners[i]`` is the line that ``events[i]`` came from."""

    events: list[bytes] = field(default_factory=list)
    owners: list[Line] = field(default_factory=list)
    size: int = 0
    conversations: int = 0
    """How many conversations are complete with this batch."""
    through: int = 0
    """Every line up to this one is complete once this batch and the ones before it are acknowledged."""
    read: int = 0
    """Bytes of the source up to there."""

    def body(self) -> bytes:
        return _HEAD + b",".join(self.events) + b"]}"


class Batches:
    """Packs conversations in order; one too large for a single request is spread over several."""

    def __init__(self) -> None:
        self._open = Batch()

    def add(self, line: Line, events: Iterable[bytes]) -> Iterator[Batch]:
        """The batches that are full now."""
        for event in events:
            batch = self._open
            if batch.events and (len(batch.events) >= MAX_EVENTS or batch.size + len(event) > MAX_BYTES):
                self._open = Batch(through=batch.through, read=batch.read)
                yield batch
            self._open.events.append(event)
            self._open.owners.append(line)
            self._open.size += len(event) + 1
        self._open.conversations += 1
        self.skip(line)

    def skip(self, line: Line) -> None:
        """This line needs no request."""
        self._open.through = line.number
        self._open.read = line.read

    def rest(self) -> Batch:
        """The last batch; it may be empty."""
        return self._open
