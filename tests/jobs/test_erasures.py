"""An erasure reaches what lies outside the store: stored answers, the ledger, the log of deliveries, jobs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aftercall.testing.model_endpoint import ModelEndpoint
from tests.jobs.desk import desk, wrote
from tests.jobs.machine import SLUG, Machine
from tests.jobs.receiver import Receiver, receiver, status

ASKING = """
def end_function(conv: Conversation):
    conv.write_metric("REASON", conv.utils.prompt_llm("What does the caller want?", show_history=True))
"""
SECRET = "my bill says xyzzy"


def dump(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump())


@pytest.fixture
def hooked() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


def jobs_of(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / "jobs.db")) as connection:
        rows = connection.execute("SELECT workflow_uuid FROM workflow_status WHERE status != 'PENDING'")
        return [row[0] for row in rows]


@pytest.mark.slow
def test_nothing_is_left_of_it_beside_the_store(tmp_path: Path, hooked: Receiver) -> None:
    hooked.script = status(500, f"no: {SECRET}".encode())
    home = tmp_path / "home"
    with ModelEndpoint() as endpoint:
        endpoint.script(f"they said: {SECRET}")
        env = {"AFTERCALL_LLM_URL": endpoint.url, "AFTERCALL_LLM_KEY": "k"}
        env["AFTERCALL_WEBHOOK_ALLOW_PRIVATE"] = "1"
        machine = Machine(home, env, {"delivery_backoff_s": [0.1, 3600.0]})
        try:
            machine.start()
            machine.make_project()
            machine.add_agent(ASKING)
            machine.client.post("/v1/webhooks", json={"url": hooked.url})
            gone, kept = machine.call(), machine.call()
            machine.until_analysed(gone, kept)

            def log() -> list[dict[str, Any]]:
                found: list[dict[str, Any]] = machine.client.get("/v1/deliveries").json()["deliveries"]
                return found

            machine.until(lambda: [one["tries"] for one in log()] == [2, 2], "both to have failed twice")
            for path, name in (("llm-cache.db", "conversation"), ("llm-ledger.db", "conversation")):
                assert gone in dump(home / path), name
            machine.tell({"kind": "erasure", "conversation_id": gone})
            machine.until(lambda: all(one["conversation_id"] != gone for one in log()), "the erasure")
            (erased,) = (one for one in log() if one["conversation_id"] != kept)
            assert (erased["conversation_id"], erased["status"]) == ("", "dropped")
            assert SECRET not in str(erased)
            machine.until(lambda: gone not in dump(home / "jobs.db"), "its jobs to be removed")
            for path in ("llm-cache.db", "llm-ledger.db", "jobs.db", "catalog.db"):
                assert gone not in dump(home / path), path
            assert kept in dump(home / "llm-cache.db")
            assert kept in dump(home / "jobs.db")
            # What was sent once can be asked for by hand, and finds nothing.
            machine.client.post(f"/v1/deliveries/{erased['id']}/redeliver")
            before = len(hooked.requests)
            machine.until(
                lambda: all(one["status"] == "dropped" for one in log() if one["id"] == erased["id"])
            )
            assert len(hooked.requests) == before
            # The other one's answer is still there: nothing is asked again.
            asked = len(endpoint.requests)
            machine.client.post(f"/v1/conversations/{SLUG}/{kept}/replay")
            machine.until(lambda: len(machine.outcomes(kept)) == 2)
            assert len(endpoint.requests) == asked
        finally:
            machine.close()


def test_erasures_of_before_a_start_are_found_after_it(tmp_path: Path) -> None:
    with desk(tmp_path, {"housekeeping_s": 3600.0}) as one, receiver() as hooked:
        hooked.script = status(500, b"no")
        project = one.project(lambda work: wrote(work, A=1))
        one.catalog.webhooks.create(project.id, hooked.url)
        c = one.call(project)
        one.until_status(project, c, "ok")
        one.until(lambda: one.catalog.deliveries.list(project.id), "the delivery")
        one.jobs.close()
        one.tell(project, {"kind": "erasure", "conversation_id": c})
        assert one.catalog.deliveries.list(project.id)[0].conversation_id == c
        one.restart_jobs()
        one.until(lambda: one.catalog.deliveries.list(project.id)[0].conversation_id == "", "the erasure")
        assert one.catalog.deliveries.list(project.id)[0].error == "the conversation was erased"
