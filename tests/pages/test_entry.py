"""Coming in: first run, signing in and out, being wrong too often, and other sites' requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from aftercall.config import Config
from aftercall.web.pages.enter import first_link, sign_in_link
from tests import servers
from tests.pages.chromium import serious_faults, sideways
from tests.pages.site import PASSWORD, Site, Windows


def config_of(site: Site) -> Config:
    return Config.from_env({"AFTERCALL_HOME": str(site.server.home)})


def fill_in(page: Page, login: str, password: str) -> None:
    page.get_by_label("Sign-in name").fill(login)
    page.get_by_label("Password").fill(password)
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in").click()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that nobody has used."""
    with servers.server(tmp_path_factory.mktemp("fresh") / "home") as running:
        opened = Site(running)
        try:
            yield opened
        finally:
            opened.catalog.close()


def test_the_first_run(fresh: Site, browser: Browser) -> None:
    windows = Windows(fresh, browser)
    config = config_of(fresh)

    stranger = windows.open("/")
    expect(stranger.get_by_text("sign-in link that the server printed")).to_be_visible()
    expect(stranger.get_by_role("textbox")).to_have_count(0)  # nobody can claim it over the network

    link = first_link(config, fresh.url)
    assert link is not None
    page = windows.open(link)
    expect(page.get_by_role("heading", name="Welcome to aftercall")).to_be_visible()
    assert "token" not in page.url
    page.get_by_label("Your name").fill("Ada Byron")
    page.get_by_label("Sign-in name").fill("Ada@Example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Save and begin").click()
    expect(page.get_by_role("heading", name="Make the first project")).to_be_visible()
    page.get_by_label("Short name").fill("dental")
    page.get_by_label("Name", exact=True).fill("Dental clinic")
    page.get_by_label("Time zone").fill("Europe/London")
    page.get_by_role("button", name="Make the project").click()
    expect(page.get_by_role("heading", name="API keys")).to_be_visible()
    assert fresh.catalog.projects.get("dental").timezone == "Europe/London"

    again = windows.open(link)
    expect(again.get_by_text("This link does not work")).to_be_visible()
    windows.expect(again, "410 (Gone)")
    assert first_link(config, fresh.url) is None

    elsewhere = windows.open("/sign-in")
    fill_in(elsewhere, "ada@example.com", PASSWORD)
    expect(elsewhere.get_by_title("Your account")).to_contain_text("Ada Byron")
    windows.close()


def test_a_link_can_be_made_whenever_it_is_needed_and_needs_a_press_from_elsewhere(
    site: Site, windows: Windows
) -> None:
    site.person(password=PASSWORD)
    link = sign_in_link(config_of(site), site.url)
    asked = httpx.get(link, headers={"sec-fetch-site": "cross-site"})
    assert (asked.status_code, "set-cookie" in asked.headers) == (200, False)
    ahead = httpx.get(link, headers={"sec-purpose": "prefetch;prerender"})
    assert "set-cookie" not in ahead.headers
    token = link.partition("token=")[2]
    refused = httpx.post(
        f"{site.url}/enter", data={"token": token}, headers={"origin": "https://evil.example"}
    )
    assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)
    page = windows.open(link)
    expect(page.get_by_title("Your account").or_(page.get_by_text("Welcome"))).to_be_visible()


