"""How values were extracted, as fields of a question; answers that mix versions of a definition say so."""

from __future__ import annotations

from typing import Any

import pytest

from aftercall.metrics.strict import QueryInvalid
from aftercall.store.gaps import Gaps
from aftercall.store.versions import Versions
from tests.metrics.desk import Desk, Event, condition, wrote

ALL = {"all": True}


def extracted(value: Any, version: str = "v1", **lineage: Any) -> Event:
    told = {"status": "ok", "extractor": "rules", "definition": version, **lineage}
    return wrote("REASON", value, source="extraction", lineage=told)


@pytest.fixture
def read(desk: Desk) -> Desk:
    """Five calls: read well, unknown, failed, corrected by a person, said by the agent alone."""
    desk.metric("REASON", "text", expected_sources=("extraction",))
    at = "2026-03-30T10:00Z"
    desk.call("well", at, wrote("REASON", "agent's"), extracted("billing", extractor="llm"))
    desk.call("unknown", at, extracted(None, status="unknown"))
    desk.call("failed", at, extracted("", status="failed") | {"invalid": "failed: slow"})
    desk.call("corrected", at, extracted("billing"), wrote("REASON", "other", source="human"))
    desk.call("agent", at, wrote("REASON", "agent's"))
    return desk


def test_the_status_is_of_the_value_that_counts(read: Desk) -> None:
    assert read.rows({"by": ["REASON.status"], "over": ALL}) == [
        {"REASON.status": None, "conversations": 3},
        {"REASON.status": "failed", "conversations": 1},
        {"REASON.status": "unknown", "conversations": 1},
    ]
    of_source = read.rows({"by": ["REASON@extraction.status"], "over": ALL})
    assert {row["REASON@extraction.status"]: row["conversations"] for row in of_source} == {
        "ok": 2,
        "unknown": 1,
        "failed": 1,
        None: 1,
    }
    failed = {"metric": "REASON@extraction.status", "agg": "rate", "value": "failed"}
    assert read.row(failed) == {"REASON@extraction.status.rate": 0.25}


def test_conditions_on_how_it_was_extracted(read: Desk) -> None:
    assert read.ids(condition("REASON@extraction.extractor", "eq", "llm")) == {"well"}
    assert read.ids(condition("REASON.status", "in", ["failed", "unknown"])) == {"failed", "unknown"}
    told = {"well", "unknown", "failed", "corrected"}
    assert read.ids(condition("REASON@extraction.version", "exists")) == told


def test_a_metric_of_that_name_wins(read: Desk) -> None:
    read.metric("REASON.status", "number")
    read.call("named", "2026-03-30T11:00Z", wrote("REASON.status", 5))
    assert read.row({"metric": "REASON.status"}) == {"REASON.status.avg": 5}


@pytest.mark.parametrize("name", ["NOBODY.status", "REASON.stats", ".status", "REASON@nobody.status"])
def test_names_that_are_none(read: Desk, name: str) -> None:
    with pytest.raises(QueryInvalid, match="there is no such metric"):
        read.row({"metric": name, "agg": "conversations"})


def test_answers_that_mix_versions_say_so(read: Desk) -> None:
    question = {"measures": [{"metric": "REASON"}], "over": ALL}
    assert read.ask(question).mixed_versions == {}
    read.call("newer", "2026-03-30T12:00Z", extracted("billing", "v2"))
    # Where the agent wrote its word counts, and versions play no part.
    assert read.ask(question).mixed_versions == {"REASON": {"v1": 2, "v2": 1}}
    of_source = {"measures": [{"metric": "REASON@extraction"}], "over": ALL}
    assert read.ask(of_source).mixed_versions == {"REASON": {"v1": 4, "v2": 1}}
    only_known = {"where": [condition("REASON", "exists")], "over": ALL}
    assert read.ask(only_known).mixed_versions == {}
    narrow = {**question, "over": {"from": "2026-03-30T12:30", "to": "2026-03-30T14:00"}}
    assert read.ask(narrow).mixed_versions == {}
    assert read.ask({"over": ALL}).mixed_versions == {}


def test_versions_and_gaps_are_known_after_a_restart(read: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    read.call("newer", "2026-03-30T12:00Z", extracted("billing", "v2"))
    monkeypatch.setattr(read.store, "versions", Versions(read.store.engine))
    monkeypatch.setattr(read.store, "gaps", Gaps(read.store.engine))
    answer = read.ask({"measures": [{"metric": "REASON"}], "over": ALL})
    assert answer.mixed_versions == {"REASON": {"v1": 2, "v2": 1}}
    missing = answer.missing["REASON.conversations"]
    assert (missing.null, missing.invalid, missing.not_written) == (1, 1, 0)


def test_the_first_gap_is_noticed(desk: Desk) -> None:
    desk.metric("N", "number")
    desk.call("a", "2026-03-30T10:00Z", wrote("N", 1))
    desk.call("b", "2026-03-30T10:00Z")
    question = {"measures": [{"metric": "N"}], "over": ALL}
    assert desk.ask(question).missing["N.avg"].not_written == 1
    desk.call("c", "2026-03-30T10:00Z", wrote("N", None))
    desk.call("d", "2026-03-30T10:00Z", wrote("N", "many"))
    missing = desk.ask(question).missing["N.avg"]
    assert (missing.null, missing.not_written, missing.invalid) == (1, 1, 1)
