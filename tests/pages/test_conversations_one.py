"""One conversation: transcript and layers, deep links, evidence, corrections, attempts, events."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from aftercall.catalog import Project
from aftercall.model.times import now_ms
from tests.pages.chromium import serious_faults, sideways
from tests.pages.conversations import HOUR, call, register, send, short
from tests.pages.site import Site, Windows
from tests.web.test_after_the_call import BROKEN, GOOD, add_agent


@pytest.fixture
def project(site: Site) -> Project:
    return site.project()


@pytest.fixture
def api(site: Site, project: Project) -> httpx.Client:
    api = site.api(project)
    register(api, "CALL_REASON", type="categorical", options=["book", "move"], display_name="Call reason")
    register(api, "APPOINTMENT_BOOKED", type="boolean", display_name="Appointment booked")
    send(api, call("main"))
    return api


def path(project: Project, cid: str = "main") -> str:
    return f"/p/{project.slug}/conversations/{cid}"


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def metric(page: Page, name: str) -> Any:
    return page.locator(f'details[data-metric="{name}"]')


def test_what_was_said_with_what_lies_over_it(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    page = windows.open(path(project), site.person("viewer"))
    expect(page.locator(".turn")).to_have_count(4)
    expect(page.locator("#turn-2 .said-at")).to_have_text("0:04")
    expect(page.locator(".gap")).to_have_text("6 s without a word")
    shown = {
        "Metrics": page.locator('[data-kind="metric"]').first,
        "Functions": page.locator('[data-kind="function_call"]').first,
        "Flow": page.locator('[data-kind="flow"]'),
        "State": page.locator('[data-kind="state"]'),
        "Logs": page.locator('[data-kind="log"]'),
        "Latency": page.get_by_text("2.4 s latency"),
        "Interruptions": page.get_by_text("Interrupted", exact=True),
        "Silences": page.locator(".gap"),
        "Other": page.locator('[data-kind="start"]'),
    }
    layers = page.get_by_role("group", name="Shown with the transcript")
    hidden_at_first = {"State", "Logs", "Latency", "Other"}
    for name, thing in shown.items():
        toggle = layers.get_by_role("button", name=name)
        expect(thing).to_be_visible(visible=name not in hidden_at_first)
        toggle.click()
        expect(thing).to_be_visible(visible=name in hidden_at_first)
    page.reload()
    expect(page.locator(".turn")).to_have_count(4)
    for name, thing in shown.items():  # remembered
        expect(thing).to_be_visible(visible=name in hidden_at_first)
    assert serious_faults(page) == []


def test_the_reason_is_two_clicks_away(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    page = windows.open(f"/p/{project.slug}/conversations", site.person("viewer"))
    page.locator('tr[data-id="main"] a').click()
    page.get_by_role("button", name=re.compile("book_slot failed: timeout")).click()
    call_ = page.locator('[data-kind="function_call"].pointed')
    expect(call_).to_be_in_viewport()
    expect(call_).to_contain_text('"slot": "09:00"')
    expect(page.locator('[data-kind="function_call"] pre').first).to_contain_text('"day": "tuesday"')


def test_a_link_to_a_turn(site: Site, windows: Windows, project: Project, api: httpx.Client) -> None:
    at = now_ms() - HOUR
    turns = [
        {
            "kind": "turn",
            "conversation_id": "long",
            "id": f"t{i}",
            "speaker": "user",
            "at": at + i,
            "text": f"word {i}",
        }
        for i in range(1, 401)
    ]
    send(api, turns)
    page = windows.open(f"{path(project, 'long')}#turn-300", site.person("viewer"))
    expect(page.locator("#turn-300.pointed")).to_be_in_viewport()
    page.locator("#turn-299 a").click()
    expect(page.locator("#turn-299.pointed")).to_be_in_viewport()
    assert page.url.endswith("#turn-299")


def test_evidence_leads_to_its_words(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    page = windows.open(path(project), site.person("viewer"))
    metric(page, "CALL_REASON").locator("summary").first.click()
    page.get_by_title("Show it in the transcript").click()
    expect(page.locator("#turn-2 mark")).to_have_text("move my appointment")
    metric(page, "CALL_REASON").get_by_text("Where it comes from").click()
    expect(metric(page, "CALL_REASON")).to_contain_text('"extractor": "rules"')
    expect(page.get_by_role("button", name="Correct")).to_have_count(0)  # viewers do not


def test_a_value_is_corrected_and_taken_back(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    page = windows.open(f"/p/{project.slug}/conversations?open=main&col=CALL_REASON", site.person("editor"))
    cell = page.locator('tr[data-id="main"] td').nth(2)
    expect(cell).to_have_text("move")
    reason = metric(page, "CALL_REASON")
    reason.locator("summary").first.click()
    reason.get_by_role("button", name="Correct").click()
    page.get_by_label("Value").select_option("book")
    page.get_by_label("Why").fill("They <b>booked</b>")
    page.get_by_role("button", name="Save").click()
    expect(reason.locator("summary .value-value")).to_have_text("book")
    expect(reason.locator(".writes > li").first).to_contain_text("They <b>booked</b>")
    expect(reason.locator(".writes > li")).to_have_count(2)
    expect(reason.locator("summary")).to_contain_text(["human"])
    expect(cell).to_have_text("book")
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(reason.locator("summary .value-value")).to_have_text("move")
    expect(cell).to_have_text("move")
    expect(reason.locator(".writes > li").first).to_contain_text("taken back")


def test_what_does_not_fit_is_said(site: Site, windows: Windows, project: Project, api: httpx.Client) -> None:
    register(api, "SCORE", type="integer")
    page = windows.open(path(project), site.person("editor"))
    windows.expect(page, "422 (Unprocessable")
    page.get_by_role("button", name="Add a value").click()
    page.get_by_role("combobox", name="Metric").fill("SCORE")
    page.get_by_role("combobox", name="Metric").press("Tab")
    page.get_by_role("textbox", name="Value").fill("many")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("SCORE")
    page.get_by_role("textbox", name="Value").fill("7")
    page.get_by_role("button", name="Save").click()
    expect(metric(page, "SCORE").locator(".value-value")).to_have_text("7")


@pytest.mark.parametrize(
    ("told", "value", "says"),
    [
        ({"status": "not_applicable"}, None, "not applicable"),
        ({"status": "unknown"}, None, "unknown"),
        ({"status": "ungrounded"}, "move", "ungrounded"),
        ({"status": "failed"}, {"no": "value"}, "failed"),
        ({"status": "constructor"}, "move", "extraction · rules"),
    ],
)
def test_what_an_extraction_came_to(
    site: Site, windows: Windows, project: Project, api: httpx.Client, told: Any, value: Any, says: str
) -> None:
    said = {"kind": "metric", "name": "CALL_REASON", "source": "extraction", "value": value}
    place = {"conversation_id": "main", "id": "x1", "at": now_ms()}
    send(api, [{**said, **place, "lineage": {"extractor": "rules", **told}}])
    page = windows.open(path(project), site.person("viewer"))
    summary = metric(page, "CALL_REASON").locator("summary").first
    expect(summary).to_contain_text(says)
    expect(summary).to_contain_text("extraction · rules")


def test_attempts_and_everything_that_was_told(
    site: Site, windows: Windows, project: Project, api: httpx.Client
) -> None:
    failed = {
        "kind": "postcall",
        "conversation_id": "main",
        "id": "p1",
        "at": now_ms() - HOUR // 2,
        "attempt": "a1",
        "status": "failed",
        "source": "system",
        "duration_ms": 1_200,
        "error": "KeyError: 'reason' <script>alert(1)</script>",
        "traceback": "Traceback (most recent call last):\n  File functions.py, line 3",
    }
    send(api, [failed])
    page = windows.open(path(project), site.person("viewer"))
    expect(page.get_by_label("What went wrong")).to_contain_text("KeyError: 'reason' <script>")
    tab(page, "After the call")
    attempt = page.locator(".attempt[data-status=failed]")
    expect(attempt).to_contain_text("File functions.py, line 3")
    expect(page.get_by_role("button", name="Run it again")).to_have_count(0)
    send(
        api,
        [
            {
                **failed,
                "id": "p2",
                "at": now_ms(),
                "attempt": "a2",
                "status": "ok",
                "error": None,
                "traceback": None,
            }
        ],
    )
    page.reload()  # the tab is remembered
    expect(page.locator(".attempt").first).to_contain_text("Worked")
    tab(page, "Events")
    expect(page.locator(".raw > li")).to_have_count(15)
    page.locator(".raw summary").first.click()
    expect(page.locator(".raw pre").first).to_contain_text('"from_number": "***********23"')
    tab(page, "Details")
    expect(page.locator(".facts")).to_contain_text("Completed".lower())
    assert serious_faults(page) == []


@pytest.mark.slow
def test_a_failed_attempt_is_replayed_and_turns_green(
    site: Site, windows: Windows, project: Project, tmp_path: Path
) -> None:
    api = site.api(project)
    add_agent(site.server, project.slug, tmp_path / "one", BROKEN)
    send(api, short("c", now_ms() - HOUR))
    page = windows.open(f"/p/{project.slug}/conversations?open=c", site.person())
    expect(page.get_by_label("What went wrong")).to_contain_text("NotImplementedError: no model")
    tab(page, "After the call")
    expect(page.locator(".attempt")).to_contain_text("functions/end_function.py")
    expect(page.locator('tr[data-id="c"]')).to_contain_text("Post-call failed")
    add_agent(site.server, project.slug, tmp_path / "two", GOOD)
    page.get_by_role("button", name="Run it again").click()
    expect(page.locator(".attempt[data-status=ok]")).to_contain_text("Wrote TURNS")
    expect(page.get_by_label("What went wrong")).to_have_count(0)
    tab(page, "Metrics")
    expect(metric(page, "TURNS").locator(".value-value")).to_have_text("2")
    expect(page.locator('tr[data-id="c"]')).to_contain_text("user hangup")


def test_one_that_is_not_there(site: Site, windows: Windows, project: Project) -> None:
    page = windows.open(path(project, "nobody"), site.person("viewer"))
    windows.expect(page, "404 (Not Found)")
    expect(page.locator("conversation-view").get_by_role("alert")).to_contain_text("nobody")


HOSTILE = [
    "<script>document.title='pwned'</script>",
    "</script><img src=x onerror=alert(1)>",
    "a/b?c#d",
    "x/timeline",
    "..%2f..",
    "\u202etxt.exe",
    "مكالمة 👩‍🚀",
    "'; DROP TABLE events; --",
    "W" * 500,
    "{{7*7}}",
]


def test_hostile_words_stay_words(site: Site, windows: Windows, project: Project) -> None:
    api = site.api(project)
    at = now_ms() - HOUR
    nasty = HOSTILE[0] + HOSTILE[1] + "\u202eright to left " + "سلام 👩‍🚀 " + "W" * 5_000
    brief = nasty[:900]
    name = "<b onclick=alert(1)>M"
    for number, cid in enumerate(HOSTILE):
        events: list[dict[str, Any]] = [
            {
                "kind": "start",
                "at": at - number,
                "tags": [nasty[:200]],
                "variant_name": brief,
                "attributes": {nasty[:100]: nasty},
            },
            {"kind": "turn", "speaker": "user", "at": at + 10, "text": nasty},
            {"kind": "turn", "speaker": "agent", "at": at + 20, "text": ""},
            {
                "kind": "turn",
                "speaker": "user",
                "at": at + 30,
                "text": "السلام عليكم، أريد موعداً يوم الثلاثاء",
            },
            {
                "kind": "function_call",
                "at": at + 40,
                "name": nasty[:150],
                "arguments": {nasty: nasty},
                "error": nasty,
            },
            {"kind": "metric", "at": at + 50, "name": name, "value": nasty},
            {"kind": "error", "at": at + 60, "message": nasty, "traceback": nasty, "where": brief},
            {"kind": "flow", "at": at + 65, "flow": brief, "step": brief},
            {"kind": "handoff", "at": at + 70, "destination": brief, "reason": brief},
            {"kind": "end", "at": at + 80, "reason": nasty[:300]},
        ]
        send(api, [{"conversation_id": cid, "id": f"e{place}", **one} for place, one in enumerate(events)])
    person = site.person()
    page = windows.open("/", person)
    for width in (390, 1280):
        page = windows.open(
            f"/p/{project.slug}/conversations?col={name}&col=variant_name&col=tags", person, width=width
        )
        expect(page.locator("tr[data-id]")).to_have_count(len(HOSTILE))
        assert sideways(page) == 0
        for number, cid in enumerate(HOSTILE):
            page.locator("tr[data-id] a").nth(number).evaluate("link => link.click()")
            expect(page.locator("#panel-title")).to_have_text(cid)
            expect(page.locator(".turn").first).to_be_attached()
            assert sideways(page) == 0
        assert page.title().startswith("Conversations")
    links = page.locator("tr[data-id] a").evaluate_all(
        "links => links.map((link) => link.getAttribute('href'))"
    )
    for cid, link in zip(HOSTILE, links, strict=True):
        page.goto(link)
        expect(page.get_by_role("heading", level=1)).to_have_text(cid)
        expect(page.locator(".said-text").first).to_contain_text("<script>")
        expect(page.locator("#turn-2")).to_contain_text("(no words)")
        assert sideways(page) == 0
    assert serious_faults(page) == []


def test_a_call_of_two_thousand_turns(site: Site, windows: Windows, project: Project) -> None:
    api = site.api(project)
    at = now_ms() - 6 * HOUR
    turns = [
        {
            "kind": "turn",
            "conversation_id": "long",
            "id": f"t{i}",
            "speaker": ("agent", "user")[i % 2],
            "at": at + i * 5_000,
            "text": f"Utterance {i}. " * 6,
        }
        for i in range(2_000)
    ]
    send(api, turns)
    page = windows.open(path(project, "long"), site.person("viewer"))
    expect(page.locator(".turn")).to_have_count(2_000)
    expect(page.locator(".cv-head")).to_contain_text("In progress")  # no end was told
    page.goto(path(project, "long") + "#turn-1990")
    page.reload()
    expect(page.locator("#turn-1990")).to_be_in_viewport()


def test_neighbours_are_found_by_the_api(site: Site, project: Project) -> None:
    api = site.api(project)
    at = now_ms() - HOUR
    for number in range(5):
        send(api, short(f"c{number}", at - number * 10_000, SCORE=number % 2))
    far = short("far", at - 30 * 24 * HOUR, SCORE=0)
    send(api, far)

    def around(cid: str, **query: Any) -> tuple[str | None, str | None]:
        body = {"query": {"over": {"all": True}, **query}, "conversation_id": cid}
        answer = api.post("/v1/query/conversations/around", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["newer"], answer.json()["older"]

    even = [{"field": "SCORE", "op": "eq", "value": 0}]
    assert around("c0") == (None, "c1")
    assert around("c2") == ("c1", "c3")
    assert around("c2", where=even) == ("c0", "c4")
    assert around("c3", where=even) == ("c2", "c4")  # itself not among them
    assert around("c4", where=even) == ("c2", "far")
    assert around("far", where=even) == ("c4", None)
    missing = api.post("/v1/query/conversations/around", json={"query": {}, "conversation_id": "nobody"})
    assert missing.status_code == 404
    wrong = api.post("/v1/query/conversations/around", json={"query": {"where": 1}, "conversation_id": "c1"})
    assert (wrong.status_code, wrong.json()["error_code"]) == (400, "QUERY_INVALID")
