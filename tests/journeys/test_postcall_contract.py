"""Every name of conv and flow, in odd imports among broken files, through the server's own child: a call told
by the SDK, analysed by ``aftercall serve``, read back through the API."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aftercall.sdk import Client, Conversation
from aftercall.testing.model_endpoint import ModelEndpoint
from aftercall.testing.model_reply import ModelCall, Reply
from tests.journeys import postcall_project
from tests.journeys.serving import Serving


class Mood(Enum):
    CALM = "calm"


@dataclass
class Patient:
    name: str
    mood: Mood


for _class in (Mood, Patient):  # as the agent process has them from the project
    _class.__module__ = "functions.people"


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[tuple[Serving, ModelEndpoint]]:
    together = threading.Barrier(4, timeout=30)

    def answer(call: ModelCall) -> Reply:
        asked = re.search(r"\[(\S+)\] (\w+)", call.text)
        assert asked is not None
        together.wait()  # passes only if four threads ask at once
        return Reply(value={asked[2]: {"LENGTH": 12.5, "OUTCOME": True}.get(asked[2], f"the {asked[2]}")})

    home = tmp_path / "home"
    with ModelEndpoint() as endpoint:
        endpoint.script(answer)
        env = {
            "AFTERCALL_LLM_URL": endpoint.url,
            "AFTERCALL_LLM_KEY": "k",
            "AFTERCALL_SECRET_CALENDAR_KEY": "4711",
        }
        one = Serving(home, env)
        secrets = home / "secrets" / "clinic"
        secrets.mkdir(parents=True)
        (secrets / "both").write_text('{"user": "ann", "password": "b"}\n')
        try:
            one.start()
            yield one, endpoint
        finally:
            one.close()


def hold_a_call(serving: Serving, spool: Path) -> str:
    """As an agent process does, with Python objects in its state."""
    url, key = str(serving.client.base_url), serving.client.headers["x-api-key"]
    client = Client(url, key, project="clinic", spool=spool)
    with Conversation(client=client, caller_number="+447700900123", variant_name="london") as conv:
        conv.add_turn("agent", "Hello")
        conv.add_turn("user", "A visit, please")
        conv.write_metric("LIVE")
        conv.write_metric("QA", "opening hours")
        conv.write_metric("QA", "parking")
        conv.goto_flow("Book a visit")
        conv.state.call_start = datetime.now()
        conv.state.aware = datetime.now(UTC)
        conv.state.zone = ZoneInfo("Europe/London")
        conv.state.seen = {1, 2}
        conv.state.patient = Patient("Ann", Mood.CALM)
        conv.state.tries = 2
        conv.add_turn("agent", "Friday at ten?")
    assert client.close(30)
    return conv.id


@pytest.mark.slow
def test_everything_the_contract_names(serving: tuple[Serving, ModelEndpoint], tmp_path: Path) -> None:
    machine, endpoint = serving
    machine.make_project()
    catalog = machine.client.get("/v1/projects").json()["projects"]
    assert [one["slug"] for one in catalog] == ["clinic"]
    settings = {"real_time_config": {"flag": "on"}}
    set_project(machine, settings)
    folder = postcall_project.write(tmp_path / "agent")
    (version,) = add(machine, folder)
    broken = {one["file"]: one["code"] for one in version["problems"] if one["severity"] == "error"}
    assert (
        broken.items()
        >= {
            "functions/syntax.py": "IMPORT_FAILED",
            "functions/missing.py": "IMPORT_FAILED",
            "flows/book/functions/bad.py": "IMPORT_FAILED",
        }.items()
    )
    assert {"offer", "end_function", "good", "fine"} <= {one["name"] for one in version["functions"]}

    cid = hold_a_call(machine, tmp_path / "spool")
    machine.until_attempted(cid)
    (attempt,) = machine.attempts(cid)
    assert attempt["status"] == "ok", attempt["traceback"]
    assert (attempt["llm_calls"], attempt["version"]) == (4, version["version"])
    assert machine.metrics(cid) == {
        "LIVE": "true",
        "QA": ["opening hours", "parking"],
        "MISSING": "nothing",
        "IMPORTS": "True Leeds-other-step",
        "CALLED": "Leeds Leeds Leeds-other-step",
        "FLOW": "Leeds Monday None Confirm; Leeds Friday 1 Confirm Confirm",
        "STATE": "Ann is calm",
        "AGENT_SAID": "2",
        "SAID": "Agent: Friday at ten?",
        "LAST_QA": "parking",
        "VARIANT": "london Europe/London on",
        "SECRET": "4711 ann",
        "HIDDEN": "true",
        "VALID": "true",
        "HAPPENED": "true",
        "FALSE": "false",
        "TEXT_ONE": "1",
        "ONCE": "first",
        "LIST": "[1, 2]",
        "REASON": "the REASON",
        "MOOD": "the MOOD",
        "OUTCOME": "true",
        "LENGTH": "12.5",
    }
    assert machine.invalid(cid) == {"LIST": "a list is no metric value"}
    assert len(endpoint.requests) == 4
    check_what_was_done(machine, cid)
    check_served(machine, cid)


def set_project(machine: Serving, settings: dict[str, object]) -> None:
    """There is no endpoint for settings yet: as the demo does it."""
    from aftercall.catalog.catalog import Catalog

    with Catalog.open(f"sqlite:///{machine.home}/catalog.db") as catalog:
        catalog.projects.update(catalog.projects.get("clinic").id, settings=settings)


def add(machine: Serving, folder: Path) -> list[dict[str, object]]:
    from aftercall.runtime import add

    add(machine.home, "clinic", folder)
    found: list[dict[str, object]] = machine.client.get("/v1/agent-versions").json()["versions"]
    return found


def check_what_was_done(machine: Serving, cid: str) -> None:
    """Everything conv did to the conversation is on it, on behalf of the extraction."""
    by_kind: dict[str, list[dict[str, object]]] = {}
    for event in machine.events(cid):
        if event.get("source") == "extraction":
            by_kind.setdefault(event["kind"], []).append(event)
    assert [(one["destination"], one["reason"]) for one in by_kind["handoff"]] == [("BILLING", "refund")]
    assert [(one.get("to"), one.get("template")) for one in by_kind["sms"]] == [
        ("+1", None),
        ("+447700900123", "booked"),
    ]
    flows = [(one.get("flow"), one.get("step")) for one in by_kind["flow"]]
    assert flows[:2] == [("Book a visit", "Confirm")] * 2
    assert flows[-1] == ("csat", None)
    assert {
        k: v for one in by_kind["update"] for k, v in one.items() if k in ("language", "variant_name")
    } == {
        "language": "fr-FR",
        "variant_name": "paris",
    }
    assert {one["name"] for one in by_kind["custom"]} >= {
        "say",
        "set_voice",
        "email",
        "csat_eligibility",
        "api_response",
        "attachments",
    }
    logs = {one["content"]: one for one in by_kind["log"]}
    assert logs["printed by end_function\n"]["is_pii"] is True
    assert logs["done"]["fields"] == {"error": "ValueError: no harm", "when": [1, 2]}
    assert "before doing" in logs
    assert {tuple(sorted(one["set"])) for one in by_kind["state"]} >= {("touched",), ("tries",)}  # type: ignore[arg-type]


def check_served(machine: Serving, cid: str) -> None:
    told = machine.client.get("/v3/default/clinic/conversations").json()["conversations"]
    (item,) = told
    assert item["id"] == cid
    assert (
        item["state"].items()
        >= {"patient": {"name": "Ann", "mood": "calm"}, "seen": [1, 2], "tries": 3}.items()
    )
    assert item["metrics"] == machine.metrics(cid)
    assert item["num_turns"] == 2  # what was said after the call is no turn of it
    assert (item["handoff"], item["handoff_destination"]) == (True, "BILLING")
