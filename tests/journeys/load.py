"""Load: threads that tell of calls as the SDK does, and remember what was acknowledged.

Every event has its own moment, so that what must be shown does not depend on which request came first.
"""

from __future__ import annotations

import json
import random
import threading
from typing import Any

import httpx

from tests.journeys.told import BASE, DAY
from tests.reference import Event

GIVE_UP = 0.2
"""How often a request that failed is not sent again: its events were never acknowledged."""
PATIENCE_S = 90


class Caller(threading.Thread):
    """Tells of calls until ``done``; ``go`` is cleared while the server is known to be down."""

    def __init__(self, number: int, urls: list[str], key: str, project: str, seed: int) -> None:
        super().__init__(name=f"caller-{number}")
        self.number = number
        self.urls = urls
        self.headers = {"x-api-key": key, "x-aftercall-project": project}
        self.random = random.Random(f"{seed}-{number}")
        self.go = threading.Event()
        self.go.set()
        self.done = threading.Event()
        self.sent: dict[tuple[str, str], Event] = {}
        self.acknowledged: set[tuple[str, str]] = set()
        self.given_up = 0
        self.retried = 0
        self.failure: BaseException | None = None
        self._moment = BASE + number
        self._ids = 0

    def run(self) -> None:
        try:
            with httpx.Client(headers=self.headers, timeout=PATIENCE_S, trust_env=False) as http:
                while not self.done.is_set():
                    self._tell(http, self._batch())
        except BaseException as failure:
            self.failure = failure
            raise

    def _tell(self, http: httpx.Client, batch: list[Event]) -> None:
        names = [(event["conversation_id"], event["id"]) for event in batch]
        self.sent.update(zip(names, batch, strict=True))
        body = json.dumps({"events": batch})
        while True:
            verdict = self._post(http, body)
            if verdict is not None:
                assert verdict["rejected"] == [], verdict
                assert verdict["accepted"] + verdict["duplicates"] == len(batch), verdict
                self.acknowledged.update(names)
                return
            if self.random.random() < GIVE_UP or self.done.is_set():
                self.given_up += 1
                return
            self.retried += 1
            self.go.wait(PATIENCE_S)

    def _post(self, http: httpx.Client, body: str) -> dict[str, Any] | None:
        """None where the server did not take it: it is gone, or stopping."""
        try:
            answer = http.post(f"{self.random.choice(self.urls)}/v1/ingest", content=body)
        except httpx.TransportError:
            return None
        if answer.status_code == 503:
            return None
        assert answer.status_code == 200, answer.text
        verdict: dict[str, Any] = answer.json()
        return verdict

    def _batch(self) -> list[Event]:
        return [self._event() for _ in range(self.random.randint(1, 8))]

    def _event(self) -> Event:
        """Of a call of its own, or of one that all callers tell of; after some events come other calls."""
        self._ids += 1
        self._moment += 1_000
        age = self._ids // 60
        who = self.random.choice([f"own-{self.number}", f"own-{self.number}", "shared"])
        told = {"conversation_id": f"{who}-{age}", "id": f"{self.number}-{self._ids}", "at": self._moment}
        return {**told, **self._said()}

    def _said(self) -> dict[str, Any]:
        draw = self.random
        number = draw.randrange(100)
        kinds: list[tuple[int, dict[str, Any]]] = [
            (40, {"kind": "turn", "speaker": draw.choice(["user", "agent"]), "text": f"words {number}"}),
            (30, {"kind": "metric", "name": f"COUNT_{number % 7}", "value": number}),
            (10, {"kind": "metric", "name": "BOOKED"}),
            (6, {"kind": "metric", "name": "REASON", "value": f"reason {number}", "write_once": True}),
            (6, {"kind": "function_call", "name": "book", "error": draw.choice([None, "no slot"])}),
            (4, {"kind": "update", "started_at": BASE - number * DAY, "source": "human"}),
            (2, {"kind": "retraction", "target": f"{self.number}-{max(1, self._ids - number)}"}),
            (2, {"kind": "end", "reason": "completed"}),
        ]
        return draw.choices([said for _, said in kinds], [weight for weight, _ in kinds])[0]


def run_callers(callers: list[Caller]) -> None:
    for caller in callers:
        caller.start()


def stop_callers(callers: list[Caller]) -> None:
    """Raises what any of them raised."""
    for caller in callers:
        caller.done.set()
        caller.go.set()
    for caller in callers:
        caller.join(PATIENCE_S)
        assert not caller.is_alive(), f"{caller.name} does not end"
    for caller in callers:
        if caller.failure is not None:
            raise caller.failure
