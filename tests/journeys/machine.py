"""The state machine: anything that may happen to a call, in any order, against the reference.

Every answer is checked as it comes; the list and (where the store can be read beside its servers) the
tables at the end of each run, those of an embedded store once its server has stopped.
"""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.journeys.compare import check_agent_item, check_finished, check_list
from tests.journeys.told import MOMENTS, STARTS, anything, moments, rivals, sources
from tests.journeys.world import World
from tests.reference import Event, Project

CONVERSATIONS = ["call-1", "call/2 ? #", "ç\u2028🙂%2F"]
conversations = st.sampled_from(CONVERSATIONS)


class Calls(RuleBasedStateMachine):
    """One project of the world's servers. ``finished`` collects what is to be read from the tables later."""

    def __init__(self, world: World, finished: list[tuple[str, Project]], restarts: int = 1) -> None:
        super().__init__()
        self.world = world
        self.finished = finished
        self.restarts = restarts
        self.slug = world.new_project()
        self.project = Project()
        self.ids = 0
        self.sent: list[list[Event]] = []
        self.held: list[list[Event]] = []
        self.server = random.Random(0)
        """Which server each request goes to: the same ones each time a run is repeated."""

    def named(self, conversation: str, events: list[Event]) -> list[Event]:
        self.ids += len(events)
        first = self.ids - len(events) + 1
        return [{**e, "conversation_id": conversation, "id": f"e{first + i}"} for i, e in enumerate(events)]

    def post(self, batch: list[Event]) -> None:
        self.sent.append(batch)
        accepted, duplicates, erased = self.project.tell(batch)
        got = self.world.any(self.server).told(self.slug, batch)
        assert got[0] == accepted, (got, accepted, duplicates, erased)
        # Told again, what was erased is a duplicate as long as it is on disk, and ERASED from then on.
        forgotten = {i for i, e in enumerate(batch) if self.project.shown(e["conversation_id"]) is None}
        refused = {position for position, code in got[2] if code == "ERASED"}
        assert len(refused) == len(got[2]) and refused <= forgotten and set(erased) <= refused, got
        assert got[1] == duplicates - len(refused - set(erased)), (got, duplicates)
        for conversation in {e["conversation_id"] for e in batch}:
            self.look(conversation)

    @rule(conversation=conversations, events=st.lists(anything, min_size=1, max_size=5))
    def write(self, conversation: str, events: list[Event]) -> None:
        self.post(self.named(conversation, events))

    @rule(conversation=conversations, events=rivals)
    def dispute(self, conversation: str, events: list[Event]) -> None:
        """Several that speak of the same thing: which of them counts?"""
        self.post(self.named(conversation, events))

    @rule(conversation=conversations, events=rivals, split=st.integers(1, 3))
    def dispute_bit_by_bit(self, conversation: str, events: list[Event], split: int) -> None:
        told = self.named(conversation, events)
        self.post(told[split:])
        self.post(told[:split])

    @rule(conversation=conversations, events=st.lists(anything, min_size=1, max_size=3))
    def hold_back(self, conversation: str, events: list[Event]) -> None:
        self.held.append(self.named(conversation, events))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        self.post(self.held.pop(data.draw(st.integers(0, len(self.held) - 1))))

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), changed=st.none() | anything)
    def retry(self, data: st.DataObject, changed: Event | None) -> None:
        """The same batch again, in which one event may have changed meanwhile: what was first stays."""
        batch = [*data.draw(st.sampled_from(self.sent))]
        if changed is not None:
            batch[-1] = {**changed, **{name: batch[-1][name] for name in ("id", "conversation_id")}}
        self.post(batch)

    @rule(conversation=conversations, at=moments, source=sources, again=st.booleans())
    def end(self, conversation: str, at: int, source: str, again: bool) -> None:
        end = {"kind": "end", "at": at, "source": source, "reason": "completed"}
        self.post(self.named(conversation, [end] + [{**end, "at": at + 7_000}] * again))

    @rule(conversation=conversations, kind=st.sampled_from(["start", "update"]), at=moments, source=sources,
          started_at=st.sampled_from(STARTS))  # fmt: skip
    def correct_start(self, conversation: str, started_at: int, **told: Any) -> None:
        self.post(self.named(conversation, [{**told, "started_at": started_at}]))

    @rule(
        conversation=conversations,
        name=st.sampled_from(["BOOKED", "REASON"]),
        value=st.sampled_from([False, "x"]),
    )
    def correct_metric(self, conversation: str, name: str, value: Any) -> None:
        """By a person, whose word counts more than the agent's however late that comes."""
        told = {"kind": "metric", "name": name, "value": value, "at": MOMENTS[0], "source": "human"}
        self.post(self.named(conversation, [told]))

    @precondition(lambda self: self.project.types)
    @rule(data=st.data(), type_=st.sampled_from(["boolean", "text", "number"]))
    def retype(self, data: st.DataObject, type_: str) -> None:
        """Another type for a metric: from then on everything ever written reads as that."""
        name = data.draw(st.sampled_from(sorted(self.project.types)))
        self.world.retype(self.slug, name, type_)
        self.project.types[name] = type_

    @rule(conversation=conversations, ahead=st.integers(-25, 10), at=moments)
    def retract(self, conversation: str, ahead: int, at: int) -> None:
        """An event of the past, or one that is yet to come."""
        target = f"e{max(self.ids + ahead, 1)}"
        self.post(self.named(conversation, [{"kind": "retraction", "target": target, "at": at}]))

    @precondition(lambda self: self.ids > 10)
    @rule(
        conversation=conversations, at=moments, taken_back=st.booleans(), late=st.lists(anything, max_size=2)
    )
    def erase(self, conversation: str, at: int, taken_back: bool, late: list[Event]) -> None:
        """Even if somebody took it back before it was told: what is gone is gone."""
        if taken_back:
            target = f"e{self.ids + 2}"
            self.post(self.named(conversation, [{"kind": "retraction", "target": target, "at": at}]))
        self.post(self.named(conversation, [{"kind": "erasure", "at": at}, *late]))

    @precondition(lambda self: self.restarts > 0 and self.ids > 5)
    @rule(kill=st.booleans(), number=st.integers(0, 2))
    def restart(self, kill: bool, number: int) -> None:
        self.restarts -= 1
        self.world.restart(number % len(self.world.apis), kill=kill)

    @rule(conversation=conversations)
    def look(self, conversation: str) -> None:
        api = self.world.any(self.server)
        check_agent_item(api.get(self.slug, conversation), self.project.shown(conversation))

    @rule(environment=st.sampled_from(["live", "sandbox"]), limit=st.sampled_from([1, 2, 5000]))
    def look_at_all(self, environment: str, limit: int) -> None:
        api = self.world.any(self.server)
        items = api.list(self.slug, environment, limit, include_latency="true")
        check_list(items, self.project, environment)

    def teardown(self) -> None:
        self.look_at_all("live", 5000)
        self.look_at_all("sandbox", 5000)
        registry = self.world.any(self.server).registry(self.slug)
        assert {name: type_ for name, (type_, _) in registry.items()} == self.project.types
        self.world.rows_up_to_date(self.slug)
        self.finished.append((self.slug, self.project))
        if self.world.read is not None:
            check_finished(self.world, self.world.read, [(self.slug, self.project)])
