"""Holds what the API says and what stands in the tables against the reference."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from aftercall.catalog.catalog import Catalog
from tests import reference
from tests.journeys.api import Json
from tests.journeys.tables import Read, Row, project_rows
from tests.journeys.world import World
from tests.reference import Project, Shown

AGENT_FIELDS = {
    "startedAt": "started_at",
    "channel": "channel",
    "fromNumber": "from_number",
    "toNumber": "to_number",
    "variantId": "variant_id",
    "clientEnv": "environment",
    "totalDuration": "total_duration",
    "duration": "polyai_duration",
    "inProgress": "in_progress",
    "handoff": "handoff",
    "handoffDestination": "handoff_destination",
    "handoffReason": "handoff_reason",
    "turns": "turns",
    "metrics": "metrics",
}
"""The agents API's names for what v3 says too."""


def check_agent_item(got: Json | None, shown: Shown | None) -> None:
    if shown is None or got is None:
        assert got is None and shown is None, (got, shown)
        return
    want = reference.api(shown)
    expected = {name: want[field] for name, field in AGENT_FIELDS.items()}
    expected |= {
        "finishedAt": reference.iso(shown.ended_at),
        "language": shown.fact("language"),
        "direction": shown.fact("direction"),
        "deploymentId": shown.fact("agent_version"),
        "tags": shown.fact("tags") or [],
    }
    same({name: got[name] for name in expected}, expected)
    assert [call["id"] for call in got["functionEvents"]] == [e["id"] for e in shown.of("function_call")]


def check_list(items: list[Json], project: Project, environment: str) -> None:
    """Every conversation of that environment, once, newest first, and each as the reference has it."""
    shown = {id_: s for id_ in project.told if (s := project.shown(id_)) is not None}
    here = {id_: s for id_, s in shown.items() if (s.fact("environment") or "live") == environment}
    places = sorted(((s.started_at, id_.encode()) for id_, s in here.items()), reverse=True)
    assert [item["id"].encode() for item in items] == [id_ for _, id_ in places]
    for item in items:
        want = reference.api(here[item["id"]])
        same({field: item[field] for field in want}, want)


def check_finished(world: World, read: Read, finished: list[tuple[str, Project]]) -> None:
    """The tables of these projects of the world."""
    with Catalog.open(world.catalog_url, migrate=False) as catalog:
        for slug, project in finished:
            registry = catalog.metrics.list(catalog.projects.get(slug).id)
            columns = {metric.name: metric.column for metric in registry.metrics}
            wait_until(partial(erased_are_gone, read, registry.project_id, project), 30)
            check_tables(read, registry.project_id, project, columns)


def erased_are_gone(read: Read, project_id: int, project: Project) -> bool:
    """Erased conversations are out of sight at once; from the disk a little later."""
    [rows] = read(
        [
            f"SELECT DISTINCT conversation_id FROM aftercall.events WHERE project_id = {project_id}"
            " AND kind != 'erasure'"
        ]
    )
    return all(project.shown(row["conversation_id"]) is not None for row in rows)


def wait_until(condition: Callable[[], bool], seconds: float, *seen: object) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so after {seconds} s: {condition} {seen}"
        time.sleep(0.05)


def check_tables(read: Read, project_id: int, project: Project, columns: dict[str, str]) -> None:
    """One live row per conversation, its columns as the reference has them; each event and turn once.

    ``columns``: of each registered metric, by name.
    """
    wide, events, turns = (by_conversation(rows) for rows in project_rows(read, project_id))
    assert wide.keys() | events.keys() | turns.keys() <= project.told.keys()
    for id_ in project.told:
        shown = project.shown(id_)
        check_events(events[id_], project.told[id_], erased=shown is None)
        if shown is None:
            assert (wide[id_], turns[id_]) == ([], []), id_
        else:
            assert len(wide[id_]) == 1, (id_, wide[id_])
            check_row(wide[id_][0], shown, project.types, columns)
            check_turns(turns[id_], shown)


def by_conversation(rows: list[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["conversation_id"]].append(row)
    return grouped


def check_row(row: Row, shown: Shown, types: dict[str, str], columns: dict[str, str]) -> None:
    want = reference.columns(shown, types)
    metrics = {columns[name]: want.pop(name, None) for name in columns}
    want = {name: value for name, value in want.items() if name not in shown.metrics}
    # A value that tells no type registers nothing. If another conversation registers the name later, this
    # row shows it as invalid no sooner than it is next written.
    untold = {
        name
        for name, writes in shown.metrics.items()
        if "invalid" in writes[-1] or isinstance(writes[-1].get("value"), list)
    }
    got_invalid, want_invalid = set(row["metrics_invalid"]), set(want.pop("metrics_invalid"))
    assert want_invalid - untold <= got_invalid <= want_invalid, (got_invalid, want_invalid)
    check_writes(row, want.pop("writes"), typeless(shown))
    same({name: row[name] for name in want}, want)
    same({name: row[name] for name in metrics}, metrics)
    assert row["version"] >> 32 == len(shown.all) and row["is_deleted"] == 0


def typeless(shown: Shown) -> set[str]:
    """Names that none of the writes that count here registers: whoever does that may do it at any time."""
    return {
        name
        for name, writes in shown.metrics.items()
        if all("invalid" in w or type(w.get("value", True)) not in reference.INFERRED for w in writes)
    }


def check_writes(row: Row, want: list[tuple[Any, ...]], typeless: set[str]) -> None:
    arrays = [row[f"write_{name}"] for name in ("names", "sources", "times", "types", "numbers", "texts")]
    got = list(zip(*arrays, strict=True))
    assert [one[:3] for one in got] == [one[:3] for one in want]
    typed = [(w[0], *w[3:]) for w in got if w[0] not in typeless]
    assert typed == [(w[0], *w[3:]) for w in want if w[0] not in typeless]


def check_events(rows: list[Row], told: dict[str, Any], *, erased: bool) -> None:
    kept = {id_: e for id_, e in told.items() if not erased or e["kind"] == "erasure"}
    assert sorted(row["event_id"] for row in rows) == sorted(kept)
    for row in rows:
        event = kept[row["event_id"]]
        sent = {name: value for name, value in event.items() if name not in ("arrival", "source", "seq")}
        body = json.loads(row["body"])
        assert {name: body[name] for name in sent} == sent
        same(
            {name: row[name] for name in ("kind", "at", "seq", "source")},
            {name: event[name] for name in ("kind", "at", "seq", "source")},
        )


def check_turns(rows: list[Row], shown: Shown) -> None:
    got = sorted((r["event_id"], r["speaker"], r["text"], r["at"], r["started_at"]) for r in rows)
    want = sorted((t["id"], t["speaker"], t["text"], t["at"], shown.started_at) for t in shown.turns)
    assert got == want


def same(got: Json, want: Json) -> None:
    """Equal; a failure shows only what differs."""
    differing = {name: (got[name], want[name]) for name in want if got[name] != want[name]}
    assert not differing, f"got and wanted: {differing}"
