"""The parts that pages are made of, on a page that has them all: it is put together in the browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.pages.chromium import serious_faults
from tests.pages.site import Site, Windows

PARTS = """
<button class="button" id="opener" type="button">Open</button>
<side-panel aria-labelledby="panel-title"><header><h2 id="panel-title">A call</h2>
<button class="button" type="button" data-panel-close>Close</button></header>
<div class="body">Words</div></side-panel>
<tab-set remember="test"><div class="tabs" role="tablist" aria-label="Parts">
<button role="tab" aria-controls="one" aria-selected="true">One</button>
<button role="tab" aria-controls="two" aria-selected="false">Two</button></div>
<div id="one" role="tabpanel">first</div><div id="two" role="tabpanel">second</div></tab-set>
<time datetime="2020-01-01T00:00:00Z" data-relative>1 Jan 2020</time>
"""


@pytest.fixture
def page(site: Site, windows: Windows) -> Page:
    project = site.project()
    opened = windows.open(f"/p/{project.slug}/settings/project", site.person("viewer"))
    opened.evaluate(
        "(parts) => document.getElementById('content').insertAdjacentHTML('beforeend', parts)", PARTS
    )
    return opened


def script(page: Page, source: str) -> object:
    """Runs ``source`` with the modules of static/js as ``js(name)``."""
    return page.evaluate(
        "async () => { const base = document.querySelector('script[type=module]').src.replace(/app.js$/, '');"
        f" const js = (name) => import(`${{base}}${{name}}.js`); {source} }}"
    )


def test_the_side_panel_opens_closes_and_gives_focus_back(page: Page) -> None:
    panel = page.locator("side-panel")
    expect(panel).to_be_hidden()
    page.locator("#opener").focus()
    panel.evaluate("(panel) => panel.show()")
    expect(panel).to_be_visible()
    expect(panel).to_be_focused()
    assert serious_faults(page) == []
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator("#opener")).to_be_focused()
    panel.evaluate("(panel) => panel.show()")
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()


def test_tabs_move_by_arrows_and_are_remembered(page: Page) -> None:
    expect(page.get_by_text("first", exact=True)).to_be_visible()
    expect(page.get_by_text("second", exact=True)).to_be_hidden()
    page.get_by_role("tab", name="One").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Two")).to_be_focused()
    expect(page.get_by_text("second", exact=True)).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("first", exact=True)).to_be_visible()
    page.keyboard.press("End")
    assert page.evaluate("localStorage.getItem('aftercall.tab.test')") == "two"


UNDO = "{ action: 'Undo', run: () => { window.undone = true; } }"
MANY = "const { toast } = await js('toast'); for (let n = 0; n < 5; n++) toast(`number ${n}`, { bad: true });"
ASK = """
const { confirmed } = await js('dialog');
window.answer = null;
confirmed('Sure?', { yes: 'Do it', bad: true }).then((answer) => { window.answer = answer; });
"""


def test_a_toast_says_text_only_and_can_be_undone(page: Page) -> None:
    script(page, f"(await js('toast')).toast('<img src=x> gone', {UNDO});")
    toast = page.get_by_role("status")
    expect(toast).to_contain_text("<img src=x> gone")
    page.get_by_role("button", name="Undo").click()
    assert page.evaluate("window.undone") is True
    expect(toast).to_be_empty()
    script(page, MANY)
    expect(page.locator(".toast")).to_have_text(["number 2", "number 3", "number 4"])


@pytest.mark.parametrize(("press", "answer"), [("Do it", True), ("Cancel", False)])
def test_a_question_is_asked_before_something_is_done(page: Page, press: str, answer: bool) -> None:
    script(page, ASK)
    page.get_by_role("alertdialog").get_by_role("button", name=press).click()
    page.wait_for_function("window.answer !== null")
    assert page.evaluate("window.answer") is answer
    expect(page.get_by_role("alertdialog")).to_have_count(0)


AGES = {
    5: "just now",
    59: "just now",
    60: "1 minute ago",
    3599: "59 minutes ago",
    3600: "1 hour ago",
    86_400: "yesterday",
    86_400 * 40: "last month",
    -120: "in 2 minutes",
}


def test_times_are_told_relative_to_now(page: Page) -> None:
    ages = f"{list(AGES)}.map((age) => relative(now - age * 1000, now))"
    told = script(page, f"const {{ relative }} = await js('time'); const now = Date.now(); return {ages};")
    assert told == list(AGES.values())
    script(page, "(await js('time')).showTimes();")
    expect(page.locator("#content time[data-relative]").last).to_have_text(re.compile("years ago"))


def test_what_the_api_refuses_is_an_error_with_its_sentence(page: Page, windows: Windows) -> None:
    windows.expect(page, "403 (Forbidden)", "404 (Not Found)")
    told = script(
        page,
        "const { api } = await js('api'); try { await api.get('/v1/keys'); } catch (error) {"
        " return [error.constructor.name, error.status, error.code, error.message]; }",
    )
    assert isinstance(told, list)
    assert told[:3] == ["ApiError", 403, "FORBIDDEN"]
    assert "administrator" in told[3]


def test_who_was_signed_out_meanwhile_comes_to_the_sign_in_page(page: Page, windows: Windows) -> None:
    windows.expect(page, "401 (Unauthorized)")
    page.context.clear_cookies()
    with page.expect_navigation(url=re.compile("/sign-in")):
        script(page, "(await js('api')).api.get('/v1/projects').catch(() => {});")
    assert "next=%2Fp%2F" in page.url


def test_a_server_that_is_gone_is_told_as_such(page: Page, windows: Windows) -> None:
    windows.expect(page, "request failed", "ERR_INTERNET_DISCONNECTED")
    script(page, "await js('api');")
    page.context.set_offline(True)
    told = script(
        page,
        "try { await (await js('api')).api.get('/v1/projects'); } catch (error) { return error.message; }",
    )
    assert told == "The server cannot be reached. Nothing was changed."
