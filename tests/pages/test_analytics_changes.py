"""Dashboards changed: tiles edited, moved, resized, undone; two people at once; boards made, deleted."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.pages.chromium import serious_faults, sideways
from tests.pages.site import Site, Windows
from tests.pages.test_analytics import Clinic, clinic, drawn

__all__ = ["clinic"]  # the fixture: one project for both files' tests would be made twice anyway

KPI = {"kind": "kpi", "title": "Calls"}
BAR = {"kind": "bar", "title": "Channels", "query": {"by": ["channel"]}}


def place(clinic: Clinic, number: int, id_: str) -> tuple[int, int, int, int]:
    (one,) = (one for one in clinic.stored(number)["tiles"] if one["id"] == id_)
    return one["x"], one["y"], one["w"], one["h"]


def opened(site: Site, windows: Windows, clinic: Clinic, number: int, tiles: int) -> Page:
    page = windows.open(f"{clinic.path}?board={number}", site.person("editor"))
    drawn(page, tiles)
    return page


def said(page: Page, words: str) -> None:
    expect(page.locator(".toast", has_text=words).last).to_be_visible()


@pytest.mark.slow
def test_a_tile_is_built_with_a_preview_that_follows(site: Site, windows: Windows, clinic: Clinic) -> None:
    number = clinic.board(KPI)
    page = opened(site, windows, clinic, number, 1)
    page.keyboard.press("t")
    editor = page.locator("#editor")
    preview = editor.locator(".editor-preview")
    expect(preview.locator(".mark-rect path")).to_have_count(2)
    editor.get_by_role("button", name="Donut").click()
    expect(preview.locator(".mark-arc path")).to_have_count(2)
    editor.get_by_role("button", name="Table", exact=True).click()
    expect(preview.get_by_role("cell", name="voice")).to_be_visible()
    editor.get_by_label("Metric").fill("BOKED")
    expect(editor.get_by_role("alert")).to_contain_text("did you mean 'BOOKED'")
    editor.get_by_label("Metric").fill("BOOKED")
    editor.get_by_label("By its").select_option("rate")
    editor.get_by_label("Title").fill("Booked, by channel")
    editor.get_by_role("combobox", name="Its own time").fill("2020-01-01..2020-01-02")
    expect(preview).to_contain_text("No conversations in this time")
    editor.get_by_role("combobox", name="Its own time").fill("60d")
    expect(preview.get_by_role("cell", name="%").first).to_be_visible()
    assert [one["id"] for one in clinic.stored(number)["tiles"]] == ["t0"]  # nothing is saved yet
    editor.get_by_role("button", name="Save").click()
    said(page, "Tile added")
    drawn(page, 2)
    stored = clinic.stored(number)["tiles"][1]["tile"]
    assert stored["title"] == "Booked, by channel"
    assert stored["query"]["measures"] == [{"metric": "BOOKED", "agg": "rate"}]
    assert stored["query"]["over"] == {"last": "60d"}
    page.reload()
    drawn(page, 2)
    expect(page.get_by_role("heading", name="Booked, by channel")).to_be_visible()
    assert serious_faults(page) == []


@pytest.mark.parametrize("kind", ["Figure", "Line", "Bars", "Pie", "Heatmap", "Funnel", "Histogram"])
def test_every_kind_can_be_chosen(site: Site, windows: Windows, clinic: Clinic, kind: str) -> None:
    number = clinic.board()
    page = opened(site, windows, clinic, number, 0)
    page.get_by_role("button", name="Add a tile").click()
    editor = page.locator("#editor")
    editor.get_by_role("button", name=kind, exact=True).click()
    shown = "a.figure" if kind == "Figure" else ".chart svg path[d]"
    expect(editor.locator(f".editor-preview {shown}").first).to_be_attached()
    editor.get_by_role("button", name="Save").click()
    drawn(page, 1)
    expect(editor).to_be_hidden()
    names = {"Figure": "kpi", "Bars": "bar"}
    assert clinic.stored(number)["tiles"][0]["tile"]["kind"] == names.get(kind, kind.lower())


def test_tiles_are_moved_and_resized_by_mouse_and_it_is_undone(
    site: Site, windows: Windows, clinic: Clinic
) -> None:
    number = clinic.board(KPI, BAR)
    page = opened(site, windows, clinic, number, 2)
    first, second = page.locator("[data-tile=t0]"), page.locator("[data-tile=t1]")
    first.hover()
    start, end = first.locator("[data-grip=place]").bounding_box(), second.bounding_box()
    assert start and end
    page.mouse.move(start["x"] + 4, start["y"] + 6)
    page.mouse.down()
    page.mouse.move(end["x"] + 60, end["y"] + 10, steps=4)
    page.mouse.up()
    said(page, "Moved")
    assert place(clinic, number, "t0") == (6, 0, 6, 4)
    assert place(clinic, number, "t1")[:2] == (6, 4)  # it made room
    page.keyboard.press("z")
    said(page, "Undone")
    assert place(clinic, number, "t0") == (0, 0, 6, 4)
    assert place(clinic, number, "t1") == (6, 0, 6, 4)
    first.hover()
    grip = first.locator("[data-grip=size]").bounding_box()
    assert grip
    page.mouse.move(grip["x"] + 9, grip["y"] + 9)
    page.mouse.down()
    page.mouse.move(grip["x"] - 250, grip["y"] + 100, steps=4)
    page.mouse.up()
    expect(page.locator(".toast", has_text="Moved")).to_have_count(2)
    assert place(clinic, number, "t0") == (0, 0, 3, 5)
    page.reload()
    drawn(page, 2)
    box = page.locator("[data-tile=t0]").bounding_box()
    other = page.locator("[data-tile=t1]").bounding_box()
    assert box and other and box["width"] * 2 - 20 < other["width"] < box["width"] * 2 + 40


def test_tiles_are_moved_and_resized_by_keyboard_alone(site: Site, windows: Windows, clinic: Clinic) -> None:
    number = clinic.board(KPI, BAR)
    page = opened(site, windows, clinic, number, 2)
    page.get_by_role("button", name="Menu of Calls").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Move or resize").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Arrows move")
    for key in ("ArrowRight", "Shift+ArrowLeft", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("#said")).to_have_text("Column 2, row 1, 5 wide, 5 high.")
    page.keyboard.press("Escape")
    expect(page.locator("#said")).to_have_text("Put back.")
    assert clinic.stored(number)["version"] == 1
    page.get_by_role("button", name="Menu of Calls").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("menuitem", name="Move or resize").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Enter")
    said(page, "Moved")
    assert place(clinic, number, "t0") == (0, 0, 5, 4)


def test_what_could_not_be_saved_is_not_shown_as_if_it_were(
    site: Site, windows: Windows, clinic: Clinic
) -> None:
    number = clinic.board(KPI, BAR)
    page = opened(site, windows, clinic, number, 2)
    windows.expect(page, "ERR_FAILED", "/v1/dashboards/")
    page.route("**/v1/dashboards/*", lambda route: route.abort())
    page.get_by_role("button", name="Menu of Channels").click()
    page.get_by_role("menuitem", name="Remove").click()
    said(page, "cannot be reached")
    drawn(page, 2)
    page.unroute("**/v1/dashboards/*")
    page.get_by_role("button", name="Menu of Channels").click()
    page.get_by_role("menuitem", name="Remove").click()
    said(page, "Tile removed")
    drawn(page, 1)
    assert clinic.stored_as(number, ["t0"])


@pytest.mark.parametrize("choice", ["Take theirs", "Put mine in its place", "Keep mine as a copy"])
def test_of_two_who_change_one_the_later_is_offered_both(
    site: Site, windows: Windows, clinic: Clinic, choice: str
) -> None:
    number = clinic.board(KPI, BAR, name=choice)
    page = opened(site, windows, clinic, number, 2)
    theirs = {"tiles": [{"id": "t9", "tile": {"kind": "pie", "query": {"by": ["channel"]}}}]}
    theirs["tiles"][0] |= {"x": 0, "y": 0, "w": 4, "h": 4}
    assert clinic.api.patch(f"/v1/dashboards/{number}", json={"version": 1, **theirs}).status_code == 200
    windows.expect(page, "409")
    page.get_by_role("button", name="Menu of Channels").click()
    page.get_by_role("menuitem", name="Remove").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("changed this dashboard while you had it open")
    dialog.get_by_role("button", name=choice).click()
    expect(dialog).to_have_count(0)
    drawn(page, 1)
    kept = ["t0"] if choice.startswith("Put") else ["t9"]
    assert clinic.stored_as(number, kept)
    copies = [one for one in clinic.api.get("/v1/dashboards").json()["dashboards"] if "(mine)" in one["name"]]
    if choice.startswith("Keep"):
        assert [[tile["id"] for tile in one["tiles"]] for one in copies] == [["t0"]]


@pytest.mark.slow
def test_boards_are_made_named_ordered_deleted_and_restored(site: Site, windows: Windows) -> None:
    project = site.project()
    page = windows.open(f"/p/{project.slug}/analytics", site.person("editor"))
    drawn(page, 10)
    tabs = page.locator("#tabs a")

    def do(item: str) -> None:
        page.get_by_role("button", name="This dashboard").click()
        page.get_by_role("menuitem", name=item).click()

    do("Rename")
    page.get_by_role("textbox", name="Name").fill("Mornings")
    page.get_by_role("button", name="Rename").last.click()
    expect(tabs).to_have_text(["Mornings"])
    page.get_by_role("button", name="Dashboard", exact=True).click()
    page.get_by_role("dialog").get_by_text("Web chat").click()
    page.get_by_role("button", name="Make it").click()
    expect(tabs).to_have_count(2)
    expect(tabs.nth(1)).to_have_attribute("aria-current", "page")
    drawn(page, 8)
    expect(page.locator("#chips .chip")).to_have_count(1)
    do("Move left")
    expect(tabs.nth(0)).to_contain_text("Web chat")
    do("Show first")
    said(page, "shown first")
    do("Duplicate")
    expect(tabs).to_have_count(3)
    do("Delete")
    expect(tabs).to_have_count(2)
    page.get_by_role("button", name="Undo").last.click()
    expect(tabs).to_have_count(3)
    expect(page.locator("#tabs [aria-current]")).to_contain_text("(copy)")
    assert sideways(page) == 0
    fresh = windows.open(f"/p/{project.slug}/analytics", site.person("viewer"))
    expect(fresh.locator("#tabs [aria-current]")).to_contain_text("Web chat")
