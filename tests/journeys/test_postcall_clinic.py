"""The example's end_function with a model, a model that answers oddly, and none; and what replay mends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aftercall.catalog.catalog import Catalog
from aftercall.store.schema import wide_table
from aftercall.store.store import Store
from aftercall.testing.model_endpoint import ModelEndpoint
from aftercall.testing.model_reply import ModelCall, Reply
from tests.extraction.calls import answer as found
from tests.journeys.serving import Serving

CLINIC = Path(__file__).resolve().parents[2] / "examples" / "dental_clinic"
ANSWERS: dict[str, dict[str, Any]] = {
    "plain": {
        "CALL_SUMMARY": "They asked about a bill.",
        "CALL_REASON": "billing question",
        "RESOLUTION": "Resolved",
        "SENTIMENT": "neutral",
        "FOLLOW_UP_NEEDED": False,
        "NO_SHOW_RISK": None,
        "ESCALATION_COUNT": "2",
    },
    "odd": {
        "CALL_SUMMARY": "It ended oddly.",
        "CALL_REASON": ["billing question", "payment"],
        "RESOLUTION": "resolved",
        "SENTIMENT": "ecstatic",
        "FOLLOW_UP_NEEDED": "yes",
        "NO_SHOW_RISK": "high",
        "ESCALATION_COUNT": "several",
    },
}

DECLARED = "BEGIN TRANSCRIPT"
"""Stands in the question for what metrics.yaml declares and end_function does not write: one more request."""


class Clinic(Serving):
    project = "juniper-lane-dental"


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    one = Clinic(tmp_path / "home")
    try:
        one.start()
        one.command("agents", "add", CLINIC)
        yield one
    finally:
        one.close()


def asked_by_code(endpoint: ModelEndpoint) -> list[ModelCall]:
    return [one for one in endpoint.requests if DECLARED not in one.text]


@pytest.fixture
def endpoint() -> Iterator[ModelEndpoint]:
    def answer(call: ModelCall) -> Reply:
        if DECLARED in call.text:
            return Reply(value={"REPEAT_CONTACT": found(False), "QUALITY": found(4)})
        which = "odd" if "odd" in call.text.rpartition("Transcript:")[2] else "plain"
        # Inside a fence and with a sentence before it, as models do.
        return Reply(f"Here is the analysis:\n```json\n{json.dumps(ANSWERS[which])}\n```")

    with ModelEndpoint() as one:
        one.script(answer)
        yield one


def write_models_yaml(clinic: Clinic, endpoint: ModelEndpoint) -> None:
    """end_function names no model: it gets the default one. The running server reads the file by itself."""
    told = {
        "endpoints": {"here": {"base_url": endpoint.url}},
        "models": {"small": {"endpoint": "here"}},
        "default": "small",
    }
    (clinic.home / "models.yaml").write_text(json.dumps(told))  # which is YAML too


def columns(clinic: Clinic, names: list[str]) -> dict[str, dict[str, Any]]:
    """By conversation, the columns of its row. The server has stopped."""
    with Catalog.open(f"sqlite:///{clinic.home}/catalog.db") as catalog:
        project = catalog.projects.get(clinic.project)
        with Store(f"chdb://{clinic.home}/engine", catalog) as store:
            rows = store.engine.select_dicts(
                f"SELECT conversation_id, {', '.join(names)} FROM {wide_table(project.id)} FINAL"
            )
    return {row.pop("conversation_id"): row for row in rows}


@pytest.mark.slow
def test_a_model_fills_the_columns(clinic: Clinic, endpoint: ModelEndpoint) -> None:
    write_models_yaml(clinic, endpoint)
    plain, odd = clinic.call_about("a bill"), clinic.call_about("something odd")
    clinic.until_analysed(plain, odd)
    assert {request.body["model"] for request in endpoint.requests} == {"small"}
    assert clinic.invalid(plain) == {}
    invalid = clinic.invalid(odd)
    assert set(invalid) == {"CALL_REASON", "SENTIMENT", "ESCALATION_COUNT"}
    assert "list" in invalid["CALL_REASON"]
    assert "ecstatic" in invalid["SENTIMENT"]
    shown = clinic.metrics(odd)
    assert (shown["SENTIMENT"], shown["ANALYZED_BY"]) == ("ecstatic", "model")
    assert "NO_SHOW_RISK" not in clinic.metrics(plain)  # null: nothing is known
    clinic.stop()
    rows = columns(clinic, [*ANSWERS["plain"], "ANALYZED_BY", "postcall_status"])
    assert rows[plain] == {
        **ANSWERS["plain"],
        "RESOLUTION": "resolved",
        "ESCALATION_COUNT": 2,
        "ANALYZED_BY": "model",
        "postcall_status": "ok",
    }
    assert rows[odd] == {
        **ANSWERS["odd"],
        "CALL_REASON": None,
        "SENTIMENT": None,
        "FOLLOW_UP_NEEDED": True,
        "ESCALATION_COUNT": None,
        "ANALYZED_BY": "model",
        "postcall_status": "ok",
    }


@pytest.mark.slow
def test_without_a_model_the_error_is_there_and_replay_mends_it(
    clinic: Clinic, endpoint: ModelEndpoint
) -> None:
    calls = [clinic.call_about("a bill") for _ in range(3)]
    clinic.until_attempted(*calls)
    for cid in calls:
        (attempt,) = clinic.attempts(cid)
        assert (attempt["status"], attempt["retry_at"]) == ("failed", None)
        assert attempt["error"].startswith("NotImplementedError: no model is configured")
        assert "functions/end_function.py" in attempt["traceback"]
        shown = clinic.metrics(cid)  # the conversation is served, with what was written before the error
        assert (shown["LIVE"], shown["ANALYZED_BY"]) == ("1", "rules")
        assert shown["CALL_REASON"] == "payment"  # by the rules of metrics.yaml, asked after the error
    failed = clinic.client.get("/v1/postcall").json()
    assert (failed["counts"]["failed"], failed["counts"]["due"]) == (3, 0)
    assert {one["conversation_id"] for one in failed["failures"]} == set(calls)

    write_models_yaml(clinic, endpoint)
    assert clinic.client.post("/v1/postcall/replay-failed").json() == {"replayed": 3}
    clinic.until_analysed(*calls)
    for cid in calls:
        assert [one["status"] for one in clinic.attempts(cid)] == ["failed", "ok"]
        shown = clinic.metrics(cid)
        assert (shown["ANALYZED_BY"], shown["ESCALATION_COUNT"]) == ("model", "2")
    clinic.until(lambda: clinic.client.get("/v1/postcall").json()["counts"]["failed"] == 0)
    assert len(asked_by_code(endpoint)) == 3  # once each
    assert len(endpoint.requests) == 6
    # Asked again, the same questions get the stored answers; asked anew, the model answers anew.
    again = f"/v1/conversations/{clinic.project}/{calls[0]}/replay"
    clinic.client.post(again)
    clinic.until(lambda: len(clinic.attempts(calls[0])) == 3)
    assert len(endpoint.requests) == 6
    clinic.client.post(again, json={"fresh": True})
    clinic.until(lambda: len(clinic.attempts(calls[0])) == 4)
    assert (len(asked_by_code(endpoint)), len(endpoint.requests)) == (4, 8)
    assert clinic.metrics(calls[0])["ESCALATION_COUNT"] == "2"  # not twice
