"""State written in one process and read in another: the project's own objects come back as themselves."""

from __future__ import annotations

from typing import Any

import pytest

from aftercall.runtime import Outcome, Snapshot
from tests.runtime.conftest import NewRunner, metrics, of_kind

KINDS = """
from dataclasses import dataclass, field
from enum import Enum, IntEnum

class Colour(Enum):
    RED = "r"

class Size(IntEnum):
    BIG = 3

@dataclass
class Guest:
    name: str
    tags: set = field(default_factory=set)

@dataclass(frozen=True)
class Booking:
    guest: Guest
    colour: Colour

    @property
    def label(self):
        return f"{self.guest.name}/{self.colour.name}"

def kinds(conv):
    pass
"""
WRITE = """
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo
from functions.kinds import Booking, Colour, Guest, Size

VALUES = {
    "naive": datetime(2026, 3, 1, 9, 30),
    "utc": datetime(2026, 3, 1, 9, 30, tzinfo=timezone.utc),
    "fold": datetime(2026, 10, 25, 1, 30, fold=1, tzinfo=ZoneInfo("Europe/London")),
    "date": date(2026, 3, 1),
    "time": time(9, 30),
    "delta": timedelta(days=-1, seconds=5, microseconds=7),
    "decimal": Decimal("1.10"),
    "set": {"a", "b"},
    "frozen": frozenset({1}),
    "tuple": (1, (2, 3)),
    "bytes": b"\\x00\\xff",
    "zone": ZoneInfo("America/New_York"),
    "enum": Colour.RED,
    "int_enum": Size.BIG,
    "booking": Booking(Guest("Ann", {"vip"}), Colour.RED),
    "nested": {"list": [Colour.RED, {1: "one"}]},
    "big": 2**70,
    "infinite": float("inf"),
    "tagged": {"$date": "2026-03-01"},
}

def write(conv):
    conv.state.update(VALUES)
    conv.state.call_start = datetime.now()
"""
READ = """
from datetime import datetime, timedelta
from functions.write import VALUES

def end_function(conv):
    for name, value in VALUES.items():
        found = conv.state[name]
        if found != value or type(found) is not type(value):
            conv.write_metric("DIFFERS", f"{name}: {found!r}")
    conv.write_metric("LABEL", conv.state.booking.label)
    conv.write_metric("FOLD", conv.state.fold.fold)
    conv.write_metric("QUICK", timedelta(0) <= datetime.now() - conv.state.call_start < timedelta(minutes=5))
    conv.state.booking.guest.tags.add("seen")
"""


def carried(*outcomes: Outcome) -> Snapshot:
    """What a later call finds of earlier ones."""
    events = [event for outcome in outcomes for event in outcome.events]
    return Snapshot.of("call-1", events)


def test_objects_survive_to_end_function(runner: NewRunner) -> None:
    project = runner(write=WRITE, kinds=KINDS, end_function=READ)
    written = project("write")
    assert written.ok, written.traceback
    end = project("end_function", snapshot=carried(written))
    assert end.ok, end.traceback
    assert metrics(end) == {"LABEL": "Ann/RED", "FOLD": 1, "QUICK": True}
    (change,) = of_kind(end, "state")
    assert list(change["set"]) == ["booking"], "what was only read must not be told again"
    assert "$dataclass" in change["set"]["booking"]


def test_a_change_in_place_is_carried_on(runner: NewRunner) -> None:
    project = runner(
        write=WRITE,
        kinds=KINDS,
        end_function=READ,
        tags="def tags(conv):\n    return conv.state.booking.guest.tags\n",
    )
    written = project("write")
    end = project("end_function", snapshot=carried(written))
    assert sorted(project("tags", snapshot=carried(written, end)).value) == ["seen", "vip"]


def test_what_cannot_be_kept_becomes_text_and_is_reported(runner: NewRunner) -> None:
    outcome = runner(
        tell="""
        class Client:
            def __str__(self):
                return "a client"

        def tell(conv):
            conv.state.client = Client()
            conv.state.loop = []
            conv.state.loop.append(conv.state.loop)
            conv.state[7] = "seven"
        """
    )("tell")
    assert outcome.ok
    told = {key: value for event in of_kind(outcome, "state") for key, value in event["set"].items()}
    assert told["client"] == "a client"
    assert told["7"] == "seven"
    warnings = [entry["content"] for entry in outcome.logs]
    assert any("state['client']" in line and "kept as text" in line for line in warnings)
    assert any("state['loop']" in line for line in warnings)
    assert any("the key is a int" in line for line in warnings)


@pytest.mark.parametrize(
    ("stored", "seen"),
    [
        ({"$dataclass": ["functions.gone", "Gone", {"a": {"$set": [1]}}]}, "{'a': {1}}"),
        ({"$dataclass": ["os", "system", {"a": 1}]}, "{'a': 1}"),
        ({"$enum": ["subprocess", "Popen", "x"]}, "'x'"),
        ({"$enum": ["functions.broken", "Colour", "r"]}, "'r'"),
        ({"$datetime": "not a time"}, "'not a time'"),
        ({"$zoneinfo": "Mars/Base"}, "'Mars/Base'"),
        ({"$unknown": 1}, "{'$unknown': 1}"),
    ],
)
def test_stored_state_that_makes_no_sense_here(runner: NewRunner, stored: Any, seen: str) -> None:
    project = runner(tell="def tell(conv):\n    return repr(conv.state.x)\n", broken="raise RuntimeError\n")
    outcome = project("tell", snapshot=Snapshot("call-1", state={"x": stored}))
    assert outcome.value == seen
    assert of_kind(outcome, "state") == []


def test_stored_data_imports_nothing_from_outside_the_project(runner: NewRunner) -> None:
    project = runner(tell="import sys\n\ndef tell(conv):\n    return 'this' in sys.modules\n")
    snapshot = Snapshot("call-1", state={"x": {"$dataclass": ["this", "s", {}]}})
    assert project("tell", snapshot=snapshot).value is False


def test_an_address_is_kept(runner: NewRunner) -> None:
    from aftercall.runtime import Host

    project = runner(
        ask="def ask(conv):\n    conv.state.address = conv.utils.extract_address(country='GB')\n",
        tell="def tell(conv):\n    return [type(conv.state.address).__name__, conv.state.address.city]\n",
    )
    said = Snapshot("call-1", history=[("user", "10 Downing Street, London")])
    host = Host(lambda prompt: {"street_number": "10", "street_name": "Downing Street", "city": "London"})
    asked = project("ask", snapshot=said, host=host)
    assert asked.ok, asked.traceback
    assert project("tell", snapshot=carried(asked)).value == ["Address", "London"]


def test_a_dict_assigned_to_state_is_the_state(runner: NewRunner) -> None:
    outcome = runner(
        end_function="""
        def end_function(conv):
            conv.state |= {"seen": 1}
            conv.state = {"items": [1], "left": conv.state.seen}
            conv.state["items"].append(2)
            return [conv.state.left, "old" in conv.state]
        """
    )("end_function", snapshot=Snapshot("call-1", state={"old": 1}))
    assert outcome.value == [1, False], outcome.traceback
    assert Snapshot.of("call-1", outcome.events).state == {"items": [1, 2], "left": 1}
    assert "old" in [key for event in of_kind(outcome, "state") for key in event.get("deleted", ())]
