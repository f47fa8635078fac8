"""Screenshots of each page, light and dark, from the demo's data: docs/screenshots/NAME-THEME.png.

    python scripts/screenshots.py            all of them
    python scripts/screenshots.py keys ...   those whose name contains one of these

Starts a demo on a home and a port of its own, waits until its calls are in and analysed, and signs in by a
one-time link. A new page is one line in SHOTS.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from aftercall.config import Config
from aftercall.web.pages.enter import sign_in_link

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import screenshot_boards as boards  # noqa: E402 - this folder is no package's
from scripts.png import smaller  # noqa: E402
from scripts.system_packages import CHROMIUM, find_chromium  # noqa: E402

TO = ROOT / "docs" / "screenshots"
CALLS = 500
PATIENCE_S = 400
WORTH_A_LOOK: list[dict[str, Any]] = [
    {"field": "num_turns", "op": "gte", "value": 8},
    {"field": "APPOINTMENT_BOOKED", "op": "eq", "value": True},
    {"field": "transcript", "op": "contains", "value": "insurance"},
]
"""The conversation that is shown, if the demo has such a one."""
Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Shot:
    """``path`` may hold {project} and {conversation}; ``before``: what is done on the page first."""

    name: str
    path: str
    before: Callable[[Page], None] = lambda page: None
    width: int = 1280
    height: int = 800
    signed_in: bool = True


def new_key(page: Page) -> None:
    page.get_by_role("button", name="New key").click()


def help_dialog(page: Page) -> None:
    page.keyboard.press("?")


def phone_menu(page: Page) -> None:
    page.get_by_role("button", name="Navigation").click()


def rows(page: Page) -> None:
    page.locator("tr[data-id]").first.wait_for()


def transcript(page: Page) -> None:
    page.locator(".turn").first.wait_for()


def unfolded(page: Page) -> None:
    """A metric with its evidence, and what it quotes highlighted."""
    transcript(page)
    for name in ("CALL_REASON", "SENTIMENT", "RESOLUTION", "FOLLOW_UP_NEEDED", "CALL_SUMMARY", "QUALITY"):
        metric = page.locator(f'.value[data-metric="{name}"]')
        metric.locator("summary").first.click()
        if metric.locator(".evidence").count():
            metric.locator(".evidence").first.click()
            return
        metric.locator("summary").first.click()


def filter_dialog(page: Page) -> None:
    rows(page)
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_label("Field").fill("CALL_REASON")
    page.get_by_label("Field").press("Tab")
    page.get_by_role("button", name="And", exact=True).click()
    page.get_by_label("Field").nth(1).fill("transcript")
    page.get_by_label("Field").nth(1).press("Tab")
    page.get_by_label("Words", exact=True).fill("insurance")


def written(page: Page) -> None:
    page.locator(".chart-small").first.wait_for()


def definition(page: Page) -> None:
    """The form, with what other options would make of the values."""
    written(page)
    page.locator("#shown").get_by_role("button", name="Edit").click()
    options = page.get_by_label("Options")
    options.fill("\n".join(options.input_value().splitlines()[:-2]))
    page.locator(".preview-bar").wait_for()


def pilot(page: Page) -> None:
    written(page)
    page.locator("#shown").get_by_role("button", name="Backfill…").click()
    page.get_by_label("Also calls").check()
    page.get_by_role("button", name="Try it").click()
    page.locator("#shown").get_by_text("Waits for you").wait_for()
    page.locator("#toasts > *").first.wait_for(state="detached")


SHOTS = (
    Shot("overview", "/p/{project}/analytics", boards.of_template("overview"), 1280, 1512),
    Shot("inbound-voice", "/p/{project}/analytics", boards.of_template("inbound_voice"), 1280, 1512),
    Shot("web-chat", "/p/{project}/analytics", boards.of_template("web_chat"), 1280, 1128),
    Shot("agent-quality", "/p/{project}/analytics", boards.of_template("agent_quality"), 1280, 1512),
    Shot("post-call-fields", "/p/{project}/analytics", boards.of_template("post_call_fields"), 1280, 1512),
    Shot("tiles", "/p/{project}/analytics", boards.of_every_kind, 1280, 1700),
    Shot("tile-editor", "/p/{project}/analytics", boards.editor, 1280, 900),
    Shot("phone-overview", "/p/{project}/analytics", boards.of_template("overview"), 390, 780),
    Shot("conversations", "/p/{project}/conversations", rows, width=1440),
    Shot("conversations-filter", "/p/{project}/conversations", filter_dialog),
    Shot("conversation-panel", "/p/{project}/conversations?open={conversation}", transcript, width=1440),
    Shot("conversation", "/p/{project}/conversations/{conversation}", unfolded, 1440, 900),
    Shot("metrics", "/p/{project}/metrics", written, 1440, 900),
    Shot("metric", "/p/{project}/metrics?open=CALL_REASON", written, 1440, 900),
    Shot("metric-form", "/p/{project}/metrics?open=CALL_REASON", definition),
    Shot("metric-backfill", "/p/{project}/metrics?view=fields&open=RESOLUTION", pilot, 1440, 900),
    Shot("metrics-advice", "/p/{project}/metrics?view=advice"),
    Shot("sign-in", "/sign-in", signed_in=False),
    Shot("settings-project", "/p/{project}/settings/project"),
    Shot("settings-agent", "/p/{project}/settings/agents"),
    Shot("settings-people", "/p/{project}/settings/people"),
    Shot("settings-keys", "/p/{project}/settings/keys"),
    Shot("settings-new-key", "/p/{project}/settings/keys", new_key),
    Shot("settings-webhooks", "/p/{project}/settings/webhooks"),
    Shot("account", "/account"),
    Shot("shortcuts", "/p/{project}/conversations", help_dialog),
    Shot("phone", "/p/{project}/settings/people", phone_menu, 390, 780),
    Shot("phone-conversation", "/p/{project}/conversations/{conversation}#turn-1", transcript, 390, 780),
)


@dataclass(frozen=True)
class Demo:
    config: Config
    url: str
    project: str
    conversation: str


@contextmanager
def demo() -> Iterator[Demo]:
    with tempfile.TemporaryDirectory(prefix="aftercall-shots-") as folder:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AFTERCALL_")}
        settings = {"AFTERCALL_HOME": folder, "AFTERCALL_PORT": "0", "AFTERCALL_OPEN": "0"}
        command = [sys.executable, "-m", "aftercall", "demo", "--calls", str(CALLS)]
        process = subprocess.Popen(command, env=clean | settings, stdout=subprocess.DEVNULL)
        try:
            yield wait_for(process, Config.from_env(settings))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def wait_for(process: subprocess.Popen[bytes], config: Config) -> Demo:
    """Until nearly all its calls are in and analysed: the last ones come while one looks."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"the demo ended with {process.returncode}")
        found = look(config) if config.server_file.exists() else None
        if found is not None:
            return found
        time.sleep(1)
    raise SystemExit(f"the demo's calls were not in and analysed after {PATIENCE_S} s")