def test_signing_in_leads_back_to_the_page_and_out_again(site: Site, windows: Windows) -> None:
    project = site.project()
    person = site.person("viewer", password=PASSWORD)
    page = windows.open(f"/p/{project.slug}/settings/agents?a=1&b=%2F")
    assert serious_faults(page) == []
    windows.expect(page, "401 (Unauthorized)")
    fill_in(page, person.login, "not the password")
    expect(page.get_by_role("alert")).to_have_text("This name and password do not match.")
    expect(page.get_by_label("Sign-in name")).to_have_value(person.login)
    fill_in(page, person.login.upper(), PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    assert page.url == f"{site.url}/p/{project.slug}/settings/agents?a=1&b=%2F"

    page.get_by_title("Your account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert not [
        one for one in page.context.cookies() if one["name"] == f"aftercall_{urlsplit(site.url).port}"
    ]
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site, windows: Windows) -> None:
    person = site.person(password=PASSWORD)
    page = windows.open("/sign-in")
    fill_in(page, person.login, PASSWORD)
    expect(page.get_by_title("Your account")).to_be_visible()
    name = f"aftercall_{urlsplit(site.url).port}"
    (cookie,) = (one for one in page.context.cookies() if one["name"] == name)
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    assert all(one["httpOnly"] for one in page.context.cookies())
    assert page.evaluate("document.cookie") == ""
    https = httpx.post(
        f"{site.url}/sign-in",
        data={"login": person.login, "password": PASSWORD},
        headers={"x-forwarded-proto": "https", "sec-fetch-site": "same-origin"},
    )
    told = https.headers["set-cookie"]
    assert told.startswith("__Host-aftercall=")
    assert "Secure" in told


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
    ],
)
def test_signing_in_leads_nowhere_else(site: Site, place: str) -> None:
    person = site.person(password=PASSWORD)
    answer = httpx.post(
        f"{site.url}/sign-in",
        data={"login": person.login, "password": PASSWORD, "next": place},
        headers={"origin": site.url},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_who_is_wrong_too_often_waits_even_with_the_right_password(site: Site, windows: Windows) -> None:
    person = site.person(password=PASSWORD)
    page = windows.open("/sign-in")
    windows.expect(page, "401 (Unauthorized)", "429 (Too Many Requests)")
    for _ in range(5):
        fill_in(page, person.login, "wrong wrong wrong")
        expect(page.get_by_role("alert")).to_contain_text("do not match")
    fill_in(page, person.login, PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"wait (2\d|30) seconds"))
    other = site.person(password=PASSWORD)
    fill_in(page, other.login, PASSWORD)  # somebody else at the same address is not locked out
    expect(page.get_by_title("Your account")).to_be_visible()


def session_headers(site: Site, role: str = "admin", **more: str) -> dict[str, str]:
    token = site.catalog.sessions.begin(site.person(role).id)
    return {"cookie": f"aftercall_{urlsplit(site.url).port}={token}", **more}


OWN = {"sec-fetch-site": "same-origin"}
NOT_OWN = [
    {},
    {"origin": "null"},
    {"origin": "https://evil.example"},
    {"origin": "http://127.0.0.1"},  # another port is another origin
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
]


@pytest.mark.parametrize("headers", NOT_OWN, ids=str)
def test_requests_that_change_something_count_from_our_own_pages_only(
    site: Site, headers: dict[str, str]
) -> None:
    project = site.project()
    signed_in = session_headers(site, **headers)
    keys = len(site.catalog.keys.list())
    made = httpx.post(f"{site.url}/v1/keys", json={"name": "forged", "scopes": ["admin"]}, headers=signed_in)
    assert (made.status_code, made.json()["error_code"]) == (403, "CROSS_SITE")
    sent = httpx.post(
        f"{site.url}/v1/ingest",
        json={"events": []},
        headers={**signed_in, "x-aftercall-project": project.slug},
    )
    assert sent.json()["error_code"] == "CROSS_SITE"
    form = httpx.post(
        f"{site.url}/p/{project.slug}/settings/project", data={"name": "forged"}, headers=signed_in
    )
    assert form.status_code == 403
    assert "not sent from a page of this server" in form.text
    assert httpx.post(f"{site.url}/sign-out", headers=signed_in).status_code == 403
    assert len(site.catalog.keys.list()) == keys
    assert site.catalog.projects.by_id(project.id) == project
    read = httpx.get(f"{site.url}/v1/projects", headers=signed_in)
    assert read.status_code == 200  # reading changes nothing, and no other site may read the answer
    assert "access-control-allow-origin" not in read.headers


@pytest.mark.parametrize("own", [OWN, {"origin": "SITE"}], ids=str)
def test_our_own_pages_may(site: Site, own: dict[str, str]) -> None:
    headers = {name: site.url if value == "SITE" else value for name, value in own.items()}
    made = httpx.post(
        f"{site.url}/v1/keys",
        json={"name": "mine", "scopes": ["read"]},
        headers=session_headers(site, **headers),
    )
    assert made.status_code == 201


