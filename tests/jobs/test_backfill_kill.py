"""A backfill whose server is killed goes on where it was: nobody is asked twice for what was answered."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aftercall.testing.model_endpoint import ModelCall, ModelEndpoint, Reply
from tests.jobs.machine import SLUG, Machine

CALLS = 40
AT_ONCE = 3
SETTLED_S = 1.0
"""An answer that came so long before a kill is stored."""
NUMBER = re.compile(r"ticket (\d+) please")


class Desk:
    """Answers each call about its ticket, slowly, and remembers when it did."""

    def __init__(self) -> None:
        self.answered: dict[str, float] = {}

    def __call__(self, call: ModelCall) -> Reply:
        ticket = _ticket(call)
        time.sleep(0.1)
        self.answered.setdefault(ticket, time.monotonic())
        told = {"status": "ok", "value": int(ticket), "reason": "said", "confidence": 1, "evidence": []}
        return Reply(value={"TICKET": told})


def _ticket(call: ModelCall) -> str:
    found = NUMBER.search(str(call.body))
    assert found is not None
    return found[1]


@pytest.fixture
def endpoint() -> Iterator[ModelEndpoint]:
    with ModelEndpoint() as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, endpoint: ModelEndpoint) -> Iterator[Machine]:
    one = Machine(tmp_path / "home", {"AFTERCALL_LLM_URL": endpoint.url, "AFTERCALL_LLM_MODEL": "double"})
    one.start()
    yield one
    one.close()


@pytest.mark.slow
def test_killed_again_and_again(machine: Machine, endpoint: ModelEndpoint) -> None:
    desk = Desk()
    endpoint.script(desk)
    machine.make_project()
    machine.tell(*(event for number in range(CALLS) for event in call(number)))
    asked = {"type": "integer", "extraction": {"extract": {"question": "Which ticket?", "grounded": "no"}}}
    assert machine.client.put("/v1/metrics/TICKET", json=asked).status_code == 200
    body = {"metrics": ["TICKET"], "over": {"all": True}, "pilot": 0, "at_once": AT_ONCE}
    answer = machine.client.post(f"/v1/backfills/{SLUG}", json=body)
    assert answer.status_code == 202, answer.text
    made = answer.json()
    kills: list[tuple[set[str], int]] = []
    for share in (CALLS // 4, CALLS // 2):
        assert endpoint.wait_for(lambda share=share: len(desk.answered) >= share, 120)  # type: ignore[misc]
        machine.kill()
        now = time.monotonic()
        settled = {ticket for ticket, at in desk.answered.items() if now - at > SETTLED_S}
        kills.append((settled, len(endpoint.requests)))
        machine.start()
    done = machine.until(lambda: over(machine, made["backfill_id"]), "the end of the backfill")
    assert (done["state"], done["done"], done["total"]) == ("done", CALLS, CALLS)
    assert done["result"]["statuses"] == {"TICKET": {"ok": CALLS}}
    asked_for = [_ticket(one) for one in endpoint.requests]
    assert set(asked_for) == {str(number) for number in range(CALLS)}
    assert len(asked_for) <= CALLS + 2 * AT_ONCE  # what was under way at each kill
    assert kills[1][0]  # or the lines below would show nothing
    for settled, before in kills:
        assert not settled & set(asked_for[before:])
    for number in range(CALLS):
        written = [one for one in machine.events(f"c{number}") if one.get("name") == "TICKET"]
        assert [one["value"] for one in written] == [number]
        assert machine.metrics(f"c{number}") == {"TICKET": str(number)}


def over(machine: Machine, backfill_id: str) -> dict[str, Any] | None:
    told: dict[str, Any] = machine.client.get(f"/v1/backfills/{SLUG}/{backfill_id}").json()
    return told if told["state"] not in ("running", "paused") else None


def call(number: int) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = [
        {"kind": "start"},
        {"kind": "turn", "speaker": "user", "text": f"ticket {number} please"},
        {"kind": "end", "last_seq": 3},
    ]
    return [{**event, "conversation_id": f"c{number}", "seq": i} for i, event in enumerate(events, 1)]
