"""The Analytics page: what stands on a dashboard, the way from each number to its calls, filters, refresh."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from aftercall.catalog import Project
from aftercall.model.times import now_ms
from tests.charts.tiles import TILES
from tests.pages.chromium import PATIENCE_MS, serious_faults, sideways
from tests.pages.conversations import register, send, short
from tests.pages.site import Site, Windows

HOSTILE = '<img src=x onerror=alert(1)>\u202e"}]</script>'
DAY = 86_400_000


@dataclass(frozen=True)
class Clinic:
    """A project with a month of calls."""

    project: Project
    api: httpx.Client

    @property
    def path(self) -> str:
        return f"/p/{self.project.slug}/analytics"

    def board(self, *tiles: dict[str, Any], name: str = "Board", **more: Any) -> int:
        """The id of a new dashboard with these tiles, two beside each other."""
        placed = [
            {"id": f"t{i}", "tile": one, "x": i % 2 * 6, "y": i // 2 * 4, "w": 6, "h": 4}
            for i, one in enumerate(tiles)
        ]
        answer = self.api.post("/v1/dashboards", json={"name": name, "tiles": placed, **more})
        assert answer.status_code == 201, answer.text
        number: int = answer.json()["id"]
        return number

    def stored_as(self, number: int, tiles: list[str]) -> bool:
        """Whether its tiles become these: what a page shows may not be saved yet."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while [one["id"] for one in self.stored(number)["tiles"]] != tiles:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def stored(self, number: int) -> dict[str, Any]:
        told: dict[str, Any] = self.api.get(f"/v1/dashboards/{number}").json()
        return told