def look(config: Config) -> Demo | None:
    told = json.loads(config.server_file.read_text())
    headers = {"x-api-key": told["api_key"]}
    with httpx.Client(base_url=told["url"], headers=headers, trust_env=False, timeout=60) as client:
        projects = client.get("/v1/projects").json()["projects"]
        if not projects:
            return None
        slug = projects[0]["slug"]
        client.headers["x-aftercall-project"] = slug
        analysed = {"field": "postcall_status", "op": "in", "value": ["ok", "failed"]}
        if behind(client, [analysed], 1)["count"] < CALLS * 0.95:
            return None
        found = behind(client, WORTH_A_LOOK, 1)["conversations"] or behind(client, [], 1)["conversations"]
    return Demo(config, told["url"], slug, found[0]["id"])


def behind(client: httpx.Client, where: list[dict[str, Any]], limit: int) -> dict[str, Any]:
    asked = {"query": {"over": {"all": True}, "where": where}, "limit": limit}
    answer: dict[str, Any] = client.post("/v1/query/conversations", json=asked).raise_for_status().json()
    return answer


def take(browser: Browser, demo: Demo, shots: list[Shot], theme: Theme) -> None:
    context = browser.new_context(
        base_url=demo.url, color_scheme=theme, reduced_motion="reduce", locale="en-GB"
    )
    stranger = browser.new_context(base_url=demo.url, color_scheme=theme, reduced_motion="reduce")
    entered = context.new_page()
    entered.goto(sign_in_link(demo.config, demo.url))
    if "/enter" in entered.url:
        raise SystemExit(f"the sign-in link did not work: {entered.inner_text('main')}")
    for shot in shots:
        page = (context if shot.signed_in else stranger).new_page()
        page.set_viewport_size({"width": shot.width, "height": shot.height})
        page.goto(shot.path.format(project=demo.project, conversation=demo.conversation))
        page.wait_for_load_state("networkidle")
        shot.before(page)
        page.wait_for_timeout(400)  # for what moves in spite of reduced motion, such as a caret
        picture = page.screenshot(caret="hide")
        (TO / f"{shot.name}-{theme}.png").write_bytes(smaller(picture))
        page.close()
    context.close()
    stranger.close()


def main(wanted: list[str]) -> None:
    shots = [one for one in SHOTS if not wanted or any(part in one.name for part in wanted)]
    program = find_chromium()
    if program is None:
        raise SystemExit(f"Chromium is needed: {CHROMIUM.how_to_install()}")
    TO.mkdir(parents=True, exist_ok=True)
    with demo() as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        themes: tuple[Theme, ...] = ("light", "dark")
        for theme in themes:
            take(browser, running, shots, theme)
        browser.close()
    print(f"{len(shots) * 2} screenshots in {TO}")


if __name__ == "__main__":
    main(sys.argv[1:])
