"""The Overview dashboard in a real browser: when its first tile stands there, and when all of them do."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from aftercall.errors import InternalError

if TYPE_CHECKING:
    from playwright.sync_api import Page

GOALS = {"overview_first_paint_ms": 1_000.0, "overview_complete_ms": 1_500.0}
_PATIENCE_MS = 120_000
WATCH = """
window.tiles = { first: null, last: null };
new MutationObserver(() => {
  window.tiles.first ??= performance.now();
  const all = [...document.querySelectorAll("[data-tile]")];
  if (all.every((tile) => tile.dataset.state)) window.tiles.last ??= performance.now();
}).observe(document, { subtree: true, attributeFilter: ["data-state"] });
"""
"""From the beginning of the navigation, in the page's own clock."""


def figures(page: Page, url: str, rounds: int) -> dict[str, Any]:
    """Medians, warm, of a project without a dashboard of its own: the page then shows the Overview.
    ``page`` was opened with WATCH."""
    _see(page, url)
    seen = [_see(page, url) for _ in range(rounds)]
    return {
        "overview_first_paint_ms": round(statistics.median(first for first, _ in seen), 1),
        "overview_complete_ms": round(statistics.median(last for _, last in seen), 1),
        "overview_tiles": page.locator("[data-tile]").count(),
    }


def _see(page: Page, url: str) -> tuple[float, float]:
    """Asked again and again from here: the page's policy forbids Playwright's own way of waiting."""
    page.goto(url)
    for _ in range(_PATIENCE_MS // 20):
        told = page.evaluate("window.tiles")
        if told["last"] is not None:
            return told["first"], told["last"]
        page.wait_for_timeout(20)
    raise InternalError(f"The dashboard was not complete within {_PATIENCE_MS / 1000:.0f} s.")
