"""Group commit: many requests, one insert per table, then acknowledge.

A request's events are split over shards by conversation, so that one conversation is always handled by
one thread, in order. Each shard gathers what arrives while it is busy and commits it together:

    load    the stored events of the conversations touched (needed for the fold, and to tell duplicates)
    insert  the new events, fsynced          <- from here on they are safe
    fold    every touched conversation, whole
    insert  turns, then rows                 <- from here on they are visible
    answer  every request of the group

Guarantee: what is acknowledged is on disk and in every query. A crash before the answer loses nothing
that was acknowledged; what it leaves half done is finished by the client's retry or by the sweep.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future

from clickhouse_connect.driver.exceptions import ClickHouseError

from aftercall.catalog.definitions import Registry
from aftercall.errors import Unavailable
from aftercall.model.events import Erasure
from aftercall.model.values import MetricType
from aftercall.store.changes import Touched, project, project_erased
from aftercall.store.engine import Engine
from aftercall.store.eraser import Eraser
from aftercall.store.finished import NOTHING, Finished
from aftercall.store.fold import Conversation, fold
from aftercall.store.incoming import Incoming, Record, rev_of
from aftercall.store.loader import load_digests, load_entries
from aftercall.store.noting import Noting
from aftercall.store.projection import Row, TurnRow
from aftercall.store.queries import sql
from aftercall.store.registry import Registries
from aftercall.store.schema import wide_table
from aftercall.store.shard import Part, Shard, Standing, Verdict
from aftercall.store.writes import inferred

MAX_PENDING_EVENTS = 200_000
"""Beyond this many events waiting, requests are turned away with 503 rather than held in memory."""
_ROUNDS = 5
_SHARDS = 2
AllTouched = dict[int, dict[str, Touched]]
"""By project and conversation id."""
ERASED = "This conversation was erased; nothing is kept of it."


class Committer:
    """Takes judged events, commits them in groups, answers by futures. ``start`` first, ``close`` last."""

    def __init__(
        self, engine: Engine, registries: Registries, eraser: Eraser, noting: Sequence[Noting]
    ) -> None:
        self._engine = engine
        self._registries = registries
        self._eraser = eraser
        self._noting = noting
        self._shards = [Shard(self.commit, number) for number in range(_SHARDS)]
        self._stamp_guard = threading.Lock()
        self._stamp = 0
        self._closed = False
        self._finished = Finished()
        self.failures = 0
        """Group commits that did not reach their end; what they left half done is the sweep's to finish."""

    def start(self) -> None:
        for shard in self._shards:
            shard.thread.start()

    def observe(self, seen: Callable[[float, int], None]) -> None:
        """Have ``seen(seconds, events)`` called after each group commit, by the committing thread."""
        for shard in self._shards:
            shard.observe = seen

    def submit(
        self,
        project_id: int,
        items: Sequence[Incoming],
        rejects: Sequence[Row] = (),
        reproject: Sequence[str] = (),
        refresh: Sequence[Standing] = (),
    ) -> list[Future[Verdict]]:
        """Futures that answer when these events are on disk and visible. Raises Unavailable when too busy.

        ``reproject``: conversations of which anything may stand wrong. ``refresh``: rows that are complete
        and only have to be made again, with other columns.
        """
        if self._closed:
            raise Unavailable("The server is stopping. Nothing of this request was taken: send it again.")
        if self.pending > MAX_PENDING_EVENTS:
            raise Unavailable(
                "The server has more events waiting than it can hold. Send this again in a second."
            )
        shares: dict[int, Part] = {}

        def share(conversation_id: str) -> Part:
            number = zlib.crc32(conversation_id.encode()) % len(self._shards)
            if number not in shares:
                shares[number] = Part(project_id, [], [], Future(), [])
            return shares[number]

        for item in items:
            share(item.event.conversation_id).items.append(item)
        for conversation_id in reproject:
            share(conversation_id).reproject.append(conversation_id)
        for standing in refresh:
            share(standing.conversation_id).refresh.append(standing)
        if rejects:
            any_share = next(iter(shares.values()), None) or share("")
            any_share.rejects.extend(rejects)
        for number, part in shares.items():
            self._shards[number].put(part)
        return [part.future for part in shares.values()]

    def barrier(self) -> None:
        """Wait until every commit that is under way now has come to its end."""
        parts = [Part(0, [], [], Future(), []) for _ in self._shards]
        for shard, part in zip(self._shards, parts, strict=True):
            shard.put(part)
        for part in parts:
            part.future.result()

    @property
    def pending(self) -> int:
        """Events waiting or being committed."""
        return sum(shard.pending for shard in self._shards)

    def close(self) -> None:
        """Commit all that was taken, then stop."""
        self._closed = True
        for shard in self._shards:
            shard.stop()

    def stamp(self) -> int:
        """Microseconds, different for every commit of this process even if its clock stands or goes back."""
        with self._stamp_guard:
            self._stamp = max(self._stamp + 1, time.time_ns() // 1000)
            return self._stamp

    def commit(self, parts: list[Part]) -> list[Verdict]:
        """The whole group commit of the module's head. Raises if anything could not be made durable."""
        try:
            return self._commit(parts)
        except Exception:
            self.failures += 1
            raise

    def _commit(self, parts: list[Part]) -> list[Verdict]:
        verdicts = [Verdict() for _ in parts]
        stamp = self.stamp()
        touched = self._load(parts)
        records: list[Record] = []
        for part, verdict in zip(parts, verdicts, strict=True):
            self._take(part, verdict, touched.get(part.project_id, {}), records, stamp)
        for part in parts:
            self._find_rows(part.project_id, part.reproject, touched.get(part.project_id, {}))
            for standing in part.refresh:
                touched[part.project_id][standing.conversation_id].has_row(standing)
        self._engine.insert("rejects", [reject for part in parts for reject in part.rejects])
        self._engine.insert("events", records)
        self._project(touched)
        if not self._engine.embedded:
            self._settle(touched)
        return verdicts

    def _settle(self, touched: AllTouched) -> None:
        """Project again what other servers told of the same conversations since they were loaded.

        Each looks after it has written, so the last to look sees what all of them wrote: when it answers,
        the tables agree with the events. Without this they would agree only after the next sweep.
        """
        for _ in range(_ROUNDS):
            touched = self._overtaken(touched)
            if not touched:
                return
            self._project(touched)

    def _overtaken(self, touched: AllTouched) -> AllTouched:
        """The conversations whose stored events are no longer those that were projected, loaded again."""
        overtaken: AllTouched = {}
        for project_id, conversations in touched.items():
            now = load_digests(self._engine, project_id, conversations)
            changed = {cid for cid, one in conversations.items() if now.get(cid, NOTHING) != one.digest()}
            if changed:
                known = load_entries(self._engine, project_id, changed)
                overtaken[project_id] = {cid: Touched(entries) for cid, entries in known.items()}
                self._find_rows(project_id, changed, overtaken[project_id])
        return overtaken

    def _load(self, parts: list[Part]) -> AllTouched:
        ids: dict[int, set[str]] = {}
        for part in parts:
            wanted = ids.setdefault(part.project_id, set())
            wanted.update(item.event.conversation_id for item in part.items)
            wanted.update(part.reproject)
            wanted.update(standing.conversation_id for standing in part.refresh)
        return {
            project_id: {
                cid: Touched(known, self._finished.get(project_id, cid))
                for cid, known in load_entries(self._engine, project_id, wanted).items()
            }
            for project_id, wanted in ids.items()
            if wanted
        }

    def _find_rows(self, project_id: int, ids: Collection[str], touched: dict[str, Touched]) -> None:
        """Under which starts rows really stand: two servers may each have written one from what it knew.

        The wide table is ordered by time, so looking up by id reads a whole column: only for conversations
        that are known to stand wrong.
        """
        if ids:
            statement = sql("sweep", "rows_at", table=wide_table(project_id))
            for some in self._engine.bindable(ids):
                for conversation_id, start in self._engine.select(statement, {"conversations": some}):
                    touched[conversation_id].rows_at.add(start)

    @staticmethod
    def _take(
        part: Part, verdict: Verdict, conversations: dict[str, Touched], records: list[Record], stamp: int
    ) -> None:
        """Sort a part's events into new ones (which go to ``records``), repeated ones and refused ones."""
        project_id = part.project_id
        for item in part.items:
            one = conversations[item.event.conversation_id]
            event_id, fresh = item.event_id, one.fresh
            if event_id in fresh or event_id in one.known:
                one.repeated = True
                verdict.duplicates += 1
            elif one.erased:
                verdict.refused.append((item.position, "ERASED", ERASED))
            else:
                rev = rev_of(stamp, len(fresh))
                fresh[event_id] = item.entry(rev)
                one.erased = type(item.event) is Erasure
                records.append(item.record(project_id, rev))
                verdict.accepted += 1

    def _project(self, touched: AllTouched) -> None:
        """Write the tables. Once more, should a column have changed under our hands: its registry is then
        another than the one we took the values for."""
        revisions = {project_id: self._registries.of(project_id).revision for project_id in touched}
        try:
            self._write(touched)
        except ClickHouseError:
            fresh = {id_: self._registries.of(id_, fresh=True).revision for id_ in touched}
            if fresh == revisions:
                raise
            self._write(touched)

    def _write(self, touched: AllTouched) -> None:
        turns: list[TurnRow] = []
        rows: dict[int, list[Row]] = {}
        erased: list[tuple[int, str]] = []
        for project_id, conversations in touched.items():
            folded = {
                conversation_id: fold([*one.known.values(), *one.fresh.values()])
                for conversation_id, one in conversations.items()
                if one.known or one.fresh
            }
            registry = self._registry(project_id, folded)
            rows[project_id] = []
            for conversation_id, c in folded.items():
                one = conversations[conversation_id]
                if c.erased:
                    erased.append((project_id, conversation_id))
                    project_erased(project_id, conversation_id, c, one, rows[project_id], turns)
                else:
                    project(project_id, conversation_id, c, one, registry, rows[project_id], turns)
        self._engine.insert("turns", turns)
        for project_id, of_project in rows.items():
            for each in self._noting:
                each.note(project_id, of_project)
            with self._engine.shape.written():
                self._engine.insert(wide_table(project_id), of_project)
        for project_id, conversations in touched.items():
            self._finished.note(project_id, ((cid, one.digest()) for cid, one in conversations.items()))
        if erased:
            self._eraser.purge(erased)

    def _registry(self, project_id: int, folded: dict[str, Conversation]) -> Registry:
        """The project's registry, after any new names among these conversations have entered it."""
        registry = self._registries.of(project_id)
        unknown: dict[str, MetricType] = {}
        for c in folded.values():
            for name, writes in c.metrics.items():
                if name not in registry.by_name and name not in unknown:
                    type_ = inferred(writes)
                    if type_ is not None:
                        unknown[name] = type_
        return self._registries.register(project_id, unknown) if unknown else registry
