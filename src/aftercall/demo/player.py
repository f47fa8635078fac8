"""The demo's agent process: plays made-up calls through the SDK, first of the past 60 days, then live.

    python -m aftercall.demo.player --history 320

It says on standard output how far it is, one JSON object per line, and ends when its standard input
does: whoever started it has gone.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from aftercall.demo.call import Call, Step
from aftercall.demo.clinic import LINE, PROJECT
from aftercall.demo.past import Past
from aftercall.demo.scenes import made_up_call
from aftercall.model.times import now_ms
from aftercall.sdk.client import Client
from aftercall.sdk.conversation import Conversation
from aftercall.sdk.sink import Sink

DAYS = 60
DAY_MS = 86_400_000
OPENS, CLOSES = 8.0, 18.0
"""Hours (UTC) between which most calls of the past came in."""
NEXT_CALL_S = (6.0, 18.0)
"""Seconds from one live call to the next."""
AT_ONCE = 4
SEED = "juniper"


class Journal:
    """Which calls of the past were begun, in the home: a demo that is started again goes on after them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begun(self) -> int:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=int)
        except (FileNotFoundError, msgspec.MsgspecError):
            return 0

    def begin(self, number: int) -> None:
        draft = self._path.with_suffix(".new")
        draft.write_bytes(msgspec.json.encode(number))
        draft.replace(self._path)


def play_history(client: Sink, journal: Journal, count: int, stop: threading.Event, tell: Tell) -> None:
    """The oldest call first, evenly over the days and mostly in office hours."""
    began = now_ms() - DAYS * DAY_MS
    for number in range(journal.begun(), count):
        if stop.is_set():
            return
        journal.begin(number + 1)
        call = made_up_call(f"{SEED}-{number}")
        start = _moment(began, number, count)
        past = Past(client, start)
        conversation = _conversation(call, past, f"demo-{number:04d}")
        for step in call.steps:
            past.now = start + step.at
            perform(conversation, step, past.now)
        past.now = start + call.duration
        conversation.end(call.ended_reason)
        tell(number + 1, count)


def _moment(began: int, number: int, count: int) -> int:
    """Of the call with this number: its day in order, its hour by chance."""
    day = began + number * DAYS // count * DAY_MS
    midnight = day - day % DAY_MS
    chance = random.Random(f"{SEED}-hour-{number}")
    hour = chance.uniform(0, 24) if chance.random() < 0.1 else chance.uniform(OPENS, CLOSES)
    return min(midnight + int(hour * 3_600_000), now_ms() - 900_000)


def play_live(client: Sink, stop: threading.Event) -> None:
    """One call after another, several at once, each in its own time; returns when ``stop`` is set."""
    seats = threading.Semaphore(AT_ONCE)
    calls: list[threading.Thread] = []
    while not stop.wait(random.uniform(*NEXT_CALL_S) if calls else 0):
        if seats.acquire(blocking=False):
            call = made_up_call(f"{SEED}-live-{now_ms()}")
            thread = threading.Thread(target=_live_call, args=(call, client, stop, seats), daemon=True)
            calls = [*(one for one in calls if one.is_alive()), thread]
            thread.start()
    for thread in calls:
        thread.join()


def _live_call(call: Call, client: Sink, stop: threading.Event, seats: threading.Semaphore) -> None:
    conversation = _conversation(call, client, None)
    passed = 0
    reason = call.ended_reason
    for step in call.steps:
        if stop.wait((step.at - passed) / 1000):
            reason = "agent_hangup"  # the clinic's agent is being shut down: the caller hears a click
            break
        passed = step.at
        perform(conversation, step, now_ms())
    stop.wait((call.duration - passed) / 1000)
    conversation.end(reason)
    seats.release()


def _conversation(call: Call, client: Sink, conversation_id: str | None) -> Conversation:
    conversation = Conversation(
        project=PROJECT,
        id=conversation_id,
        client=client,
        channel=call.channel,
        direction="inbound",
        from_number=call.caller_number,
        to_number=LINE,
        language=call.language,
        variant_name=call.variant,
        agent_version="demo-1",
        tags=["demo"],
    )
    conversation.start()
    return conversation


def perform(conversation: Conversation, step: Step, at: int) -> None:
    """The step as an agent process would tell it; ``at`` epoch milliseconds."""
    told = dict(step.told)
    if step.kind == "turn":
        told["ended_at"] = at + told.pop("ended_after", 0)
        conversation.add_turn(told.pop("speaker"), told.pop("text"), at=at, **told)
    elif step.kind == "metric":
        conversation.write_metric(told["name"], *([told["value"]] if "value" in told else []))
    elif step.kind == "function":
        conversation.record_function_call(**told)
    elif step.kind == "handoff":
        conversation.handoff(told["destination"], told["reason"])
    elif step.kind == "sms":
        conversation.send_sms(to_number=told["to"], content=told["content"])
    elif step.kind == "flow":
        conversation.flow(told["flow"])
    else:
        for key, value in told.items():
            conversation.state[key] = value


Tell = Callable[[int, int], None]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m aftercall.demo.player")
    parser.add_argument("--history", type=int, default=320, help="calls of the last 60 days")
    options = parser.parse_args()
    stop = threading.Event()
    threading.Thread(target=_until_input_ends, args=(stop,), daemon=True).start()
    with Client(project=PROJECT) as client:
        journal = Journal(client.settings.home / "demo-history.json")
        play_history(client, journal, options.history, stop, _tell)
        client.flush(120)
        _tell(options.history, options.history, sent=True)
        play_live(client, stop)
    return 0


def _until_input_ends(stop: threading.Event) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    stop.set()


def _tell(played: int, of: int, *, sent: bool = False) -> None:
    print(json.dumps({"played": played, "of": of, "sent": sent}), flush=True)


if __name__ == "__main__":
    # Ctrl-C reaches every process of the terminal; this one ends when the server's end closes its input.
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(main())
