"""A call that a command holds, as the server hears of it."""

from __future__ import annotations

import time
from typing import Any

from aftercall.cli.api import Api, segment
from aftercall.errors import InternalError

Event = dict[str, Any]
LOOK_EVERY_S = 0.2


class Recorder:
    """Keeps the events of a call and sends them in order; those the server did not take wait for the next
    ``send``, so that a server which is away for a moment costs nothing."""

    def __init__(self, api: Api, project: str) -> None:
        self._api = api
        self._project = project
        self._waiting: list[Event] = []

    def keep(self, event: Event) -> None:
        self._waiting.append(event)

    def send(self) -> None:
        """Raises Unavailable; the events are kept. InternalError for one that the server refused."""
        if not self._waiting:
            return
        body = {"schema": 1, "events": self._waiting}
        answer = self._api.post("/v1/ingest", body, project=self._project)
        self._waiting = []
        if answer["rejected"]:
            first = answer["rejected"][0]
            raise InternalError(f"the server refused an event of this call: {first['reason']}")

    def analysis(self, conversation_id: str, patience_s: float) -> list[Event] | None:
        """What the server's ``end_function`` wrote, its outcome last; None where that takes longer."""
        path = f"/v1/conversations/{segment(self._project)}/{segment(conversation_id)}/events"
        deadline = time.monotonic() + patience_s
        while True:
            told = [_judged(one) for one in self._api.get(path)["events"]]
            outcome = next((event for event in reversed(told) if event["kind"] == "postcall"), None)
            if outcome is not None:
                written = [event for event in told if event.get("source") == "extraction"]
                return [*(event for event in written if event["kind"] != "postcall"), outcome]
            if time.monotonic() > deadline:
                return None
            time.sleep(LOOK_EVERY_S)


def _judged(told: Event) -> Event:
    """As it was sent, and where its value does not fit the registered metric, why."""
    invalid = {} if told["invalid"] is None else {"invalid": told["invalid"]}
    return {**told["event"], "kind": told["kind"], **invalid}