@pytest.fixture(scope="module")
def clinic(site: Site) -> Iterator[Clinic]:
    project = site.project()
    with site.api(project) as api:
        register(api, "BOOKED", type="boolean")
        register(api, "VALUE", type="number")
        register(api, "REASON", type="text", display_name=HOSTILE[:60])
        reasons = ["billing", "booking", HOSTILE, "Other"]
        events = []
        for i in range(36):
            facts: dict[str, Any] = {"REASON": reasons[i % 4]}
            if i % 3 == 0:
                facts |= {"BOOKED": True, "VALUE": 20.5 * i}
            made = short(f"c{i}", now_ms() - i * DAY * 2 // 3 - 3_600_000, **facts)
            made[0]["channel"] = ("voice", "chat")[i % 4 == 0]
            if i % 7:
                made[-1]["at"] = made[0]["at"] + (20 + i * 7 % 90) * 1_000
            else:
                made.pop()
            events += made
        send(api, events)
        yield Clinic(project, api)


def drawn(page: Page, count: int) -> None:
    """Every tile shows something."""
    expect(page.locator("[data-tile][data-state]")).to_have_count(count)
    expect(page.locator("[data-tile].tile-stale")).to_have_count(0)


# Clicks every mark of every chart, with Ctrl: a new window would open, and its address is noted instead.
CLICK_ALL = """() => {
  const opened = [];
  window.open = (url) => opened.push(url);
  const found = {};
  for (const tile of document.querySelectorAll("[data-tile]")) {
    const marks = new Map();
    for (const node of tile.querySelectorAll(".chart svg *")) {
      const datum = node.__data__?.datum;
      const target = datum?.datum ?? datum;
      if (!Array.isArray(target?.c) || marks.has(String(target.c))) continue;
      opened.length = 0;
      node.dispatchEvent(new MouseEvent("click", { bubbles: true, ctrlKey: true }));
      if (opened.length) marks.set(String(target.c), [opened[0], target.y]);
    }
    const anchors = [...tile.querySelectorAll(".tile-body a")];
    const links = anchors.map((a) => [a.getAttribute("href"), a.textContent]);
    found[tile.dataset.tile] = { marks: [...marks.values()], links };
  }
  return found;
}"""


def behind(api: httpx.Client, address: str) -> int:
    drill = json.loads(parse_qs(urlsplit(address).query)["drill"][0])
    answer = api.post("/v1/query/conversations", json={**drill, "limit": 1})
    assert answer.status_code == 200, answer.text
    count: int = answer.json()["count"]
    return count


@pytest.mark.slow
def test_every_mark_of_every_kind_opens_as_many_calls_as_it_says(
    site: Site, windows: Windows, clinic: Clinic
) -> None:
    tiles = [{**one, "title": name} for name, one in TILES.items()]
    number = clinic.board(*tiles)
    page = windows.open(f"{clinic.path}?board={number}", site.person("viewer"))
    drawn(page, len(tiles))
    found = page.evaluate(CLICK_ALL)
    for i, (name, told) in enumerate(TILES.items()):
        marks, links = found[f"t{i}"]["marks"], found[f"t{i}"]["links"]
        if told["kind"] in ("kpi", "table"):
            numbers = [(url, text.removeprefix("was ")) for url, text in links]
            assert len(numbers) >= 2, name
            assert [behind(clinic.api, url) for url, _ in numbers] == [int(text) for _, text in numbers]
            continue
        drawing = clinic.api.post("/v1/charts", json={"tile": told}).json()
        assert len(marks) >= min(len(drawing["table"]["rows"]), 3), name
        # tests/charts counts behind each of them; here a dozen, to see that the click says the right one.
        some = marks[:: max(1, len(marks) // 12)]
        assert [behind(clinic.api, url) for url, _ in some] == [value for _, value in some], name


def test_a_click_leads_to_the_conversations_behind_it(site: Site, windows: Windows, clinic: Clinic) -> None:
    number = clinic.board({"kind": "bar", "title": "Channels", "query": {"by": ["channel"]}}, {"kind": "kpi"})
    page = windows.open(f"{clinic.path}?board={number}", site.person("viewer"))
    drawn(page, 2)
    text = page.locator("[data-tile=t1] a.figure").inner_text()
    bar = page.locator("[data-tile=t0] .mark-rect path").first
    told = clinic.api.post("/v1/query", json={"by": ["channel"]}).json()["rows"][0]["conversations"]
    bar.click()
    expect(page.locator("#count")).to_have_text(f"{told} conversations")
    page.go_back()
    drawn(page, 2)
    page.locator("[data-tile=t1] a.figure").click()
    expect(page.locator("#count")).to_have_text(f"{text} conversations")


def test_filters_stand_in_the_address_and_show_the_same_elsewhere(
    site: Site, windows: Windows, clinic: Clinic
) -> None:
    number = clinic.board({"kind": "kpi"})
    page = windows.open(f"{clinic.path}?board={number}", site.person("viewer"))
    drawn(page, 1)
    figure = page.locator("[data-tile] a.figure")
    all_of_them = int(figure.inner_text())
    page.get_by_label("Channel").hover()
    expect(page.locator("#by-channel option")).to_have_count(3)
    page.get_by_label("Channel").select_option("chat")
    expect(figure).not_to_have_text(str(all_of_them))
    page.get_by_label("Time").select_option("7d")
    page.get_by_role("button", name="Filter").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Field").fill("REASON")
    dialog.get_by_label("Is", exact=True).select_option("eq")
    dialog.get_by_label("Value").fill("billing")
    dialog.get_by_role("button", name="Apply").click()
    expect(page.locator("#chips .chip")).to_have_count(1)
    asked = {
        "over": {"last": "7d"},
        "where": [
            {"field": "channel", "op": "eq", "value": "chat"},
            {"field": "REASON", "op": "eq", "value": "billing"},
        ],
    }
    totals = clinic.api.post("/v1/query", json=asked).json()["totals"]
    expect(figure).to_have_text(str(totals["conversations"]))
    other = windows.open(urlsplit(page.url).path + "?" + urlsplit(page.url).query, site.person("viewer"))
    drawn(other, 1)
    expect(other.locator("[data-tile] a.figure")).to_have_text(str(totals["conversations"]))
    expect(other.get_by_label("Channel")).to_have_value("chat")
    expect(other.locator("#chips .chip")).to_have_count(1)
    page.go_back()
    expect(page.locator("#chips .chip")).to_have_count(0)


def test_tiles_follow_calls_as_they_come_in(site: Site, windows: Windows) -> None:
    project = site.project()
    with site.api(project) as api:
        send(api, short("a", now_ms() - 60_000))
        page = windows.open(f"/p/{project.slug}/analytics", site.person("viewer"))
        figure = page.locator("[data-tile] a.figure").first
        expect(figure).to_have_text("1")
        page.evaluate("window.before = document.querySelector('[data-tile]')")
        send(api, short("b", now_ms() - 30_000)[:-1])
        expect(page.locator("#live")).to_have_text("1 in progress")
        expect(figure).to_have_text("2")
        assert page.evaluate("window.before === document.querySelector('[data-tile]')")


def test_hostile_names_stay_inert_and_break_no_layout(site: Site, windows: Windows, clinic: Clinic) -> None:
    tiles = [
        {"kind": "bar", "title": HOSTILE * 3, "note": HOSTILE, "query": {"by": ["REASON"]}},
        {"kind": "donut", "title": "x" * 200, "query": {"by": ["REASON"]}},
        {"kind": "table", "title": HOSTILE, "query": {"by": ["REASON"]}},
        {"kind": "line", "suffix": "</b>", "query": {"by": ["REASON"], "interval": "day"}},
        {
            "kind": "kpi",
            "title": HOSTILE,
            "query": {"measures": [{"metric": "conversations", "as": HOSTILE}]},
        },
    ]
    number = clinic.board(*tiles, name=HOSTILE * 4)
    for theme, width in (("light", 1280), ("dark", 390)):
        page = windows.open(
            f"{clinic.path}?board={number}",
            site.person(),
            theme=theme,
            width=width,  # type: ignore[arg-type]
        )
        drawn(page, len(tiles))
        expect(page.locator("[data-tile] h2").first).to_contain_text("<img src=x")
        assert page.locator("#board img, #tabs img").count() == 0
        assert sideways(page) == 0, wide(page)
        assert serious_faults(page) == []


def wide(page: Page) -> Any:
    """The elements that stick out, for the message of a failure."""
    return page.evaluate(
        "() => [...document.querySelectorAll('body *')]"
        ".filter((n) => n.getBoundingClientRect().right > innerWidth + 1)"
        ".map((n) => `${n.tagName}.${n.className?.baseVal ?? n.className} ${n.textContent.slice(0, 30)}`)"
        ".slice(0, 12)"
    )


def test_a_tile_whose_metric_is_not_there_says_how_to_make_it_one(
    site: Site, windows: Windows, clinic: Clinic
) -> None:
    number = clinic.board({"kind": "bar", "query": {"by": ["MOOD"]}}, {"kind": "kpi"})
    page = windows.open(f"{clinic.path}?board={number}", site.person("viewer"))
    drawn(page, 2)
    tile = page.locator("[data-tile=t0]")
    expect(tile).to_contain_text("'MOOD', and there is no such metric")
    expect(tile.get_by_role("link", name="Metrics")).to_be_visible()
    expect(page.locator("[data-tile=t1] a.figure")).to_be_visible()


def test_each_chart_can_be_read_as_a_table_and_saved_as_a_file(
    site: Site, windows: Windows, clinic: Clinic
) -> None:
    number = clinic.board({"kind": "pie", "title": "Channels!", "query": {"by": ["channel"]}})
    page = windows.open(f"{clinic.path}?board={number}", site.person("viewer"))
    drawn(page, 1)
    assert "voice" in (page.locator(".chart").get_attribute("aria-label") or "")
    page.get_by_role("button", name="Menu of Channels!").click()
    page.get_by_role("menuitem", name="As a table").click()
    expect(page.get_by_role("cell", name="voice")).to_be_visible()
    for format_, begins in (("CSV", b"channel"), ("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        page.get_by_role("button", name="Menu of Channels!").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=format_).click()
        assert download.value.suggested_filename == f"channels.{format_.lower()}"
        content = download.value.path().read_bytes()
        assert begins in content[:40]


def test_a_project_begins_with_an_overview(site: Site, windows: Windows) -> None:
    project = site.project()
    page = windows.open(f"/p/{project.slug}/analytics", site.person("viewer"))
    expect(page.locator("#tabs a")).to_have_text(["Overview"])
    drawn(page, 10)
    expect(page.locator("[data-tile]").first).to_contain_text("0")
    assert page.get_by_role("button", name="Tile", exact=True).count() == 0
    assert serious_faults(page) == []
