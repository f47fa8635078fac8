"""Settings: each page as an administrator, an editor and a viewer meet it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from aftercall.catalog import Project
from aftercall.catalog.deliveries import NewDelivery
from aftercall.runtime import agents
from tests.pages.chromium import serious_faults, sideways
from tests.pages.site import PASSWORD, Site, Windows
from tests.servers import ROOT

HOSTILE = '<img src=x onerror="document.title=1">\u202e"\'; {{7*7}} الاسم 👩‍🚀 ' + "W" * 90
"""As a name: 200 characters at most, no control characters, everything else."""


@pytest.fixture
def project(site: Site) -> Project:
    return site.project()


def settings(project: Project, page: str) -> str:
    return f"/p/{project.slug}/settings/{page}"


def test_the_project_is_changed(site: Site, windows: Windows, project: Project) -> None:
    page = windows.open(settings(project, "project"), site.person())
    page.get_by_label("Name", exact=True).fill("Dental clinic")
    page.get_by_label("Time zone").fill("Europe/London")
    page.get_by_label("Currency").fill("gbp")
    page.get_by_label(re.compile("contained conversation saves")).fill("4,50")
    page.get_by_label("hangs up early").select_option("excluded")
    page.get_by_label("repeat contact").fill("14")
    page.get_by_label("Phone numbers of").fill("gb")
    page.get_by_label("Replace personal data").uncheck()
    page.get_by_label("minutes of silence").fill("12,5")
    page.get_by_label("Configuration of agents").fill('{"open": true}')
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    assert "notice" not in page.url
    changed = site.catalog.projects.by_id(project.id)
    assert (changed.name, changed.timezone, changed.currency) == ("Dental clinic", "Europe/London", "GBP")
    assert changed.settings == {
        "metrics": {
            "abandons_count_as": "excluded",
            "repeat_contact_days": 14,
            "cost_saved": {"amount": 4.5, "per": "conversation"},
        },
        "extraction": {"region": "GB", "redact": False, "redact_prompts": False},
        "lost_after_minutes": 12.5,
        "real_time_config": {"open": True},
    }
    expect(page.locator("nav .who strong").first).to_have_text("Dental clinic")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("Time zone", "Mars/Olympus", "Mars/Olympus"),
        ("Currency", "EU", "EU"),
        ("repeat contact", "4000", "repeat_contact_days"),
        ("contained conversation saves", "a lot", "must be a number"),
        ("Configuration of agents", '{"open": ', "must be a JSON object"),
        ("Phone numbers of", "7", "region"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    site: Site, windows: Windows, project: Project, field: str, value: str, said: str
) -> None:
    page = windows.open(settings(project, "project"), site.person())
    windows.expect(page, "400 (Bad Request)")
    page.get_by_label("Name", exact=True).fill("Kept as typed")
    page.get_by_label(re.compile(field)).fill(value)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text(said)
    expect(page.get_by_label("Name", exact=True)).to_have_value("Kept as typed")
    expect(page.get_by_label(re.compile(field))).to_have_value(value)
    assert site.catalog.projects.by_id(project.id) == project


def test_an_editor_changes_the_project_and_nothing_else(
    site: Site, windows: Windows, project: Project
) -> None:
    page = windows.open(settings(project, "project"), site.person("editor"))
    page.get_by_label("Name", exact=True).fill("By an editor")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    assert site.catalog.projects.by_id(project.id).name == "By an editor"
    windows.expect(page, "403 (Forbidden)")
    page.goto(settings(project, "keys"))
    expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()


def test_a_viewer_cannot_change_settings(site: Site, windows: Windows, project: Project) -> None:
    page = windows.open(settings(project, "project"), site.person("viewer"))
    expect(page.get_by_label("Name", exact=True)).to_be_disabled()
    expect(page.get_by_label("Configuration of agents")).to_have_count(0)
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    expect(page.get_by_role("navigation", name="Settings").get_by_role("link")).to_have_text(
        ["Project", "Agent"]
    )
    windows.expect(page, "403 (Forbidden)")
    for closed in ("people", "keys", "webhooks"):
        page.goto(settings(project, closed))
        expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()
    refused = page.request.post(
        settings(project, "project"), form={"name": "Mine"}, headers={"origin": site.url}
    )
    assert refused.status == 403
    made = page.evaluate(
        "fetch('/v1/keys', {method: 'POST', headers: {'content-type': 'application/json'},"
        ' body: \'{"name": "mine", "scopes": ["read"]}\'}).then((answer) => answer.json())'
    )
    assert made["error_code"] == "FORBIDDEN"
    assert "role" in made["error_message"]
    assert site.catalog.projects.by_id(project.id) == project


def test_a_project_that_is_not_theirs_does_not_exist(site: Site, windows: Windows, project: Project) -> None:
    other = site.project("Of somebody else")
    page = windows.open(f"/p/{project.slug}", site.person("viewer", projects=[project]))
    expect(page.get_by_title("Switch project")).to_contain_text(project.name)
    page.get_by_title("Switch project").click()
    expect(page.get_by_role("menuitem")).to_have_text([project.name])
    windows.expect(page, "404 (Not Found)")
    page.goto(settings(other, "project"))
    expect(page.get_by_role("heading", name="Not here")).to_be_visible()
    listed = page.evaluate("fetch('/v1/projects').then((answer) => answer.json())")
    assert [one["slug"] for one in listed["projects"]] == [project.slug]
    registry = page.evaluate(f"fetch('/v1/projects/{other.slug}/registry').then((answer) => answer.status)")
    assert registry == 404


def test_a_key_is_made_shown_once_and_revoked(site: Site, windows: Windows, project: Project) -> None:
    page = windows.open(settings(project, "keys"), site.person())
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("dental agent")
    page.get_by_label("read:transcripts").check()
    page.get_by_role("button", name="Make the key").click()
    shown = page.get_by_role("dialog", name="Your new key").locator("code")
    expect(shown).to_have_text(re.compile(r"^ac_live_[0-9a-f]{64}$"))
    key = shown.inner_text()
    principal = site.catalog.keys.verify(key)
    assert principal is not None
    assert principal.project_slug == project.slug
    assert principal.scopes == {"ingest", "read:transcripts"}
    page.get_by_role("button", name="I have it").click()
    row = page.get_by_role("row", name="dental agent")
    expect(row).to_contain_text(key[:12])
    assert key not in page.content()
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("status")).to_contain_text("Key revoked")
    expect(row.get_by_role("button", name="Revoke")).to_have_count(0)
    assert site.api(project).get("/v1/projects", headers={"x-api-key": key}).status_code == 401


def test_a_key_that_could_do_nothing_is_refused_in_the_dialog(
    site: Site, windows: Windows, project: Project
) -> None:
    page = windows.open(settings(project, "keys"), site.person())
    windows.expect(page, "400 (Bad Request)")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("nothing")
    page.get_by_label("ingest").uncheck()
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("scopes")
    expect(page.get_by_label("Name")).to_have_value("nothing")


def test_a_person_is_invited_and_comes_in(site: Site, windows: Windows, project: Project) -> None:
    page = windows.open(settings(project, "people"), site.person())
    page.get_by_role("button", name="Add a person").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Grace Hopper")
    login = f"grace-{project.slug}@example.com"
    dialog.get_by_label("Sign-in name").fill(login.upper())
    dialog.get_by_label("Role").select_option("editor")
    dialog.get_by_label("These").check()
    dialog.get_by_label(project.name, exact=True).check()
    dialog.get_by_role("button", name="Add and make a link").click()
    link = page.locator("#invitation-link").inner_text()
    expect(page.get_by_role("row", name="Grace Hopper")).to_contain_text("invited")

    grace = windows.open(link)
    windows.expect(grace, "400 (Bad Request)", "404 (Not Found)")
    grace.get_by_label("Password", exact=True).fill(PASSWORD)
    grace.get_by_label("Password again").fill("something else")
    grace.get_by_role("button", name="Save and sign in").click()
    expect(grace.get_by_role("alert")).to_contain_text("not the same")
    grace.get_by_label("Password", exact=True).fill(PASSWORD)
    grace.get_by_label("Password again").fill(PASSWORD)
    grace.get_by_role("button", name="Save and sign in").click()
    expect(grace.get_by_title("Your account")).to_contain_text("Grace Hopper")
    expect(grace.get_by_title("Switch project")).to_contain_text(project.name)
    grace.goto(link)
    expect(grace.get_by_text("used already")).to_be_visible()

    page.reload()
    assert "invitation-link" not in page.content()
    found = next(one for one in site.catalog.people.list() if one.login == login)
    assert (found.role, found.projects, found.has_password) == ("editor", {project.id}, True)


def test_a_person_is_changed_and_switched_off(site: Site, windows: Windows, project: Project) -> None:
    other = site.person("viewer", name="Edsger")
    theirs = windows.open(settings(project, "project"), other)
    page = windows.open(settings(project, "people"), site.person())
    page.get_by_role("link", name="Edsger").click()
    page.get_by_label("Role").select_option("editor")
    page.get_by_label("whole phone numbers").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="Edsger")).to_contain_text("phone numbers")
    assert site.catalog.people.get(other.id).principal.scopes == {
        "read",
        "read:transcripts",
        "read:pii",
        "edit",
    }
    page.get_by_label("Actions for Edsger").click()
    page.get_by_role("menuitem", name="Switch off").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("row", name="Edsger")).to_contain_text("switched off")
    theirs.reload()
    expect(theirs.get_by_role("heading", name="Sign in")).to_be_visible()


def test_agents_show_versions_functions_and_problems(
    site: Site, windows: Windows, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = windows.open(settings(project, "agents"), site.person("viewer"))
    expect(page.get_by_text(f"aftercall agents add DIR --project {project.slug}")).to_be_visible()
    added = agents.add(site.server.home, project.slug, ROOT / "examples" / "dental_clinic")
    page.reload()
    expect(page.get_by_role("heading", name=added.agent.version)).to_contain_text("current")
    expect(page.get_by_role("cell", name="end_function", exact=True)).to_be_visible()
    broken = tmp_path_factory.mktemp("broken")
    (broken / "project.yaml").write_text(f"project_id: {project.slug}\n")
    (broken / "functions").mkdir()
    (broken / "functions" / "lost.py").write_text("import nothing_like_this\n")
    agents.add(site.server.home, project.slug, broken)
    page.reload()
    expect(page.get_by_text("nothing_like_this").first).to_be_visible()
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_a_webhook_from_making_to_removing(site: Site, windows: Windows, project: Project) -> None:
    page = windows.open(settings(project, "webhooks"), site.person())
    page.get_by_role("button", name="New webhook").click()
    page.get_by_label("Address").fill("https://crm.example.com/hook")
    page.get_by_label("Name").fill("CRM")
    page.get_by_role("button", name="Make the webhook").click()
    (hook,) = _eventually_one_webhook(page, site, project)
    expect(page.locator("#new-webhook-secret")).to_have_text(hook.secret)
    page.get_by_role("button", name="I have it").click()
    _log_deliveries(site, project, hook.id)
    page.get_by_role("link", name="CRM").click()
    expect(page.get_by_role("row", name="call/1")).to_contain_text("the receiver answered 500")
    assert hook.secret not in page.content()
    page.get_by_role("navigation", name="Deliveries").get_by_role("link", name="Delivered").click()
    expect(page.get_by_role("row", name="call/2")).to_be_visible()
    expect(page.get_by_role("row", name="call/1")).to_have_count(0)
    assert page.url.endswith("?status=delivered")
    page.goto(settings(project, "webhooks"))
    page.get_by_label("Actions for CRM").click()
    page.get_by_role("menuitem", name="Switch off").click()
    expect(page.get_by_role("row", name="CRM").locator(".badge")).to_have_text("off")
    page.get_by_label("Actions for CRM").click()
    page.get_by_role("menuitem", name="Remove").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No webhooks yet")).to_be_visible()


def _eventually_one_webhook(page: Page, site: Site, project: Project):  # type: ignore[no-untyped-def]
    expect(page.get_by_role("dialog", name="Its secret")).to_be_visible()
    return site.catalog.webhooks.list(project.id)


def _log_deliveries(site: Site, project: Project, webhook_id: int) -> None:
    log = site.catalog.deliveries
    new = [NewDelivery(f"{project.slug}-{n}", webhook_id, project.id, f"call/{n}", "attempt") for n in (1, 2)]
    log.add(new, tries=5)
    log.note(new[0].id, tries=5, status="failed", response_code=500, error="the receiver answered 500")
    log.note(new[1].id, tries=1, status="delivered", response_code=200)


@pytest.mark.slow
@pytest.mark.parametrize("page_name", ["project", "people", "keys", "agents", "webhooks"])
def test_hostile_names_stay_inert_and_break_nothing(site: Site, windows: Windows, page_name: str) -> None:
    project = site.project(HOSTILE)
    person = site.person(name=HOSTILE)
    site.catalog.keys.create(HOSTILE, ["read"], project=project.slug)
    hook = site.catalog.webhooks.create(project.id, f"https://example.com/{'w' * 1500}", name=HOSTILE)
    for width in (1280, 390):
        page = windows.open(settings(project, page_name), person, width=width)
        assert sideways(page) == 0
        expect(page.locator("nav .who strong").first).to_have_text(HOSTILE)
        assert page.title() != "1"
        assert page.locator("img").count() == 0
        if page_name == "webhooks":
            page.goto(settings(project, f"webhooks/{hook.id}"))
            assert sideways(page) == 0
        if page_name == "people":
            page.goto(settings(project, f"people/{person.id}"))
            assert sideways(page) == 0
            expect(page.get_by_label("Name", exact=True)).to_have_value(HOSTILE)


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(site: Site, windows: Windows, project: Project, theme: str) -> None:
    person = site.person()
    site.catalog.webhooks.create(project.id, "https://example.com/hook", name="CRM")
    page = windows.open("/account", person, theme="dark" if theme == "dark" else "light")
    only = "color-contrast" if theme == "dark" else None  # all else is the same in both
    assert serious_faults(page, only=only) == []
    for name in ("project", "people", "keys", "agents", "webhooks", f"people/{person.id}"):
        page.goto(settings(project, name))
        assert serious_faults(page, only=only) == [], name
    page.goto(settings(project, "keys"))
    page.get_by_role("button", name="New key").click()
    assert serious_faults(page, only=only) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_menu_in_a_table_is_not_cut_off(site: Site, windows: Windows, project: Project, width: int) -> None:
    name = f"The last one at {width}"
    page = windows.open(settings(project, "people"), site.person(name=name), width=width, height=500)
    page.get_by_label(f"Actions for {name}").click()
    box = page.get_by_role("row", name=name).get_by_role("menu").bounding_box()
    assert box is not None
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] - 6}
    hit = "({x, y}) => !!document.elementFromPoint(x, y)?.closest('[role=menu]')"
    assert page.evaluate(hit, at)
    assert sideways(page) == 0
