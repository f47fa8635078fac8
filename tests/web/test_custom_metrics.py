"""The custom-metrics endpoints as existing clients use them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest
import yaml

from aftercall.model.times import now_ms
from aftercall.web.api.metric_models import CustomMetricShape, CustomMetricsShape, ImportedShape
from tests.servers import Server
from tests.web.calls import assert_error, metric, send, start

REASON = {
    "name": "CALL_REASON",
    "type": "string",
    "description": "Why they called.",
    "expected_values": ["billing", "booking"],
}


@pytest.fixture
def url(slug: str) -> str:
    return f"/adk/v1/accounts/default/projects/{slug}/custom-metrics"


def create(project: httpx.Client, url: str, **fields: Any) -> dict[str, Any]:
    answer = project.post(url, json=fields)
    assert answer.status_code == 201, answer.text
    CustomMetricShape.model_validate(answer.json())
    told: dict[str, Any] = answer.json()
    return told


def ours(project: httpx.Client, name: str) -> dict[str, Any]:
    told: dict[str, Any] = project.get(f"/v1/metrics/{quote(name, safe='')}").json()
    return told


@pytest.mark.parametrize(
    ("theirs", "values", "type_"),
    [
        ("string", None, "text"),
        ("string", [], "text"),
        ("string", ["a", "b"], "categorical"),
        ("int", None, "integer"),
        ("bool", None, "boolean"),
        ("float", None, "number"),
    ],
)
def test_types_are_mapped_both_ways(
    project: httpx.Client, url: str, theirs: str, values: list[str] | None, type_: str
) -> None:
    made = create(project, url, name="X", type=theirs, description="d", expected_values=values)
    assert made == {"name": "X", "type": theirs, "description": "d", "expected_values": values or []}
    assert ours(project, "X")["type"] == type_
    listed = project.get(url).json()
    CustomMetricsShape.model_validate(listed)
    assert listed["metrics"] == [made]


def test_one_that_was_only_written_is_taken_over_with_its_values(project: httpx.Client, url: str) -> None:
    at = now_ms() - 60_000
    send(project, [start("a", at), metric("a", "CALL_REASON", "Billing", at=at + 1)])
    assert [one["name"] for one in project.get(url).json()["metrics"]] == ["CALL_REASON"]
    create(project, url, **REASON)
    assert ours(project, "CALL_REASON")["auto"] is False
    assert_error(project.post(url, json=REASON), 409, "METRIC_EXISTS")


def test_one_that_was_deactivated_comes_back(project: httpx.Client, url: str) -> None:
    create(project, url, **REASON)
    project.delete("/v1/metrics/CALL_REASON")
    assert project.get(url).json()["metrics"] == []
    create(project, url, **REASON)
    assert ours(project, "CALL_REASON")["active"] is True


def test_a_change_leaves_what_it_does_not_name(project: httpx.Client, url: str) -> None:
    create(project, url, **REASON)
    project.patch("/v1/metrics/CALL_REASON", json={"synonyms": ["topic"], "unit": "calls"})
    changed = project.patch(f"{url}/CALL_REASON", json={"description": "What for."}).json()
    assert changed == {**REASON, "description": "What for."}
    assert ours(project, "CALL_REASON")["synonyms"] == ["topic"]
    more = project.patch(f"{url}/CALL_REASON", json={"expected_values": ["a", "b", "c"]}).json()
    assert (more["expected_values"], more["type"]) == (["a", "b", "c"], "string")
    number = project.patch(f"{url}/CALL_REASON", json={"type": "int"}).json()
    assert (number["type"], number["expected_values"], number["description"]) == ("int", [], "What for.")
    text = project.patch(f"{url}/CALL_REASON", json={"type": "string"}).json()
    assert ours(project, "CALL_REASON")["type"] == "text"
    words = project.patch(f"{url}/CALL_REASON", json={"expected_values": ["x"]}).json()
    assert (text["type"], words["expected_values"]) == ("string", ["x"])
    free = project.patch(f"{url}/CALL_REASON", json={"expected_values": []}).json()
    assert (free["expected_values"], ours(project, "CALL_REASON")["type"]) == ([], "text")


@pytest.mark.parametrize("name", ["a/b", "export", "import", "x y", "Größe 🙂", "%2F", "'; --"])
def test_any_name_can_be_changed(project: httpx.Client, url: str, name: str) -> None:
    create(project, url, **{**REASON, "name": name})
    answer = project.patch(f"{url}/{quote(name, safe='')}", json={"description": "new"})
    assert (answer.status_code, answer.json()["name"], answer.json()["description"]) == (200, name, "new")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "INVALID_BODY"),
        ({"name": "X", "type": "number"}, "INVALID_BODY"),
        ({"name": "X", "type": "int", "expected_values": ["1"]}, "METRIC_OPTIONS_UNEXPECTED"),
        ({"name": "", "type": "int"}, "INVALID_TEXT"),
        ({"name": 5, "type": "int"}, "INVALID_BODY"),
        ({"name": "X", "type": "string", "expected_values": ["a", "A"]}, "INVALID_INPUT"),
        ({"name": "X", "type": "string", "unit": "s"}, "INVALID_BODY"),
    ],
)
def test_wrong_definitions(project: httpx.Client, url: str, body: dict[str, Any], code: str) -> None:
    assert_error(project.post(url, json=body), 400, code)
    assert project.get(url).json()["metrics"] == []


def test_changing_what_is_not_there(project: httpx.Client, url: str) -> None:
    create(project, url, **REASON)
    answer = project.patch(f"{url}/CALL_RESON", json={"description": "x"})
    assert "'CALL_REASON'" in assert_error(answer, 404, "METRIC_NOT_FOUND")


def test_what_is_exported_can_be_imported(server: Server, project: httpx.Client, url: str, slug: str) -> None:
    create(project, url, **REASON)
    create(project, url, name="a/b: 'ü'", type="float")
    told = project.get(f"{url}/export").json()
    assert told["CALL_REASON"] == {key: REASON[key] for key in REASON if key != "name"}
    file = project.get(f"{url}/export", params={"type": "yaml"})
    assert (yaml.safe_load(file.text), file.headers["content-type"].split(";")[0]) == (
        told,
        "application/yaml",
    )
    there = server.project(f"{slug}-copy")
    target = url.replace(slug, f"{slug}-copy")
    answer = there.post(f"{target}/import", files={"yaml": ("metrics.yaml", file.content)})
    assert answer.status_code == 200, answer.text
    ImportedShape.model_validate(answer.json())
    assert answer.json()["created"] == ["CALL_REASON", "a/b: 'ü'"]
    assert there.get(f"{target}/export").json() == told


def test_a_dry_run_only_tells(project: httpx.Client, url: str) -> None:
    create(project, url, **REASON)
    text = "CALL_REASON: {type: string, description: New.}\nPAID: {type: float}\n"
    dry = project.post(f"{url}/import", params={"dry_run": "true", "type": "yaml"}, files={"yaml": text})
    assert dry.json() == {
        "dry_run": True,
        "created": ["PAID"],
        "updated": ["CALL_REASON"],
        "unchanged": [],
    }
    assert [one["name"] for one in project.get(url).json()["metrics"]] == ["CALL_REASON"]
    wet = project.post(f"{url}/import", files={"yaml": text}).json()
    assert wet == {**dry.json(), "dry_run": False}
    again = project.post(f"{url}/import", data={"yaml": text}, files={"other": "x"}).json()
    assert again["unchanged"] == ["CALL_REASON", "PAID"]


def test_an_import_leaves_what_its_form_cannot_say(project: httpx.Client, url: str) -> None:
    create(project, url, **REASON)
    project.patch("/v1/metrics/CALL_REASON", json={"owner": "ops", "unit": "calls"})
    create(project, url, name="OTHER", type="int")
    text = "CALL_REASON: {type: string, expected_values: [billing, booking, x], description: New.}"
    project.post(f"{url}/import", files={"yaml": text})
    told = ours(project, "CALL_REASON")
    assert (told["owner"], told["unit"], told["definition"]) == ("ops", "calls", "New.")
    assert ours(project, "OTHER")["active"] is True


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"json": {"yaml": "A: {type: int}"}}, "INVALID_BODY"),
        ({"files": {"file": "A: {type: int}"}}, "INVALID_BODY"),
        ({"files": {"yaml": b"\xff\xfe"}}, "INVALID_BODY"),
        ({"files": {"yaml": "A: ["}}, "METRICS_INVALID"),
        ({"files": {"yaml": "A: {type: money}"}}, "METRICS_INVALID"),
        ({"files": {"yaml": "A: {type: categorical}"}}, "METRIC_OPTIONS_MISSING"),
        ({"files": {"yaml": "[" * 100_000}}, "METRICS_INVALID"),
        ({"content": b"nonsense", "headers": {"content-type": "multipart/form-data"}}, "INVALID_BODY"),
        (
            {"content": b"--x\r\nbad", "headers": {"content-type": "multipart/form-data; boundary=y"}},
            "INVALID_BODY",
        ),
        ({"files": {"yaml": "A: {type: int}"}, "params": {"type": "csv"}}, "INVALID_INPUT"),
        ({"files": [("yaml", "A: {type: int}")] + [(f"f{n}", "x") for n in range(30)]}, "INVALID_BODY"),
    ],
)
def test_imports_that_cannot_be(project: httpx.Client, url: str, request_: dict[str, Any], code: str) -> None:
    assert_error(project.post(f"{url}/import", **request_), 400, code)
    assert project.get(url).json()["metrics"] == []


def test_who_may(server: Server, project: httpx.Client, url: str, slug: str) -> None:
    reader = server.client(key=server.new_key(["read"], slug))
    assert reader.get(url).status_code == 200
    assert_error(reader.post(url, json=REASON), 403, "FORBIDDEN")
    assert_error(reader.post(f"{url}/import", files={"yaml": "A: {type: int}"}), 403, "FORBIDDEN")
    assert_error(project.get(url.replace("default", "elsewhere")), 403, "FORBIDDEN")
    assert_error(server.client(key="").get(url), 401, "UNAUTHORIZED")
