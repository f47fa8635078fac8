"""A project's settings over the API: what counts at once, what is refused and how, and who may."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from aftercall.web.api.project_settings_models import ProjectSettingsShape
from tests.servers import Server
from tests.web.calls import assert_error, call, send

DEFAULTS: dict[str, Any] = {
    "timezone": "UTC",
    "currency": "USD",
    "metrics": {"cost_saved": None, "abandons_count_as": "contained", "repeat_contact_days": 7},
    "real_time_config": {},
    "extraction": {"model": None, "region": "US", "redact": True, "redact_prompts": False},
    "lost_after_minutes": 30,
    "problems": [],
}


def path(slug: str) -> str:
    return f"/v1/projects/{slug}/settings"


def changed(client: httpx.Client, slug: str, **change: Any) -> dict[str, Any]:
    answer = client.patch(path(slug), json=change)
    assert answer.status_code == 200, answer.text
    ProjectSettingsShape.model_validate(answer.json())
    assert client.get(path(slug)).json() == answer.json()
    told: dict[str, Any] = answer.json()
    return told


def test_what_was_never_set_has_its_default(project: httpx.Client, slug: str) -> None:
    told = project.get(path(slug)).json()
    ProjectSettingsShape.model_validate(told)
    assert told == {"project_id": slug, "name": told["name"], **DEFAULTS}


def test_what_is_left_out_stays_and_null_puts_the_default_back(project: httpx.Client, slug: str) -> None:
    changed(project, slug, name="Clinic", timezone="Asia/Tokyo", currency="JPY", real_time_config={"a": 1})
    changed(project, slug, metrics={"cost_saved": {"amount": 2}}, extraction={"model": "small"})
    told = changed(project, slug, metrics={"abandons_count_as": "excluded"}, extraction={"region": "GB"})
    assert told["metrics"] == {
        "cost_saved": {"amount": 2, "per": "conversation"},
        "abandons_count_as": "excluded",
        "repeat_contact_days": 7,
    }
    assert told["extraction"] == {
        "model": "small",
        "region": "GB",
        "redact": True,
        "redact_prompts": False,
    }
    assert (told["name"], told["timezone"], told["currency"]) == ("Clinic", "Asia/Tokyo", "JPY")
    told = changed(project, slug, metrics={"cost_saved": None}, real_time_config={"b": [None]})
    assert told["metrics"]["cost_saved"] is None
    assert told["metrics"]["abandons_count_as"] == "excluded"
    assert told["real_time_config"] == {"b": [None]}
    told = changed(project, slug, metrics=None, extraction=None, real_time_config=None)
    assert {name: told[name] for name in ("metrics", "extraction", "real_time_config")} == {
        name: DEFAULTS[name] for name in ("metrics", "extraction", "real_time_config")
    }


def test_numbers_count_by_it_at_once(project: httpx.Client, slug: str) -> None:
    send(project, call("c1"))
    question = {"measures": [{"metric": "cost_saved"}], "over": {"all": True}}
    headers = {"x-aftercall-project": slug}
    assert_error(project.post("/v1/query", json=question, headers=headers), 400, "COST_SAVED_UNSET")
    changed(project, slug, metrics={"cost_saved": {"amount": 4.5}})
    answer = project.post("/v1/query", json=question, headers=headers).json()
    assert answer["totals"] == {"cost_saved.sum": 4.5}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"metrics": {"cost_saved": {"amount": -1}}}, "metrics.cost_saved.amount"),
        ({"metrics": {"cost_saved": {"amount": 1, "per": "hour"}}}, "metrics.cost_saved.per"),
        ({"metrics": {"cost_saved": {"amount": "4"}}}, "metrics.cost_saved.amount"),
        ({"metrics": {"abandons_count_as": "lost"}}, "metrics.abandons_count_as"),
        ({"metrics": {"repeat_contact_days": 0}}, "metrics.repeat_contact_days"),
        ({"metrics": {"repeat_contact_days": True}}, "metrics.repeat_contact_days"),
        ({"metrics": {"cost": 4}}, "metrics.cost"),
        ({"extraction": {"region": "gb"}}, "extraction.region"),
        ({"extraction": {"model": ""}}, "extraction.model"),
        ({"lost_after_minutes": -1}, "lost_after_minutes"),
        ({"real_time_config": []}, "real_time_config"),
        ({"real_time_config": {"long": "x" * 70_000}}, "real_time_config"),
        ({"timezone": None}, "timezone"),
        ({"color": "red"}, "color"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_changes(
    project: httpx.Client, slug: str, change: dict[str, Any], named: str
) -> None:
    before = project.get(path(slug)).json()
    message = assert_error(project.patch(path(slug), json={"name": "New", **change}), 400, "INVALID_BODY")
    assert f'"{named}"' in message
    assert project.get(path(slug)).json() == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"timezone": "Mars/Base"}, "INVALID_TIMEZONE"),
        ({"currency": "euro"}, "INVALID_CURRENCY"),
        ({"real_time_config": {"a": "\0"}}, "INVALID_TEXT"),
    ],
)
def test_what_the_catalog_refuses(
    project: httpx.Client, slug: str, change: dict[str, Any], code: str
) -> None:
    assert_error(project.patch(path(slug), json=change), 400, code)


def test_changes_at_once_lose_nothing(server: Server, project: httpx.Client, slug: str) -> None:
    parts: list[dict[str, Any]] = [
        {"real_time_config": {"a": 1}},
        {"lost_after_minutes": 5},
        {"metrics": {"repeat_contact_days": 3}},
        {"metrics": {"abandons_count_as": "excluded"}},
        {"extraction": {"redact": False}},
        {"extraction": {"model": "small"}},
    ]
    with ThreadPoolExecutor(len(parts)) as pool:
        for answer in pool.map(lambda part: project.patch(path(slug), json=part), parts):
            assert answer.status_code == 200, answer.text
    told = project.get(path(slug)).json()
    assert told["real_time_config"] == {"a": 1}
    assert told["lost_after_minutes"] == 5
    assert (told["metrics"]["repeat_contact_days"], told["metrics"]["abandons_count_as"]) == (3, "excluded")
    assert (told["extraction"]["redact"], told["extraction"]["model"]) == (False, "small")


def test_it_takes_the_right_to_edit(server: Server, project: httpx.Client, slug: str) -> None:
    reader = server.client(key=server.new_key(["read", "read:transcripts"], slug))
    assert_error(reader.get(path(slug)), 403, "FORBIDDEN")
    assert_error(reader.patch(path(slug), json={"name": "x"}), 403, "FORBIDDEN")
    editor = server.client(key=server.new_key(["read", "edit"], slug))
    assert changed(editor, slug, name="Edited")["name"] == "Edited"
    assert_error(editor.get(path("clinic-elsewhere")), 403, "FORBIDDEN")
