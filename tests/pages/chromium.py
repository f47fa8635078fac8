"""Chromium for tests: Debian's, or the one that AFTERCALL_TEST_CHROMIUM names; and pages that are watched.

A console error, a violation of the content security policy, an exception in a script or a failed request
fails the test, unless it said before that it expects one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from scripts.system_packages import CHROMIUM, find_chromium

PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


@cache
def chromium() -> str:
    found = find_chromium()
    assert found, f"these tests need Chromium: `{CHROMIUM.how_to_install()}`, or {CHROMIUM.leave_out}=0"
    return str(found)


@contextmanager
def browser() -> Iterator[Browser]:
    """For one module of tests: while Playwright runs, this thread has a running event loop."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--font-render-hinting=none"],
        )
        try:
            yield started
        finally:
            started.close()


class Watch:
    """What went wrong in the pages of one context."""

    def __init__(self, context: BrowserContext) -> None:
        self.faults: list[str] = []
        self._expected: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self._note(f"exception: {error.error}"))
        context.on("requestfailed", lambda one: self._failed(one.url, one.failure))

    def expect(self, *parts: str) -> None:
        """Faults whose text has one of these are what the test wants to see."""
        self._expected += parts

    def check(self) -> None:
        unexpected = [one for one in self.faults if not any(part in one for part in self._expected)]
        assert unexpected == [], "the browser reported:\n" + "\n".join(unexpected)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._note(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _failed(self, url: str, failure: str | None) -> None:
        if "ERR_ABORTED" not in (failure or ""):  # left for another page while it was loading
            self._note(f"request failed: {url} {failure}")

    def _note(self, text: str) -> None:
        self.faults.append(text)


FADES_ENDED = """
Promise.all(document.getAnimations()
  .filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime))
  .map((one) => one.finished.catch(() => null))).then(() => null)
"""
"""Colours in the middle of a fade have no contrast to be judged. A skeleton's shimmer never ends."""
LAYOUT_S = 5.0


def serious_faults(page: Page, *, only: str | None = None) -> list[str]:
    """What axe finds that is serious or critical, or what one rule finds. Injected by the test alone."""
    page.evaluate(FADES_ENDED)
    page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"], **({"runOnly": [only]} if only else {})}
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{one['id']}: {node['html'][:200]} ({' '.join(node['failureSummary'].split())[:240]})"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the window, once it stands still: 0, or something breaks the
    layout."""
    wide, deadline = 1, time.monotonic() + LAYOUT_S
    while wide and time.monotonic() < deadline:
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide:
            page.wait_for_timeout(50)
    return wide
