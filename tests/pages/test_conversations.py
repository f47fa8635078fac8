"""The list of conversations: columns, filters in the address, walking by keyboard, calls in progress."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from aftercall.catalog import Project
from aftercall.model.times import now_ms
from tests.pages.chromium import serious_faults, sideways
from tests.pages.conversations import HOUR, call, register, send, short
from tests.pages.site import Site, Windows

REASONS = ("book", "move", "cancel")


@pytest.fixture(scope="module")
def project(site: Site) -> Project:
    """With two metrics and twelve calls: call-00 is the newest. Tests that add calls take ``own``."""
    project = site.project()
    filled(site.api(project))
    return project


@pytest.fixture
def api(site: Site, project: Project) -> httpx.Client:
    return site.api(project)


@pytest.fixture
def own(site: Site) -> Project:
    return site.project()


@pytest.fixture
def own_api(site: Site, own: Project) -> httpx.Client:
    api = site.api(own)
    filled(api)
    return api


def filled(api: httpx.Client) -> None:
    register(api, "CALL_REASON", type="categorical", options=list(REASONS), display_name="Call reason")
    register(api, "SCORE", type="number", display_name="Score")
    begun = now_ms() - 2 * HOUR
    for number in range(12):
        reason = REASONS[number % 3]
        send(api, short(f"call-{number:02}", begun - number * HOUR, CALL_REASON=reason, SCORE=number))


def path(project: Project, **query: object) -> str:
    told = "&".join(
        f"{key}={quote(value if isinstance(value, str) else json.dumps(value))}"
        for key, value in query.items()
    )
    return f"/p/{project.slug}/conversations" + (f"?{told}" if told else "")


def ids(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('tr[data-id]')].map((row) => row.dataset.id)"
    )
    return found


def counted(page: Page, words: str) -> None:
    expect(page.locator("#count")).to_have_text(words)


def listed(page: Page, *wanted: str) -> None:
    expect(page.locator("#list-wrap")).not_to_have_class(re.compile("list-stale"))
    assert ids(page) == list(wanted)


def filter_by(page: Page, field: str, op: str) -> None:
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_label("Field").fill(field)
    page.get_by_label("Field").press("Tab")
    page.get_by_label("Is", exact=True).select_option(label=op)


def test_the_newest_stand_first_with_their_values(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    page = windows.open(path(project), site.person("viewer", pii=True))
    counted(page, "12 conversations")
    assert ids(page) == [f"call-{number:02}" for number in range(12)]
    heads = ["Started", "Status", "From number", "Duration", "Call reason", "Score"]
    expect(page.locator("thead th")).to_have_text(heads)
    cells = page.locator('tr[data-id="call-01"] td')
    expect(cells.nth(1)).to_have_text("user hangup")
    expect(cells.nth(2)).to_have_text("+4477009001")
    expect(cells.nth(3)).to_have_text("1:00")
    expect(cells.nth(4)).to_have_text("move")
    expect(cells.nth(5)).to_have_text("1")
    expect(page.locator("#list-wrap")).to_have_css("opacity", "1")  # no refresh under way
    assert serious_faults(page) == []
    assert sideways(page) == 0


def test_a_filter_stands_in_the_address_and_opens_elsewhere(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    page = windows.open(path(project), site.person())
    counted(page, "12 conversations")
    filter_by(page, "Call reason", "is one of")
    page.get_by_role("checkbox", name="cancel").check()
    page.get_by_role("button", name="Apply").click()
    counted(page, "4 conversations")
    filter_by(page, "SCORE", "is between")
    page.get_by_label("From", exact=True).fill("4")
    page.get_by_label("To, included").fill("9")
    page.get_by_role("button", name="Apply").click()
    counted(page, "2 conversations")
    chips = page.get_by_role("list", name="Filters").get_by_role("listitem")
    expect(chips.nth(0)).to_contain_text("Call reason is one of cancel")
    expect(chips.nth(1)).to_contain_text("Score is between 4 and 9")
    assert json.loads(parse_qs(urlsplit(page.url).query)["where"][0]) == [
        {"field": "CALL_REASON", "op": "in", "value": ["cancel"]},
        {"field": "SCORE", "op": "between", "value": [4, 9]},
    ]

    elsewhere = windows.open(page.url, site.person("viewer"))
    counted(elsewhere, "2 conversations")
    assert ids(elsewhere) == ["call-05", "call-08"]
    elsewhere.get_by_role("button", name="Remove: Call reason is one of cancel").click()
    counted(elsewhere, "6 conversations")
    elsewhere.go_back()
    counted(elsewhere, "2 conversations")


def test_one_of_several_and_what_does_not_match(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    page = windows.open(path(project), site.person())
    filter_by(page, "SCORE", "is over")
    page.get_by_label("Value").fill("9")
    page.get_by_role("button", name="Or", exact=True).click()
    page.get_by_label("Field").nth(1).fill("CALL_REASON")
    page.get_by_label("Field").nth(1).press("Tab")
    page.get_by_label("Is", exact=True).nth(1).select_option(label="is")
    page.get_by_label("Value").nth(1).select_option("book")
    page.get_by_role("button", name="Apply").click()
    counted(page, "6 conversations")  # 10 and 11, and 0 3 6 9
    chip = page.get_by_role("list", name="Filters").get_by_role("listitem").first
    expect(chip).to_contain_text("Score is over 9 or Call reason is book")
    chip.get_by_role("button").first.click()
    page.get_by_label("Show what does not match").check()
    page.get_by_role("button", name="Apply").click()
    expect(chip).to_contain_text("not (Score is over 9 or Call reason is book)")
    listed(page, "call-01", "call-02", "call-04", "call-05", "call-07", "call-08")


def test_a_filter_within_a_filter_is_made_and_changed(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    booked = {"field": "CALL_REASON", "op": "eq", "value": "book"}
    inner = {"all": [{"not": booked}, {"field": "SCORE", "op": "gt", "value": 8}]}
    where = [{"any": [{"field": "SCORE", "op": "eq", "value": 1}, inner]}]
    page = windows.open(path(project, where=where), site.person())
    counted(page, "3 conversations")  # 1, and 10 and 11
    chip = page.get_by_role("list", name="Filters").get_by_role("listitem").first
    expect(chip).to_contain_text("Score is 1 or (not (Call reason is book) and Score is over 8)")
    chip.get_by_role("button").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Field")).to_have_count(3)
    assert serious_faults(page) == []
    dialog.get_by_label("Value").nth(2).fill("9")
    dialog.get_by_title("Conditions within this one").last.click()
    dialog.get_by_label("Field").nth(3).fill("duration")
    dialog.get_by_label("Field").nth(3).press("Tab")
    dialog.get_by_label("Is", exact=True).nth(3).select_option(label="is over")
    dialog.get_by_label("Value").nth(3).fill("900")
    dialog.get_by_label("Show what does not match").check()
    dialog.get_by_role("button", name="Apply").click()
    counted(page, "9 conversations")
    asked = json.loads(parse_qs(urlsplit(page.url).query)["where"][0])
    score = {"field": "SCORE", "op": "eq", "value": 1}
    more = {"field": "SCORE", "op": "gt", "value": 9}
    long = {"field": "duration", "op": "gt", "value": 900}
    assert asked == [{"not": {"any": [score, {"all": [{"not": booked}, more]}, long]}}]


def test_ids_that_no_path_can_hold(site: Site, windows: Windows) -> None:
    project = site.project()
    api = site.api(project)
    for number, id_ in enumerate((".", "..", "~", "/~/")):
        send(api, short(id_, now_ms() - HOUR - number * 1_000))
    page = windows.open(path(project), site.person())
    counted(page, "4 conversations")
    for id_ in (".", "..", "~", "/~/"):
        page.locator(f'tr[data-id="{id_}"] a.cover').click()
        expect(page.locator(".said-text").last).to_have_text(f"Good day, this is {id_}")
    page.locator('tr[data-id="."] a.cover').click()
    page.get_by_role("link", name="Whole page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(".")
    expect(page.locator(".said-text").last).to_have_text("Good day, this is .")
    page.locator("#older").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("..")
    expect(page.locator(".said-text").last).to_have_text("Good day, this is ..")


def test_what_cannot_be_asked_is_said_in_the_dialog(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    page = windows.open(path(project), site.person())
    windows.expect(page, "400 (Bad Request)")
    filter_by(page, "SCOR", "is")
    page.get_by_label("Value").fill("1")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("SCORE")
    expect(page.get_by_label("Value")).to_have_value("1")
    page.keyboard.press("Escape")
    counted(page, "12 conversations")


def test_an_address_that_somebody_typed(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    page = windows.open(path(project) + "?where=%7Bnonsense&over=all&col=", site.person())
    counted(page, "12 conversations")
    windows.expect(page, "400 (Bad Request)")
    page.goto(path(project, where=[{"field": "NOBODY", "op": "eq", "value": "<b>x</b>"}]))
    expect(page.locator("#list-wrong")).to_contain_text("NOBODY")
    page.get_by_role("button", name=re.compile("^Remove: NOBODY")).click()
    counted(page, "12 conversations")


def test_words_by_speaker_and_time(site: Site, windows: Windows, own: Project, own_api: httpx.Client) -> None:
    send(own_api, call("insured"))
    send(own_api, short("old", now_ms() - 40 * 24 * HOUR))
    page = windows.open(path(own), site.person())
    counted(page, "14 conversations")
    page.get_by_label("Time", exact=True).select_option("30d")
    counted(page, "13 conversations")
    page.keyboard.press("/")
    page.get_by_label("Said by").select_option("user")
    page.get_by_label("Words in the transcript").fill("insurance appointment")
    page.get_by_label("Words in the transcript").press("Enter")
    counted(page, "1 conversation")
    assert ids(page) == ["insured"]
    expect(page.get_by_role("list", name="Filters")).to_contain_text(
        "The caller said “insurance appointment”"
    )
    page.goto(page.url.replace("%22user%22", "%22agent%22"))
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.get_by_role("button", name="Show all conversations").click()
    counted(page, "14 conversations")


def test_the_conversations_behind_a_number(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    query = {"measures": [{"metric": "SCORE", "agg": "avg"}], "over": {"last": "30d"}, "by": ["CALL_REASON"]}
    answer = api.post("/v1/query", json=query).json()
    drill = {**answer["drill"], "row": answer["rows"][0], "measure": "SCORE.avg"}
    page = windows.open(path(project, drill=drill), site.person())
    counted(page, "4 conversations")
    expect(page.get_by_role("list", name="Filters")).to_contain_text("Behind SCORE.avg")
    filter_by(page, "SCORE", "is over")
    page.get_by_label("Value").fill("6")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#count")).not_to_have_text("4 conversations")
    page.get_by_role("button", name="Export").click()
    expect(page.locator('[data-format="parquet"]')).to_be_disabled()
    with page.expect_download() as started:
        page.locator('[data-format="csv"]').click()
    head, *lines = Path(started.value.path()).read_text().splitlines()
    assert head == '"conversation_id","started_at","from_number","duration","CALL_REASON","SCORE"'
    assert len(lines) == int(page.locator("#count").inner_text().split()[0])
    page.get_by_role("button", name=re.compile("^Remove: Behind")).click()
    counted(page, "5 conversations")


def test_columns_are_chosen_and_ordered(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    person = site.person()
    page = windows.open(path(project), person)
    counted(page, "12 conversations")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("button", name="Remove Duration").click()
    page.get_by_role("button", name="Move Score to the left").click()
    page.get_by_label("Add a column").fill("num_user_words")
    with page.expect_response(lambda one: one.request.method == "POST" and one.status == 204):
        page.get_by_role("button", name="Show these").click()
    heads = page.locator("thead th")
    expect(heads).to_have_text(
        ["Started", "Status", "From number", "Score", "Call reason", re.compile("User words")]
    )
    expect(page.locator('tr[data-id="call-03"] td').nth(5)).to_have_text("5")
    assert parse_qs(urlsplit(page.url).query)["col"] == [
        "from_number",
        "SCORE",
        "CALL_REASON",
        "num_user_words",
    ]
    elsewhere = windows.open(path(project), person)  # kept for the person, not for the browser
    expect(elsewhere.locator("thead th")).to_have_text(
        ["Started", "Status", "From number", "Score", "Call reason", re.compile("User words")]
    )
    expect(windows.open(path(project), site.person()).locator("thead th").nth(3)).to_have_text("Duration")
    elsewhere.get_by_role("button", name="Columns").click()
    elsewhere.get_by_role("button", name="Defaults").click()
    with elsewhere.expect_response(lambda one: one.request.method == "POST" and one.status == 204):
        elsewhere.get_by_role("button", name="Show these").click()
    page.goto(path(project))
    expect(heads.nth(3)).to_have_text("Duration")


@pytest.mark.parametrize("format_", ["csv", "jsonl", "parquet"])
def test_what_is_shown_is_exported(
    site: Site, windows: Windows, project: Project, api: httpx.Client, format_: str
) -> None:
    where = [{"field": "SCORE", "op": "lt", "value": 2}]
    page = windows.open(
        path(project, where=where) + "&col=SCORE&col=contained&over=7d", site.person("viewer")
    )
    counted(page, "2 conversations")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as started:
        page.locator(f'[data-format="{format_}"]').click()
    saved = started.value
    assert saved.suggested_filename == f"{project.slug}-conversations.{format_}"
    content = Path(saved.path()).read_bytes()
    if format_ == "csv":
        head, *lines = content.decode().splitlines()
        assert head == "conversation_id,started_at,SCORE"
        assert [line.split(",")[0].strip('"') for line in lines] == ["call-00", "call-01"]
    elif format_ == "jsonl":
        told = [json.loads(line) for line in content.splitlines()]
        assert [(one["conversation_id"], one["SCORE"]) for one in told] == [("call-00", 0), ("call-01", 1)]
    else:
        assert content[:4] == content[-4:] == b"PAR1"
    expect(page.get_by_role("status").filter(has_text="Exported")).to_contain_text("without Contained")


def test_walking_by_keyboard_within_the_filter(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    where = [{"field": "CALL_REASON", "op": "eq", "value": "move"}]
    page = windows.open(path(project, where=where), site.person())
    counted(page, "4 conversations")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    title = page.locator("#panel-title")
    expect(title).to_have_text("call-04")
    expect(page.locator(".said-text").last).to_have_text("Good day, this is call-04")
    assert "open=call-04" in page.url
    page.keyboard.press("j")
    expect(title).to_have_text("call-07")
    page.keyboard.press("k")
    page.keyboard.press("k")
    expect(title).to_have_text("call-01")
    expect(page.locator("#newer")).to_be_disabled()
    page.keyboard.press("o")
    expect(page.get_by_role("heading", level=1)).to_have_text("call-01")
    expect(page.locator("#older")).to_be_enabled()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_have_text("call-04")
    page.locator("#newer:not(:disabled)").wait_for()
    page.keyboard.press("Escape")
    counted(page, "4 conversations")
    expect(title).to_have_text("call-04")
    page.keyboard.press("Escape")
    expect(title).to_be_hidden()
    expect(page.locator('tr[data-id="call-04"] a')).to_be_focused()
    assert "open=" not in page.url


def test_calls_in_progress_arrive_and_end_by_themselves(
    site: Site, windows: Windows, own: Project, own_api: httpx.Client
) -> None:
    page = windows.open(path(own), site.person())
    counted(page, "12 conversations")
    events = call("live", now_ms() - 30_000, over=False)
    send(own_api, events[:3])
    live = page.locator('tr[data-id="live"]')
    expect(live).to_contain_text("In progress")
    live.click()
    turns = page.locator(".turn")
    expect(turns).to_have_count(2)
    send(own_api, events[3:])
    expect(turns).to_have_count(4)
    expect(page.locator(".cv-head")).to_contain_text("In progress")
    end = {"kind": "end", "conversation_id": "live", "id": "end", "at": now_ms(), "reason": "user_hangup"}
    send(own_api, [end])
    expect(page.locator(".cv-head")).to_contain_text("user hangup")
    expect(live).to_contain_text("user hangup")


def test_more_are_shown_on_the_way_down(site: Site, windows: Windows, own: Project) -> None:
    api = site.api(own)
    begun = now_ms() - HOUR
    send(api, [event for number in range(130) for event in short(f"c{number:03}", begun - number * 1_000)])
    page = windows.open(path(own), site.person(), height=500)
    counted(page, "130 conversations")
    rows = page.locator("tr[data-id]")
    for shown in (50, 100, 130):
        expect(rows).to_have_count(shown)
        rows.last.scroll_into_view_if_needed()
    expect(page.locator("#more")).to_be_hidden()
    assert ids(page) == [f"c{number:03}" for number in range(130)]


def test_nothing_there_yet(site: Site, windows: Windows, own: Project) -> None:
    page = windows.open(path(own), site.person("viewer"), theme="dark")
    expect(page.get_by_role("heading", name="No conversations yet")).to_be_visible()
    expect(page.locator("#list-wrap")).to_have_css("opacity", "1")  # no refresh under way
    assert serious_faults(page) == []


@pytest.mark.parametrize("width", [390, 1280, 2200])
def test_it_fits_and_reads_at_every_width(
    site: Site, windows: Windows, own: Project, own_api: httpx.Client, width: int
) -> None:
    send(own_api, call("c"))
    page = windows.open(path(own, open="c"), site.person(), width=width, theme="dark")
    expect(page.locator("#panel-title")).to_have_text("c")
    expect(page.locator(".cv")).to_be_visible()
    expect(page.locator("#list-wrap")).to_have_css("opacity", "1")  # no refresh under way
    assert sideways(page) == 0
    assert serious_faults(page) == []