def test_a_key_counts_before_a_session_and_from_anywhere(site: Site) -> None:
    project = site.project()
    _, key = site.catalog.keys.create("reader", ["read"], project=project.slug)
    headers = session_headers(site, **{"x-api-key": key, "sec-fetch-site": "cross-site"})
    assert httpx.get(f"{site.url}/v1/keys", headers=headers).json()["error_code"] == "FORBIDDEN"
    listed = httpx.get(f"{site.url}/v1/projects", headers=headers).json()
    assert [one["slug"] for one in listed["projects"]] == [project.slug]


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "\\xff" * 20, "A" * 5000])
def test_a_session_that_is_none_is_signed_out(site: Site, cookie: str) -> None:
    headers = {"cookie": f"aftercall_{urlsplit(site.url).port}={cookie}"}
    answer = httpx.get(f"{site.url}/v1/projects", headers=headers)
    assert answer.status_code == 401
    page = httpx.get(f"{site.url}/account", headers=headers)
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=%2Faccount")


def test_roles_hold_on_the_rest_api(site: Site) -> None:
    project = site.project()
    site.api(project).post(
        "/v1/ingest",
        json={
            "events": [
                {"kind": "start", "conversation_id": "c", "from_number": "+447700900123"},
                {"kind": "turn", "conversation_id": "c", "speaker": "user", "text": "hello"},
            ]
        },
    ).raise_for_status()
    for role, pii in (("viewer", False), ("viewer", True), ("editor", False), ("admin", False)):
        person = site.person(role, pii=pii)
        token = site.catalog.sessions.begin(person.id)
        headers = {"cookie": f"aftercall_{urlsplit(site.url).port}={token}"}
        shown = httpx.get(f"{site.url}/v1/agents/{project.slug}/conversations/c", headers=headers).json()
        assert shown["turns"][0]["user_input"] == "hello"
        assert (shown["fromNumber"] == "+447700900123") == (pii or role == "admin")
        assert httpx.get(f"{site.url}/v1/keys", headers=headers).is_success == (role == "admin")


def test_the_password_is_changed_and_other_browsers_are_out(site: Site, windows: Windows) -> None:
    person = site.person("viewer", password=PASSWORD)
    other = windows.open("/account", person)
    page = windows.open("/account", person)
    windows.expect(page, "400 (Bad Request)")
    for present, new, said in (
        ("not this one", "a new and long one", "not your present password"),
        (PASSWORD, "short", "at least 10 characters"),
        (PASSWORD, person.login * 3, None),
    ):
        page.get_by_label("Present password").fill(present)
        for label in ("New password", "New password again"):
            page.get_by_label(label, exact=True).evaluate("(field) => field.removeAttribute('minlength')")
            page.get_by_label(label, exact=True).fill(new)
        page.get_by_role("button", name="Change the password").click()
        if said:
            expect(page.get_by_role("alert")).to_contain_text(said)
    expect(page.get_by_role("status")).to_contain_text("Password changed")
    expect(page.get_by_role("row")).to_have_count(2)
    other.reload()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    assert site.catalog.people.with_password(person.login, PASSWORD) is None
    assert site.catalog.people.with_password(person.login, person.login * 3) is not None


def test_signing_out_everywhere_else(site: Site, windows: Windows) -> None:
    person = site.person("viewer", password=PASSWORD)
    other = windows.open("/account", person)
    page = windows.open("/account", person)
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_role("button", name="Sign out everywhere else").click()
    expect(page.get_by_role("status")).to_contain_text("Signed out in all other browsers")
    expect(page.get_by_role("row")).to_have_count(2)
    other.reload()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


def test_entry_pages_fit_a_phone_in_both_themes(site: Site, windows: Windows) -> None:
    site.person(password=PASSWORD)
    for theme in ("light", "dark"):
        page = windows.open("/sign-in", width=360, theme="dark" if theme == "dark" else "light")
        assert sideways(page) == 0
        assert serious_faults(page) == []
        page.goto("/enter?token=nonsense")
        windows.expect(page, "410 (Gone)", "404 (Not Found)")
        expect(page.get_by_text("This link does not work")).to_be_visible()
        assert serious_faults(page) == []
        page.goto("/invitation?token=nonsense")
        expect(page.get_by_text(re.compile("used already"))).to_be_visible()
