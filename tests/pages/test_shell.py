"""The frame of every page: navigation, project switcher, keyboard, theme, phone; and files and headers."""

from __future__ import annotations

import gzip
import re

import httpx
import pytest
from playwright.sync_api import expect

from aftercall.web.pages.assets import files, imported
from aftercall.web.pages.sections import SECTIONS, Section
from tests.pages.chromium import serious_faults, sideways
from tests.pages.site import Site, Windows


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_is_sound(site: Site, windows: Windows, theme: str, width: int) -> None:
    project = site.project()
    page = windows.open(
        f"/p/{project.slug}/settings",
        site.person(),
        width=width,
        theme="dark" if theme == "dark" else "light",
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    assert serious_faults(page) == []
    assert sideways(page) == 0


@pytest.mark.parametrize("section", [one for one in SECTIONS if one.soon], ids=lambda one: one.path)
def test_what_is_not_built_yet_says_so(site: Site, windows: Windows, section: Section) -> None:
    project = site.project()
    page = windows.open(f"/p/{project.slug}/{section.path}", site.person("viewer"))
    expect(page.get_by_role("main")).to_contain_text("not in this version yet")
    expect(page.get_by_role("main")).to_contain_text(section.soon or "")
    assert serious_faults(page) == []


def test_the_navigation_shows_where_one_is_and_switches_projects(site: Site, windows: Windows) -> None:
    first, second = site.project("First clinic"), site.project("Second clinic")
    page = windows.open(f"/p/{first.slug}/settings/project", site.person("viewer", projects=[first, second]))
    current = page.get_by_role("navigation", name="Main").locator("[aria-current=page]")
    expect(current).to_contain_text("Settings")
    page.get_by_title("Switch project").click()
    page.get_by_role("menuitem", name="Second clinic").click()
    page.wait_for_url(f"{site.url}/p/{second.slug}/settings/project")
    page.goto("/account")
    expect(page.get_by_title("Switch project")).to_contain_text("clinic")
    page.goto(f"/p/{second.slug}")
    page.goto("/")
    page.wait_for_url(re.compile(f"/p/{second.slug}/"))


def test_everything_is_reached_by_keyboard(site: Site, windows: Windows) -> None:
    project = site.project()
    page = windows.open(f"/p/{project.slug}/settings/agents", site.person())
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page.get_by_label("Name", exact=True)).to_be_visible()

    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_contain_text("Go to Analytics")
    page.keyboard.press("g")
    page.keyboard.press("a")  # nothing happens behind an open dialog
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type("g a?")  # typing is not a shortcut
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    expect(page.get_by_label("Name", exact=True)).to_have_value(re.compile("g a\\?"))

    button = page.get_by_title("Your account")
    button.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Your account")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("menuitem", name="Sign out")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Your account")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menuitem", name="Your account")).to_be_hidden()
    expect(button).to_be_focused()


def test_the_theme_is_kept_and_the_first_paint_has_it(site: Site, windows: Windows) -> None:
    project = site.project()
    person = site.person()
    page = windows.open(f"/p/{project.slug}/settings/agents", person, theme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_title("Your account").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark
    served = page.request.get(page.url).text()
    assert 'data-theme="dark"' in served  # from the server, so that nothing flashes
    page.get_by_title("Your account").click()
    page.get_by_role("menuitemradio", name="As the system").click()
    assert page.evaluate(ground) == light
    chart = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--chart-1')")
    assert chart.startswith("rgb(")


def test_on_a_phone_the_navigation_comes_and_goes(site: Site, windows: Windows) -> None:
    project = site.project()
    page = windows.open(f"/p/{project.slug}/settings/agents", site.person(), width=390)
    nav = page.get_by_role("navigation", name="Main")
    expect(nav).to_be_hidden()
    page.get_by_role("button", name="Navigation").click()
    expect(nav).to_be_visible()
    page.keyboard.press("Escape")
    expect(nav).to_be_hidden()
    expect(page.get_by_role("button", name="Navigation")).to_be_focused()
    page.get_by_role("button", name="Navigation").click()
    nav.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")


def test_what_is_not_there_is_said_as_a_page(site: Site, windows: Windows) -> None:
    project = site.project()
    page = windows.open(f"/p/{project.slug}/settings", site.person())
    windows.expect(page, "404 (Not Found)")
    for path in (f"/p/{project.slug}/nothing", "/p/no-such-project", f"/p/{project.slug}/settings/people/x"):
        page.goto(path)
        expect(page.get_by_role("heading", name="Not here")).to_be_visible()
        page.get_by_role("link", name="Go to the start").click()
        expect(page.get_by_role("heading", level=1)).not_to_have_text("Not here")


def test_each_page_forbids_what_it_does_not_need(site: Site) -> None:
    answer = httpx.get(f"{site.url}/sign-in")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    for directive in ("form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"


def test_files_are_kept_for_good_under_their_hash_and_compressed(site: Site) -> None:
    page = httpx.get(f"{site.url}/sign-in").text
    (address,) = set(re.findall(r'"(/static/[0-9a-f]{16}/css/components\.css)"', page))
    raw = httpx.get(f"{site.url}{address}", headers={"accept-encoding": "identity"})
    assert "immutable" in raw.headers["cache-control"]
    with httpx.stream("GET", f"{site.url}{address}", headers={"accept-encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == raw.content
    assert len(packed) < len(raw.content) / 2
    other = address.replace(address.split("/")[2], "0" * 16)
    assert httpx.get(f"{site.url}{other}").headers["cache-control"] == "no-cache"
    for missing in ("css/none.css", "../templates/base.html", "%2e%2e/app.py", "js"):
        assert httpx.get(f"{site.url}/static/{'0' * 16}/{missing}").status_code == 404


def test_a_script_is_asked_for_together_with_what_it_imports(site: Site) -> None:
    found = imported("conversations/list.js")
    assert {"js/api.js", "js/icon.js", "conversations/view.js", "conversations/json.js"} <= set(found)
    assert "conversations/dates.js" not in found  # imported when somebody wants it
    for path in files():
        if path.endswith(".js"):
            assert set(imported(path)) <= set(files()), path
    page = httpx.get(f"{site.url}/sign-in").text
    early = re.findall(r'<link rel="modulepreload" href="/static/[0-9a-f]{16}/([^"]+)">', page)
    assert sorted(early) == sorted(imported("js/app.js"))


def test_the_first_load_is_light(site: Site, windows: Windows) -> None:
    project = site.project()
    page = windows.open(f"/p/{project.slug}/settings/keys", site.person())
    page.wait_for_load_state("networkidle")
    sizes = page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".map((one) => one.encodedBodySize)"
    )
    assert sum(sizes) < 60_000
