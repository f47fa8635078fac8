"""Sends simulated calls to a server: two months of them, then new ones as they happen.

    python -m aftercall.demo.simulator.feed --project juniper-lane-dental --calls 2000

It finds the server by AFTERCALL_HOME and says on standard output how far it is, one JSON object per line:
``{"played": n, "of": m, "sent": bool}``. It ends when its standard input does: whoever started it has gone.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import msgspec

from aftercall.cli.connection import read_server_file
from aftercall.config import Config
from aftercall.demo.simulator.live import live
from aftercall.demo.simulator.past import SEED, past
from aftercall.errors import InternalError, Unavailable
from aftercall.ingest.importer.sender import Sender, Verdict
from aftercall.model.times import now_ms

CALLS_AT_ONCE = 60
"""In one request: about 2,500 events."""
IN_FLIGHT = 3

Events = list[dict[str, Any]]
Tell = Callable[[int, int, bool], None]


class Journal(msgspec.Struct):
    """Decided when the demo first ran in this home, so that a second run goes on with the same past."""

    until: int
    calls: int
    days: int
    done: int = 0
    """Calls the server has acknowledged."""

    @classmethod
    def open(cls, path: Path, calls: int, days: int) -> Journal:
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except (FileNotFoundError, msgspec.MsgspecError):
            return cls(until=now_ms(), calls=calls, days=days)

    def save(self, path: Path) -> None:
        draft = path.with_suffix(".new")
        draft.write_bytes(msgspec.json.encode(self))
        draft.replace(path)


def send_past(
    sender: Sender,
    journal: Journal,
    path: Path,
    tell: Tell,
    stop: threading.Event,
    *,
    version: str | None = None,
    analysed: bool = False,
) -> None:
    """From where the journal stands to its end. Raises what the sender raises; what was done is kept."""
    calls = past(
        SEED,
        journal.calls,
        journal.days,
        until=journal.until,
        skip=journal.done,
        version=version,
        analysed=analysed,
    )
    waiting: deque[tuple[int, Future[Verdict]]] = deque()

    def settle() -> None:
        number, future = waiting.popleft()
        _check(future.result())
        journal.done += number
        journal.save(path)
        tell(journal.done, journal.calls, False)

    journal.save(path)
    with ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="feed") as pool:
        for group in _grouped(calls, CALLS_AT_ONCE):
            if stop.is_set():
                break
            if len(waiting) >= IN_FLIGHT:
                settle()
            waiting.append((len(group), pool.submit(sender.send, body_of(group))))
        while waiting:
            settle()


def send_live(sender: Sender, stop: threading.Event, *, version: str | None) -> None:
    """Calls that happen now; the server analyses them, as it does real ones."""
    for events in live(stop, version=version):
        _check(sender.send(body_of([events])))


def body_of(calls: Iterable[Events]) -> bytes:
    return msgspec.json.encode({"schema": 1, "events": [event for events in calls for event in events]})


def _grouped(calls: Iterable[Events], size: int) -> Iterator[list[Events]]:
    group: list[Events] = []
    for events in calls:
        group.append(events)
        if len(group) >= size:
            yield group
            group = []
    if group:
        yield group


def _check(verdict: Verdict) -> None:
    if verdict.rejected:
        first = verdict.rejected[0]
        raise InternalError(f"the server refused a simulated event: {first.code}: {first.reason}")


def main() -> int:
    """Raises Unavailable where no server runs on this home."""
    parser = argparse.ArgumentParser(prog="python -m aftercall.demo.simulator.feed")
    parser.add_argument("--project", required=True, help="slug of the project that the calls belong to")
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--version", help="of the agent project that answers, if the server knows it")
    parser.add_argument("--analysed", action="store_true", help="run end_function of the past calls here")
    parser.add_argument("--no-live", action="store_true", help="end after the past")
    options = parser.parse_args()
    # Ctrl-C reaches every process of the terminal; this one ends when the server's end closes its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = threading.Event()
    config = Config.from_env()
    found = read_server_file(config.server_file)
    if found is None:
        raise Unavailable(f"no server runs on {config.home}", code="UNREACHABLE")
    url, key, _ = found
    with httpx.Client(base_url=url, headers={"x-api-key": key}, timeout=60.0, trust_env=False) as client:
        sender = Sender(client, options.project)
        threading.Thread(target=_until_input_ends, args=(stop, sender), daemon=True).start()
        try:
            _feed(sender, config.home / "demo-simulator.json", options, stop)
        except Unavailable as error:
            if not stop.is_set() or error.code != "UNREACHABLE":
                raise  # else the server went first, and whoever is left has nobody to tell
    return 0


def _feed(sender: Sender, path: Path, options: argparse.Namespace, stop: threading.Event) -> None:
    journal = Journal.open(path, options.calls, options.days)
    if options.calls:
        told = {"version": options.version, "analysed": options.analysed}
        send_past(sender, journal, path, _tell, stop, **told)
    _tell(journal.done, journal.calls, True)
    if not options.no_live and not stop.is_set():
        send_live(sender, stop, version=options.version)


def _until_input_ends(stop: threading.Event, sender: Sender) -> None:
    while os.read(0, 4096):  # not sys.stdin: its lock, held here, would break the interpreter's shutdown
        continue
    stop.set()
    sender.stop()


def _tell(played: int, of: int, sent: bool) -> None:
    print(json.dumps({"played": played, "of": of, "sent": sent}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
