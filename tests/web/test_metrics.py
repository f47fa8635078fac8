"""/v1/metrics and /v1/registry: the registry by itself, and beside what was written."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from aftercall.model.times import now_ms
from aftercall.web.api.metric_models import (
    ExportShape,
    LintShape,
    MetricItemShape,
    MetricListShape,
    MetricValuesShape,
    PlanShape,
    PreviewShape,
)
from tests.servers import Server
from tests.web.calls import assert_error, metric, send, start

REASON = {"type": "categorical", "options": ["billing", "booking"], "definition": "Why they called."}
HOSTILE = [
    "a/b",
    "/",
    "x/values",
    "x/preview",
    "values",
    "100 %",
    "%2F",
    "a?b#c",
    "Größe ß 名前 🙂",
    "'; DROP TABLE metrics; --",
    "{name:String}",
    "<script>",
    " padded ",
    "...",
    "a\\b",
    "+",
    "e\u0301",
]


def path(name: str, more: str = "") -> str:
    return f"/v1/metrics/{quote(name, safe='')}{more}"


def fill(project: httpx.Client) -> None:
    """Three calls of today: billing twice (once spelled otherwise) and something else; one amount."""
    at = now_ms() - 60_000
    events: list[dict[str, Any]] = []
    for cid, reason in (("a", "billing"), ("b", "Billing"), ("c", "weather")):
        events += [start(cid, at), metric(cid, "REASON", reason, at=at + 1_000)]
    events += [metric("a", "AMOUNT", 5, at=at + 2_000), metric("b", "AMOUNT", 7, at=at + 2_000)]
    events += [metric("a", "BOOKED", at=at + 3_000), metric("b", "NIL", None, at=at + 3_000)]
    send(project, events)


def listed(project: httpx.Client, **params: Any) -> dict[str, dict[str, Any]]:
    answer = project.get("/v1/metrics", params=params)
    assert answer.status_code == 200, answer.text
    MetricListShape.model_validate(answer.json())
    return {one["name"]: one for one in answer.json()["metrics"]}


def test_the_list_has_registered_written_and_built_in_ones(project: httpx.Client) -> None:
    fill(project)
    found = listed(project)
    assert {found[name]["kind"] for name in ("REASON", "AMOUNT", "BOOKED")} == {"registered"}
    assert found["containment"]["kind"] == "builtin"
    assert found["containment"]["usage"] is None
    assert found["NIL"]["kind"] == "unregistered"
    assert (found["NIL"]["usage"]["nulls"], found["NIL"]["usage"]["writes"]) == (1, 0)
    reason = found["REASON"]
    assert (reason["auto"], reason["type"], reason["drifted"]) == (True, "text", [])
    assert reason["usage"]["conversations"] == reason["usage"]["writes"] == 3
    assert {one["value"] for one in reason["usage"]["values"]} == {"billing", "Billing", "weather"}
    assert reason["usage"]["sources"] == ["agent"]
    assert reason["usage"]["last_written"].endswith("Z")
    assert found["AMOUNT"]["usage"]["numbers"] == {"min": 5, "max": 7, "avg": 6, "p50": 6}
    assert found["BOOKED"]["usage"]["values"] == [{"value": "true", "conversations": 1}]


def test_a_list_without_usage_is_of_what_is_registered(project: httpx.Client) -> None:
    fill(project)
    found = listed(project, usage="false")
    assert found["REASON"]["usage"] is None
    assert "NIL" not in found
    assert "containment" in found


def test_usage_is_of_the_range_that_was_asked_for(project: httpx.Client) -> None:
    old = now_ms() - 40 * 86_400_000
    send(project, [start("old", old), metric("old", "X", 1, at=old + 1)])
    assert listed(project)["X"]["usage"]["writes"] == 0
    assert listed(project, last="all")["X"]["usage"]["writes"] == 1
    assert listed(project, last="60d")["X"]["usage"]["writes"] == 1
    assert "last" in assert_error(project.get("/v1/metrics?last=soon"), 400, "QUERY_INVALID")


def test_a_project_that_never_received_anything(project: httpx.Client) -> None:
    found = listed(project)
    assert {one["kind"] for one in found.values()} == {"builtin"}


def test_a_conversation_counts_once_however_often_it_wrote(project: httpx.Client) -> None:
    at = now_ms() - 60_000
    writes = [metric("a", "X", value, at=at + 1_000 + n) for n, value in enumerate(["p", "q", "p"])]
    send(project, [start("a", at), *writes])
    usage = listed(project)["X"]["usage"]
    assert (usage["conversations"], usage["writes"]) == (1, 3)
    assert usage["values"] == [{"value": "p", "conversations": 1}]  # the one that counts


def test_defining_one_that_was_written_reads_its_history_anew(project: httpx.Client) -> None:
    fill(project)
    made = project.put(path("REASON"), json=REASON)
    assert made.status_code == 200, made.text
    MetricItemShape.model_validate(made.json())
    assert (made.json()["auto"], made.json()["options"]) == (False, REASON["options"])
    assert project.put(path("REASON"), json=REASON).json() == made.json()
    deadline = time.monotonic() + 60
    while (usage := listed(project)["REASON"]["usage"])["invalid"] != 1:
        assert time.monotonic() < deadline, usage
        time.sleep(0.05)  # it is read anew by a thread of the server's
    assert usage["values"] == [{"value": "billing", "conversations": 2}]
    assert usage["invalid_values"] == ["weather"]


def test_put_leaves_nothing_of_before_and_patch_all_of_it(project: httpx.Client) -> None:
    project.put(path("R"), json={**REASON, "owner": "ops", "synonyms": ["topic"], "rate_base": "known"})
    patched = project.patch(path("R"), json={"unit": "calls", "rate_base": None}).json()
    assert (patched["owner"], patched["unit"], patched["rate_base"]) == ("ops", "calls", None)
    put = project.put(path("R"), json=REASON).json()
    assert (put["owner"], put["unit"], put["synonyms"]) == ("", "", [])


def test_another_type_drops_the_options(project: httpx.Client) -> None:
    project.put(path("R"), json=REASON)
    assert project.patch(path("R"), json={"type": "text"}).json()["options"] == []


def test_delete_deactivates_and_patch_has_it_back(project: httpx.Client) -> None:
    project.put(path("R"), json=REASON)
    assert project.delete(path("R")).json()["active"] is False
    assert listed(project)["R"]["active"] is False
    assert project.patch(path("R"), json={"active": True}).json()["active"] is True


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_can_be_defined_asked_and_taken_away(project: httpx.Client, name: str) -> None:
    project.put(path("x"), json={"type": "number"})
    made = project.put(path(name), json=REASON)
    assert made.status_code == 200, made.text
    assert made.json()["name"] == name
    assert project.get(path(name)).json()["definition"] == REASON["definition"]
    values = project.get(path(name, "/values")).json()
    assert (values["name"], [one["value"] for one in values["values"]]) == (name, ["billing", "booking"])
    preview = project.post(path(name, "/preview"), json={"type": "text"})
    assert (preview.status_code, preview.json()["name"]) == (200, name)
    assert project.delete(path(name)).json()["active"] is False
    assert name in listed(project)


def test_ratios_are_defined_beside_the_metrics(project: httpx.Client) -> None:
    ratio = {"type": "ratio", "numerator": "BOOKED", "denominator": {"metric": "INTENT", "agg": "events"}}
    made = project.put(path("BOOKED per INTENT"), json={**ratio, "multiplier": 100, "unit": "%"}).json()
    MetricItemShape.model_validate(made)
    assert (made["kind"], made["type"], made["multiplier"], made["column"]) == ("ratio", "ratio", 100, None)
    assert made["numerator"]["where"] == [{"field": "BOOKED", "op": "flagged"}]
    assert made["denominator"] == {"metric": "INTENT", "agg": "events"}
    patched = project.patch(path("BOOKED per INTENT"), json={"numerator": "conversations"}).json()
    assert (patched["numerator"]["metric"], patched["unit"]) == ("conversations", "%")
    assert listed(project)["BOOKED per INTENT"]["kind"] == "ratio"
    clash = project.put(path("BOOKED per INTENT"), json={"type": "text"})
    assert_error(clash, 409, "METRIC_EXISTS")
    wrong = {**ratio, "numerator": {"metric": "BOOKED", "agg": "summ"}}
    assert "numerator" in assert_error(project.put(path("R"), json=wrong), 400, "QUERY_INVALID")


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        ({}, "INVALID_INPUT", '"type" is missing'),
        ({"type": "money"}, "INVALID_BODY", "type"),
        ({"type": "categorical"}, "METRIC_OPTIONS_MISSING", "options"),
        ({"type": "text", "options": ["a"]}, "METRIC_OPTIONS_UNEXPECTED", "categorical"),
        ({"type": "text", "colour": "red"}, "INVALID_BODY", "colour"),
        ({"type": "text", "synonyms": "a"}, "INVALID_BODY", "synonyms"),
        ({"type": "text", "unit": 5}, "INVALID_BODY", "unit"),
        ({"type": "text", "numerator": "A"}, "METRICS_INVALID", "numerator"),
        ({"type": "ratio", "numerator": "A"}, "METRICS_INVALID", "denominator"),
        ({"type": "text", "definition": "\0"}, "INVALID_TEXT", "definition"),
        ({"type": "text", "rate_base": {"metric": "a", "b": "c"}}, "METRICS_INVALID", "rate_base"),
        ({"type": "text", "better": "sideways"}, "INVALID_BODY", "better"),
        ({"type": "text", "extraction": {"a": "x" * 200_000}}, "EXTRACTION_INVALID", "X: extract: "),
    ],
)
def test_wrong_bodies_are_explained(
    project: httpx.Client, body: dict[str, Any], code: str, says: str
) -> None:
    assert says in assert_error(project.put(path("X"), json=body), 400, code)
    assert "X" not in listed(project)


def test_what_is_not_there_gets_the_nearest_name(project: httpx.Client) -> None:
    project.put(path("CALL_REASON"), json=REASON)
    for answer in (
        project.get(path("CALL_RESON")),
        project.patch(path("CALL_RESON"), json={"unit": "s"}),
        project.delete(path("CALL_RESON")),
        project.get(path("CALL_RESON", "/values")),
    ):
        assert "'CALL_REASON'" in assert_error(answer, 404, "METRIC_NOT_FOUND")


def test_names_that_no_metric_can_have(project: httpx.Client) -> None:
    for name in ("x" * 201, "a\tb", "\x00"):
        assert_error(project.put(path(name), json=REASON), 400, "INVALID_TEXT")
        assert_error(project.get(path(name)), 404, "METRIC_NOT_FOUND")


def test_values_for_a_picker(project: httpx.Client) -> None:
    fill(project)
    told = project.get(path("REASON", "/values"), params={"q": "ILL"}).json()
    MetricValuesShape.model_validate(told)
    assert told["values"] == [
        {"value": "Billing", "conversations": 1},
        {"value": "billing", "conversations": 1},
    ]
    one = project.get(path("REASON", "/values"), params={"limit": 1}).json()
    assert (len(one["values"]), one["more"]) == (1, True)
    amounts = project.get(path("AMOUNT", "/values")).json()["values"]
    assert [one["value"] for one in amounts] == ["5", "7"]
    assert project.get(path("REASON", "/values"), params={"q": "' OR 1=1 --"}).json()["values"] == []
    assert_error(project.get(path("REASON", "/values"), params={"limit": 0}), 400, "INVALID_INPUT")


def test_options_nobody_wrote_are_offered_too(project: httpx.Client) -> None:
    project.put(path("REASON"), json=REASON)
    at = now_ms() - 60_000
    send(project, [start("a", at), metric("a", "REASON", "BOOKING", at=at + 1_000)])
    told = project.get(path("REASON", "/values")).json()
    assert told["values"] == [
        {"value": "booking", "conversations": 1},
        {"value": "billing", "conversations": 0},
    ]


def test_a_preview_tells_what_a_type_makes_of_the_values(project: httpx.Client) -> None:
    fill(project)
    answer = project.post(path("REASON", "/preview"), json={k: REASON[k] for k in ("type", "options")})
    assert answer.status_code == 200, answer.text
    PreviewShape.model_validate(answer.json())
    told = answer.json()["preview"]
    assert (told["conversations"], told["converts"], told["invalid"]) == (3, 2, 1)
    assert listed(project)["REASON"]["type"] == "text"
    wrong = project.post(path("REASON", "/preview"), json={"type": "categorical"})
    assert_error(wrong, 400, "METRIC_OPTIONS_MISSING")


FILE = """\
REASON: {type: categorical, options: [billing, booking], definition: Why they called.}
AMOUNT: {type: number, unit: USD, definition: What was paid.}
PAID_SHARE: {type: ratio, numerator: AMOUNT, denominator: conversations}
"""


def plan(project: httpx.Client, text: str, **more: Any) -> dict[str, Any]:
    answer = project.post("/v1/registry/plan", json={"yaml": text, **more})
    assert answer.status_code == 200, answer.text
    PlanShape.model_validate(answer.json())
    told: dict[str, Any] = answer.json()
    return told


def apply(project: httpx.Client, text: str, **more: Any) -> dict[str, Any]:
    answer = project.post("/v1/registry/apply", json={"yaml": text, **more})
    assert answer.status_code == 200, answer.text
    PlanShape.model_validate(answer.json())
    told: dict[str, Any] = answer.json()
    return told


def actions(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["action"], one["name"]) for one in told["changes"]]


def test_plan_apply_and_nothing_more_to_do(project: httpx.Client) -> None:
    fill(project)
    told = plan(project, FILE, preview=True)
    assert actions(told) == [("change", "REASON"), ("change", "AMOUNT"), ("add", "PAID_SHARE")]
    assert told["changes"][0]["preview"]["invalid"] == 1
    assert told["changes"][1]["preview"] is None
    assert (told["unmanaged"], told["drift"]) == (["BOOKED"], [])
    assert plan(project, FILE)["changes"][0]["preview"] is None
    done = apply(project, FILE, revision=told["revision"])
    assert done["revision"] > told["revision"]
    assert actions(plan(project, FILE)) == []
    assert actions(apply(project, FILE)) == []


def test_what_was_taken_out_of_the_file_is_deactivated_and_nothing_else(project: httpx.Client) -> None:
    fill(project)
    apply(project, FILE)
    shorter = FILE.splitlines()[1]
    assert actions(plan(project, shorter)) == [("remove", "REASON"), ("remove", "PAID_SHARE")]
    apply(project, shorter)
    found = listed(project)
    assert [found[name]["active"] for name in ("REASON", "PAID_SHARE", "AMOUNT", "BOOKED")] == [
        False,
        False,
        True,
        True,
    ]
    assert actions(plan(project, shorter)) == []
    assert ("change", "REASON") in actions(plan(project, FILE))


def test_a_change_behind_the_files_back_is_drift(project: httpx.Client) -> None:
    apply(project, FILE)
    project.patch(path("AMOUNT"), json={"unit": "EUR"})
    assert listed(project)["AMOUNT"]["drifted"] == ["unit"]
    told = plan(project, FILE)
    (drift,) = told["drift"]
    assert (drift["name"], drift["kept"]) == ("AMOUNT", False)
    assert drift["differences"] == [{"field": "unit", "before": "USD", "after": "EUR"}]
    assert actions(told) == [("change", "AMOUNT")]
    adopted = plan(project, FILE.replace("USD", "EUR"))
    assert (adopted["drift"][0]["kept"], actions(adopted)) == (True, [])
    apply(project, FILE.replace("USD", "EUR"))
    assert plan(project, FILE.replace("USD", "EUR"))["drift"] == []


def test_a_plan_that_was_overtaken_is_not_applied(project: httpx.Client) -> None:
    revision = plan(project, FILE)["revision"]
    project.put(path("OTHER"), json={"type": "text"})
    answer = project.post("/v1/registry/apply", json={"yaml": FILE, "revision": revision})
    assert_error(answer, 409, "REGISTRY_CHANGED")
    assert "REASON" not in listed(project)


def test_an_export_is_a_file_without_difference(project: httpx.Client) -> None:
    fill(project)
    apply(project, FILE)
    project.put(path("a/b: - 'ü'"), json={"type": "text", "extraction": {"extract": "?", "own": {"x": [1]}}})
    project.delete(path("AMOUNT"))
    answer = project.get("/v1/registry/export")
    ExportShape.model_validate(answer.json())
    told = plan(project, answer.json()["yaml"])
    assert (told["changes"], told["unmanaged"]) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        "A: [",
        "A: {type: categorical}",
        "A: {type: text}\nA: {type: text}",
        "[" * 100_000,
        "A: &a {type: text, extraction: {x: *a}}",
        "A: {type: ratio, numerator: {metric: B, agg: nope}, denominator: C}",
        "A: {type: text, extract: 2026-01-01}",
        "- 1",
        "\x07",
        '"\\uD800": {type: text}',
    ],
)
def test_hostile_files_are_refused(project: httpx.Client, text: str) -> None:
    for operation in ("plan", "apply"):
        answer = project.post(f"/v1/registry/{operation}", json={"yaml": text})
        assert answer.status_code == 400, answer.text
    assert {one["kind"] for one in listed(project).values()} == {"builtin"}


def test_lint_looks_at_what_was_written(project: httpx.Client) -> None:
    fill(project)
    apply(project, FILE)
    answer = project.get("/v1/registry/lint")
    LintShape.model_validate(answer.json())
    codes = {(one["code"], one["metric"]) for one in answer.json()["findings"]}
    assert ("UNREGISTERED_WRITE", "BOOKED") in codes
    ignored = project.get("/v1/registry/lint", params={"ignore": "UNREGISTERED_WRITE"}).json()["findings"]
    assert "UNREGISTERED_WRITE" not in {one["code"] for one in ignored}


def test_readers_may_look_and_nothing_else(server: Server, project: httpx.Client, slug: str) -> None:
    project.put(path("R"), json=REASON)
    reader = server.client(key=server.new_key(["read"], slug))
    assert reader.get("/v1/metrics").status_code == 200
    assert reader.get(path("R")).status_code == 200
    assert reader.post("/v1/registry/plan", json={"yaml": FILE}).status_code == 200
    for answer in (
        reader.put(path("R"), json=REASON),
        reader.patch(path("R"), json={}),
        reader.delete(path("R")),
        reader.post("/v1/registry/apply", json={"yaml": FILE}),
    ):
        assert_error(answer, 403, "FORBIDDEN")
    writer = server.client(key=server.new_key(["ingest"], slug))
    assert_error(writer.get("/v1/metrics"), 403, "FORBIDDEN")


def test_projects_do_not_see_each_other(server: Server, project: httpx.Client, slug: str) -> None:
    project.put(path("MINE"), json=REASON)
    other = server.project(f"{slug}-other")
    assert "MINE" not in listed(other)
    assert_error(other.get(path("MINE")), 404, "METRIC_NOT_FOUND")
    mine = server.client(key=server.new_key(["admin"], slug))
    there = {"x-aftercall-project": f"{slug}-other"}
    assert_error(mine.put(path("R"), json=REASON, headers=there), 403, "FORBIDDEN")
