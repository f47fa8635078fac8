"""Screenshots of each page, light and dark, from the demo's data: docs/screenshots/NAME-THEME.png.

    python scripts/screenshots.py            all of them
    python scripts/screenshots.py keys ...   those whose name contains one of these

Starts a demo on a home and a port of its own, waits until its calls are in, and signs in by a one-time link.
A new page is one line in SHOTS.
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
from typing import Literal

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from aftercall.config import Config
from aftercall.web.pages.enter import sign_in_link

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.system_packages import CHROMIUM, find_chromium  # noqa: E402 - this folder is no package's

TO = ROOT / "docs" / "screenshots"
CALLS = 600
PATIENCE_S = 180
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


SHOTS = (
    Shot("sign-in", "/sign-in", signed_in=False),
    Shot("settings-project", "/p/{project}/settings/project"),
    Shot("settings-agent", "/p/{project}/settings/agents"),
    Shot("settings-people", "/p/{project}/settings/people"),
    Shot("settings-keys", "/p/{project}/settings/keys"),
    Shot("settings-new-key", "/p/{project}/settings/keys", new_key),
    Shot("settings-webhooks", "/p/{project}/settings/webhooks"),
    Shot("account", "/account"),
    Shot("shortcuts", "/p/{project}/settings/project", help_dialog),
    Shot("phone", "/p/{project}/settings/people", phone_menu, 390, 780),
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
    """Until nearly all its calls are in: the last ones come while one looks."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"the demo ended with {process.returncode}")
        found = look(config) if config.server_file.exists() else None
        if found is not None:
            return found
        time.sleep(0.5)
    raise SystemExit(f"the demo's calls were not in after {PATIENCE_S} s")


def look(config: Config) -> Demo | None:
    told = json.loads(config.server_file.read_text())
    headers = {"x-api-key": told["api_key"]}
    with httpx.Client(base_url=told["url"], headers=headers, trust_env=False) as client:
        projects = client.get("/v1/projects").json()["projects"]
        if not projects:
            return None
        slug = projects[0]["slug"]
        listed = client.get(f"/v1/agents/{slug}/conversations", params={"limit": 1, "offset": 20}).json()
    if listed["count"] < CALLS * 0.95:
        return None
    return Demo(config, told["url"], slug, listed["conversations"][0]["conversationId"])


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
        page.wait_for_timeout(200)  # for what moves in spite of reduced motion, such as a caret
        page.screenshot(path=TO / f"{shot.name}-{theme}.png", caret="hide")
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
