"""The registry's page: what each metric means and has, its form, advice, names to register, and backfills."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from aftercall.catalog import Project
from aftercall.model.times import now_ms
from tests.pages.chromium import serious_faults, sideways
from tests.pages.conversations import HOUR, register, send, short
from tests.pages.site import Site, Windows

REASONS = ("book", "move", "cancel", "parking")
WHY = {
    "extract": {
        "question": "Why did they call?",
        "extractors": ["rules"],
        "rules": [{"value": "morning", "any": [{"words": ["day"], "speaker": "user"}]}],
    }
}
HOSTILE = '<img src=x onerror="document.title=1">\u202e"\'; {{7*7}} الاسم 👩‍🚀 ' + "W" * 60


@pytest.fixture(scope="module")
def project(site: Site) -> Project:
    """Twelve calls, and metrics of every kind. Tests that change something change metrics of their own."""
    project = site.project("Dental clinic")
    api = site.api(project)
    register(
        api,
        "CALL_REASON",
        type="categorical",
        options=["book", "move", "cancel"],
        display_name="Call reason",
        definition="Why they called.",
        synonyms=["topic"],
        owner="operations",
        group="CALL",
    )
    register(api, "SCORE", type="number", unit="points", definition="From 0 to 11.", group="CALL")
    register(api, "BOOKED", type="boolean", better="up", definition="A visit was booked, or else not.")
    register(api, "OLD", type="boolean", definition="No longer written.", active=False)
    register(api, "BOOKED_SHARE", type="ratio", numerator="BOOKED", denominator="conversations", unit="%")
    begun = now_ms() - 2 * HOUR
    for number in range(12):
        values = {"CALL_REASON": REASONS[number % 4], "SCORE": number, "visits": str(number % 3)}
        values |= {"BOOKED": True} if number % 3 == 0 else {}
        send(api, short(f"call-{number:02}", begun - number * HOUR, **values, seen_before="true"))
    return project


@pytest.fixture
def api(site: Site, project: Project) -> httpx.Client:
    return site.api(project)


def path(project: Project, search: str = "") -> str:
    return f"/p/{project.slug}/metrics{search}"


def row(page: Page, name: str) -> Locator:
    return page.locator(f'tr[data-name="{name}"]')


def told(page: Page, name: str, words: str) -> None:
    """Its row shows what was written: the usage has come."""
    expect(row(page, name)).to_contain_text(words)


def test_a_viewer_sees_what_each_means_and_has(site: Site, windows: Windows, project: Project) -> None:
    page = windows.open(path(project), site.person("viewer"))
    told(page, "CALL_REASON", "9")
    expect(row(page, "CALL_REASON")).to_contain_text("3 unfit")
    chart = row(page, "CALL_REASON").get_by_role("img")
    expect(chart).to_have_attribute("aria-label", "book 33%, cancel 33%, move 33%")
    expect(row(page, "SCORE").get_by_role("img")).to_have_attribute("aria-label", re.compile("median 5.5"))
    expect(row(page, "BOOKED")).to_contain_text("100% yes")
    expect(row(page, "BOOKED_SHARE")).to_contain_text("ratio")
    expect(row(page, "OLD")).to_have_count(0)
    expect(page.get_by_role("button", name="New metric")).to_have_count(0)
    assert serious_faults(page) == []

    page.keyboard.press("/")
    page.keyboard.type("topic")
    expect(page.locator("tr[data-name]")).to_have_count(1)
    page.get_by_label("Name or meaning").fill("")
    page.get_by_label("Deactivated too").check()
    expect(row(page, "OLD")).to_be_visible()
    page.get_by_label("Group").select_option("CALL")
    page.get_by_label("Type", exact=True).select_option("number")
    expect(page.locator("tr[data-name]")).to_have_count(1)
    asked = parse_qs(urlsplit(page.url).query)
    assert asked == {"inactive": ["1"], "group": ["CALL"], "type": ["number"]}
    elsewhere = windows.open(page.url, site.person("editor"))
    expect(elsewhere.locator("tr[data-name]")).to_have_count(1)
    told(elsewhere, "SCORE", "points")


def test_numbers_lead_to_their_conversations(site: Site, windows: Windows, project: Project) -> None:
    page = windows.open(path(project, "?sort=-conversations"), site.person("viewer"))
    told(page, "CALL_REASON", "9")
    row(page, "CALL_REASON").get_by_role("link", name="9").click()
    expect(page.locator("#count")).to_have_text("12 conversations")  # three wrote what does not fit
    page.go_back()
    row(page, "SCORE").click()
    panel = page.get_by_role("complementary")
    expect(panel.get_by_role("heading", name="SCORE")).to_be_visible()
    panel.get_by_role("link", name="10 to 11: 1").click()
    expect(page.locator("#count")).to_have_text("1 conversation")
    page.goto(path(project, "/CALL_REASON"))
    assert page.url.endswith("/metrics?open=CALL_REASON")
    panel.get_by_role("link", name="move").click()
    expect(page.locator("#count")).to_have_text("3 conversations")


def test_by_keyboard_only(site: Site, windows: Windows, project: Project) -> None:
    page = windows.open(path(project, "?sort=name"), site.person())
    told(page, "CALL_REASON", "9")
    page.keyboard.press("g")
    page.keyboard.press("m")
    told(page, "CALL_REASON", "9")
    page.keyboard.press("j")
    expect(row(page, "CALL_REASON").locator("a.cover")).to_be_focused()
    page.keyboard.press("Enter")
    title = page.locator("#panel-title")
    expect(title).to_have_text("Call reason")
    page.keyboard.press("j")
    expect(title).to_have_text("SCORE")
    page.keyboard.press("k")
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Definition")).to_be_focused()
    page.keyboard.type(" In their words.")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Escape")
    expect(title).to_be_hidden()
    expect(row(page, "CALL_REASON").locator("a.cover")).to_be_focused()
    page.keyboard.press("4")
    expect(page.locator(".advice-one").first).to_be_visible()
    assert "view=advice" in page.url


def test_a_name_that_was_only_written_is_registered_with_one_click(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    page = windows.open(path(project, "?view=undeclared"), site.person())
    expect(row(page, "seen_before")).to_contain_text("12")
    row(page, "seen_before").get_by_role("button", name="Register as boolean").click()
    expect(page.get_by_role("status").filter(has_text="seen_before is a boolean metric")).to_be_visible()
    expect(row(page, "seen_before")).to_have_count(0)
    made = api.get("/v1/metrics/seen_before").json()
    assert (made["type"], made["auto"], made["usage"]["conversations"]) == ("boolean", False, 12)


def test_a_metric_is_defined_and_its_values_are_read_anew(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    page = windows.open(path(project, "?view=undeclared"), site.person())
    expect(row(page, "visits")).to_be_visible()
    row(page, "visits").get_by_role("button", name="Define…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Type").select_option("categorical")
    dialog.get_by_label("Options").fill("0\n1")
    expect(dialog.get_by_role("status")).to_contain_text("8 of 12 conversations keep a value, 4 do not fit")
    expect(dialog.get_by_role("row", name="2 does not fit")).to_be_visible()
    dialog.get_by_label("Type").select_option("integer")
    expect(dialog.get_by_role("status")).to_contain_text("12 of 12 conversations keep a value")
    dialog.get_by_label("Definition").fill("How often they came before.")
    dialog.get_by_label("Unit").fill("visits")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(row(page, "visits")).to_have_count(0)
    page.get_by_role("link", name=re.compile("^Registry")).click()
    expect(row(page, "visits")).to_contain_text("How often they came before.")
    made = api.get("/v1/metrics/visits").json()
    assert (made["type"], made["unit"], made["auto"]) == ("integer", "visits", False)


def test_a_metric_and_a_ratio_are_made(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    page = windows.open(path(project), site.person())
    windows.expect(page, "400 (Bad Request)")
    told(page, "CALL_REASON", "9")
    page.get_by_role("button", name="New metric").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("SCORE")
    dialog.get_by_role("button", name="Register").click()
    expect(dialog.get_by_role("alert")).to_contain_text("There is a metric SCORE already")
    dialog.get_by_label("Name").fill("MOOD/NOW")
    dialog.get_by_label("Type").select_option("categorical")
    dialog.get_by_role("button", name="Register").click()
    expect(dialog.get_by_role("alert")).to_contain_text("options")
    dialog.get_by_label("Options").fill("glad\nsad")
    dialog.get_by_text("More", exact=True).click()
    dialog.get_by_label("Other words").fill("spirits\n\ntemper")
    dialog.get_by_role("checkbox", name="extraction").check()
    dialog.get_by_role("button", name="Register").click()
    expect(row(page, "MOOD/NOW")).to_be_visible()
    made = api.get("/v1/metrics/MOOD%2FNOW").json()
    assert (made["options"], made["synonyms"]) == (["glad", "sad"], ["spirits", "temper"])
    assert (made["expected_sources"], made["rate_base"]) == (["extraction"], None)

    page.keyboard.press("n")
    dialog.get_by_label("Name").fill("POINTS_EACH")
    dialog.get_by_label("Type").select_option("ratio")
    dialog.get_by_label("Numerator").fill('{"metric": "SCORE", "agg": "sum"}')
    dialog.get_by_label("Denominator").fill("BOOKED")
    dialog.get_by_role("button", name="Register").click()
    expect(row(page, "POINTS_EACH")).to_contain_text("ratio")
    assert api.get("/v1/metrics/POINTS_EACH").json()["numerator"] == {"metric": "SCORE", "agg": "sum"}


def test_a_change_is_taken_back_and_others_stay(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    register(api, "TO_CHANGE", type="text", definition="As it was.", synonyms=["other"], unit="words")
    page = windows.open(path(project, "?open=TO_CHANGE"), site.person())
    panel = page.get_by_role("complementary")
    panel.get_by_role("button", name="Edit").click()
    page.get_by_role("dialog").get_by_label("Definition").fill("As it is now.")
    page.get_by_role("dialog").get_by_label("Unit").fill("")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(panel).to_contain_text("As it is now.")
    stored = api.get("/v1/metrics/TO_CHANGE").json()
    assert (stored["definition"], stored["unit"], stored["synonyms"]) == ("As it is now.", "", ["other"])
    panel.get_by_role("button", name="Deactivate").click()
    expect(panel.get_by_role("button", name="Activate", exact=True)).to_be_visible()
    expect(row(page, "TO_CHANGE")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "TO_CHANGE")).to_be_visible()


def test_advice_is_one_look_and_one_save_away(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    page = windows.open(path(project, "?view=advice"), site.person())
    found = page.locator('[data-code="VALUE_OUTSIDE_OPTIONS"]')
    expect(found).to_contain_text("parking")
    assert serious_faults(page) == []
    found.get_by_role("button", name="Look at the change").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Options")).to_have_value("book\nmove\ncancel\nparking")
    expect(dialog.get_by_role("status").first).to_contain_text("12 of 12 conversations keep a value")
    dialog.get_by_role("button", name="Save").click()
    expect(found).to_have_count(0)
    assert api.get("/v1/metrics/CALL_REASON").json()["options"][-1] == "parking"
    api.patch("/v1/metrics/CALL_REASON", json={"options": ["book", "move", "cancel"]}).raise_for_status()


def test_a_field_is_tried_on_a_few_calls_and_then_asked_of_all(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    register(api, "TIME_OF_DAY", type="categorical", options=["morning", "evening"], extraction=WHY)
    page = windows.open(path(project, "?view=fields"), site.person("editor"))
    expect(row(page, "TIME_OF_DAY")).to_contain_text("Why did they call?")
    expect(row(page, "TIME_OF_DAY")).to_contain_text("rules")
    page.get_by_label("Choose TIME_OF_DAY").check()
    page.get_by_role("button", name="Backfill 1…").click()
    page.get_by_role("dialog").get_by_label("Pilot").fill("5")
    page.get_by_role("dialog").get_by_role("button", name="Try it").click()
    panel = page.get_by_role("complementary")
    expect(panel).to_contain_text("Waits for you")
    expect(panel).to_contain_text("5 found")
    expect(panel).to_contain_text("Nothing of it was written.")
    expect(panel.get_by_role("row")).to_have_count(6)
    expect(panel.get_by_role("row").nth(1)).to_contain_text("“Good day, this is call-")
    assert serious_faults(page) == []
    assert api.get("/v1/metrics/TIME_OF_DAY").json()["usage"]["writes"] == 0
    panel.get_by_role("button", name="Start, for 12 calls").click()
    expect(panel.get_by_text("Done", exact=True)).to_be_visible()
    expect(panel).to_contain_text("12 of 12 conversations, 100%")
    told(page, "TIME_OF_DAY", "100% morning")
    address = page.url
    panel.get_by_role("button", name="Close").click()
    expect(page.locator("tr[data-backfill]")).to_contain_text("12 of 12")
    page.goto(address)
    expect(panel).to_contain_text("Done")
    page.goto(path(project, "?open=TIME_OF_DAY"))
    expect(panel.get_by_role("heading", name="Extraction")).to_be_visible()


def test_hostile_names_stay_inert_and_break_nothing(site: Site, windows: Windows) -> None:
    project = site.project()
    api = site.api(project)
    name = HOSTILE.replace("\u202e", "")  # of a metric's name control characters are refused
    body = {
        "type": "text",
        "definition": HOSTILE * 20,
        "synonyms": [HOSTILE],
        "owner": HOSTILE,
        "unit": "WW" * 20,
    }
    api.put(f"/v1/metrics/{httpx.URL(path='/' + name).path[1:]}", json=body)
    send(api, short("c", now_ms() - HOUR, **{HOSTILE[:150]: HOSTILE, name: HOSTILE * 30}))
    person = site.person()
    for width, theme in ((1280, "light"), (390, "dark"), (2200, "light")):
        page = windows.open(path(project), person, width=width, theme="dark" if theme == "dark" else "light")
        expect(page.locator("tr[data-name]")).not_to_have_count(0)
        expect(page.locator("tr[data-name] .skeleton")).to_have_count(0)
        assert sideways(page) == 0
        for view in ("undeclared", "advice"):
            page.goto(path(project, f"?view={view}"))
            expect(page.locator("#views [aria-current] .badge")).to_be_visible()
            assert sideways(page) == 0
        page.goto(path(project))
        page.locator("tr[data-name] a.cover").first.click()
        expect(page.get_by_role("complementary")).to_contain_text("Facts")
        assert sideways(page) == 0
        assert page.title() != "1"
        assert page.locator("img").count() == 0
    assert serious_faults(page) == []


def test_a_project_without_metrics_says_what_to_do(site: Site, windows: Windows) -> None:
    project = site.project()
    page = windows.open(path(project), site.person("viewer"), theme="dark")
    expect(page.get_by_role("heading", name="No metrics yet")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Extracted")).click()
    expect(page.get_by_role("heading", name="No field is extracted")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Built in")).click()
    expect(row(page, "conversations")).to_be_visible()
    assert serious_faults(page) == []
    page.goto(path(project, "/NOBODY/KNOWS"))
    expect(page.get_by_role("complementary")).to_contain_text("There is no metric NOBODY/KNOWS.")


def test_the_file_is_downloaded(site: Site, windows: Windows, project: Project) -> None:
    page = windows.open(path(project), site.person("viewer"))
    with page.expect_download() as started:
        page.get_by_role("button", name="metrics.yaml").click()
    assert started.value.suggested_filename == "metrics.yaml"
    assert "SCORE:" in started.value.path().read_text()


def test_what_the_page_holds_is_what_the_api_tells(site: Site, windows: Windows, project: Project) -> None:
    page = windows.open(path(project), site.person("viewer"))
    held = json.loads(page.locator("#told").text_content() or "")
    listed = site.api(project).get("/v1/metrics?usage=false").json()["metrics"]
    assert held["metrics"] == listed
