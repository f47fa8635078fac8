"""``aftercall backfill``, ``metrics versions|compare``: from a pilot to a report."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.cli.conftest import Cli, Done
from tests.servers import PATIENCE_S, Server
from tests.web.calls import START, call, send

RULES: dict[str, Any] = {
    "question": "Do they want a cleaning?",
    "rules": [{"value": True, "any": [{"words": ["cleaning"], "speaker": "user"}]}],
    "otherwise": False,
    "extractors": ["rules"],
}
FIELD = "CLEANING"
_numbers = itertools.count()


@pytest.fixture
def slug() -> str:
    return f"backfilled-{next(_numbers)}"


@pytest.fixture
def http(running: Server, slug: str) -> httpx.Client:
    """Of a project with three calls that were over when its field was declared."""
    client = running.project(slug)
    for number in range(3):
        send(client, call(f"c{number}", START + number))
    declare(client, RULES)
    return client


@pytest.fixture
def fill(cli: Cli, http: httpx.Client, slug: str) -> Callable[..., Done]:
    return lambda *more, **options: cli("backfill", FIELD, "-p", slug, "--last", "all", *more, **options)


def declare(client: httpx.Client, rules: dict[str, Any]) -> None:
    body = {"type": "boolean", "extraction": {"extract": rules}}
    client.put(f"/v1/metrics/{FIELD}", json=body).raise_for_status()


def values(http: httpx.Client, slug: str) -> list[list[Any]]:
    return [written(http, f"/v1/conversations/{slug}/c{number}/events") for number in range(3)]


def written(http: httpx.Client, path: str) -> list[Any]:
    events = http.get(path).raise_for_status().json()["events"]
    return [one["event"]["value"] for one in events if one["event"].get("name") == FIELD]


def newest(http: httpx.Client, slug: str) -> dict[str, Any]:
    found: dict[str, Any] = http.get(f"/v1/backfills/{slug}").json()["backfills"][0]
    return found


def test_who_does_not_say_yes_has_written_nothing(
    fill: Callable[..., Done], http: httpx.Client, slug: str
) -> None:
    done = fill("--pilot", "2", stdin="n\n")
    assert done.code == 1
    assert "2 of 3 calls, tried" in done.out
    assert "hello, a cleaning please" in done.out
    assert f"{FIELD}: ok 2 (by rules 2)" in done.out
    assert "all 3: time " in done.out
    assert "Fill 3 calls?" in done.err
    assert newest(http, slug)["state"] == "cancelled"
    asked = fill("--json")  # a program, that did not say --yes
    assert asked.json["state"] == "cancelled"
    assert asked.json["pilot"]["statuses"] == {FIELD: {"ok": 3}}
    assert values(http, slug) == [[], [], []]


def test_yes_fills_and_a_second_time_nothing_is_left(
    cli: Cli, fill: Callable[..., Done], http: httpx.Client, slug: str
) -> None:
    done = fill("--yes")
    assert (done.code, done.err) == (0, "")
    assert "is done: 3 of 3 calls done" in done.out
    assert "100%        3  true" in done.out
    assert values(http, slug) == [[True], [True], [True]]
    again = fill("--no-pilot", "--json")
    assert again.json["result"]["statuses"] == {FIELD: {"already": 3}}
    condition = json.dumps([{"field": "duration", "op": "gt", "value": 1_000_000}])
    none = fill("--where", condition)
    assert (none.code, "no call that ended" in none.out) == (0, True)
    listed = cli("backfill", "--list", "-p", slug).out
    assert "cancelled" in listed
    assert "done" in listed
    shown = cli("backfill", "--follow", newest(http, slug)["backfill_id"], "-p", slug)
    assert shown.code == 3  # cancelled: it is not all done


def test_versions_are_listed_and_compared(
    cli: Cli, fill: Callable[..., Done], http: httpx.Client, slug: str
) -> None:
    fill("--no-pilot")
    other = {**RULES, "rules": [{"value": False, "if": {"words": ["please"]}}]}
    declare(http, other)
    refused = cli("metrics", "compare", FIELD, "-p", slug)
    assert (refused.code, "a backfill makes those" in refused.err) == (4, True)
    fill("--no-pilot")
    listed = cli("metrics", "versions", FIELD, "-p", slug)
    assert "(current)" in listed.out
    assert RULES["question"] in listed.out
    compared = cli("metrics", "compare", FIELD, "-p", slug)
    assert "0 of 3 calls agree (0.0%)" in compared.out
    assert "c2" in compared.out
    told = cli("metrics", "compare", FIELD, "-p", slug, "--json").json
    assert [(one["old"]["value"], one["new"]["value"]) for one in told["moves"]] == [(True, False)]


def test_what_it_does_not_understand(cli: Cli, slug: str, http: httpx.Client) -> None:
    assert cli("backfill").code == 2
    assert cli("backfill", "X", "--list").code == 2
    assert cli("backfill", "X", "--last", "1d", "--from", "2026-03-01").code == 2
    assert cli("backfill", "X", "--where", "{", "-p", slug).code == 2
    assert cli("backfill", "NOTHING", "-p", slug).code == 4
    assert cli("backfill", "--cancel", "bf-none", "-p", slug).code == 4


def test_ctrl_c_lets_it_go_on(
    fill: Callable[..., Done], http: httpx.Client, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("aftercall.cli.backfill.wait", interrupted)
        left = fill("--no-pilot", "--per-minute", "600")
    assert left.code == 130
    assert "--cancel" in left.err
    deadline = time.monotonic() + PATIENCE_S
    while (found := newest(http, slug))["state"] != "done":
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    assert found["result"]["statuses"] == {FIELD: {"ok": 3}}
    with monkeypatch.context() as patched:
        patched.setattr("aftercall.cli.backfill.wait", interrupted)
        piloted = fill("--again")
    assert (piloted.code, "nothing was written" in piloted.err) == (130, True)
    assert newest(http, slug)["state"] == "cancelled"
