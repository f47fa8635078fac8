"""``aftercall bench page``: what people wait for in a real browser, over a made-up store.

A server of its own, Chromium, one person who is signed in. Times are taken in the page itself: from the
beginning of a navigation or the click, to the moment at which what was asked for stands in the page.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aftercall.bench import overview, synthetic
from aftercall.bench.process import server
from aftercall.bench.synthetic import Volume
from aftercall.catalog.catalog import Catalog
from aftercall.errors import InternalError, InvalidInput
from aftercall.model.times import now_ms
from aftercall.store.store import Store

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Progress = Callable[[str], None]

SLUG = "main"
GOALS = {
    "conversations_ms": 500.0,
    "filter_ms": 500.0,
    "open_ms": 300.0,
    "first_load_kb": 400.0,
    **overview.GOALS,
}
"""Times are medians, warm; ``first_load_kb`` is what comes over the wire with nothing cached. How many calls
there are in all comes after the rows (``counted_ms``): nobody waits for it."""
FILTERS = {
    "categorical": ("CALL_REASON", "eq", "billing"),
    "boolean": ("RESOLVED", "eq", "false"),
    "number": ("SENTIMENT", "gte", "4"),
    "rare_number": ("METRIC_004", "gt", "50"),
    "rare_text": ("METRIC_005", "exists", None),
    "builtin": ("handoff_reason", "exists", None),
    "duration": ("duration", "gt", "90"),
}
"""One of each kind: a field, an operator, a value."""
_HOUR_MS = 3_600_000
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PATIENCE_MS = 120_000
_WATCH = """
window.bench = { rows: null, turns: null, clicked: null, counted: null };
addEventListener("click", () => { window.bench.clicked = performance.now(); }, true);
new MutationObserver((changes) => {
  for (const change of changes) for (const node of change.addedNodes) {
    if (change.target.id === "count") window.bench.counted = performance.now();
    if (node.nodeType !== 1) continue;
    if (node.matches("tr[data-id]")) window.bench.rows = performance.now();
    if (node.matches(".turn") || node.querySelector?.(".turn")) window.bench.turns = performance.now();
  }
}).observe(document, { childList: true, subtree: true });
"""
_TRANSFERRED = """() => ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
  .reduce((sum, one) => sum + one.transferSize, 0)"""


def run(
    *,
    conversations: int = 1_000_000,
    rounds: int = 10,
    keep: Path | None = None,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """All figures as one JSON-able dict. Raises InvalidInput without Playwright or Chromium."""
    with _home(keep) as home:
        _make_sure(home, conversations, progress)
        with server(home=home) as running, _browser() as browser:
            progress("looking at pages")
            figures = Visitor(browser, running.url, _sign_in(home, running.url)).figures(rounds)
            running.stop()
    figures = {"conversations": conversations, "rounds": rounds, **figures}
    return figures | {"goals": GOALS, "missed": missed(figures)}


def missed(figures: dict[str, Any]) -> list[str]:
    """Names of the goals that these figures do not reach."""
    return [name for name, goal in GOALS.items() if figures[name] > goal]


class Visitor:
    """Somebody with a browser, who has a session."""

    def __init__(self, browser: Browser, url: str, token: str) -> None:
        self._browser, self._url, self._token = browser, url, token
        self._list = f"{url}/p/{SLUG}/conversations"

    def figures(self, rounds: int) -> dict[str, Any]:
        with self._window() as page:
            self._see(
                page, self._list
            )  # the first of all: what the server compiles and caches is not counted
        with self._window() as page:
            self._see(page, self._list)
            first_load_kb = round(page.evaluate(_TRANSFERRED) / 1024, 1)
            listed, counted = zip(*(self._listed(page) for _ in range(rounds)), strict=True)
            opened = self._opened(page, rounds)
            filtered = {kind: self._filtered(page, *asked, rounds) for kind, asked in FILTERS.items()}
            board = overview.figures(page, f"{self._url}/p/{SLUG}/analytics", rounds)
        medians = {kind: statistics.median(times) for kind, times in filtered.items()}
        return {
            "conversations_ms": round(statistics.median(listed), 1),
            "counted_ms": round(statistics.median(counted), 1),
            "filter_ms": round(max(medians.values()), 1),
            "open_ms": round(statistics.median(opened), 1),
            "first_load_kb": first_load_kb,
            **board,
            "worst_ms": {
                "conversations": round(max(listed), 1),
                "filter": round(max(max(times) for times in filtered.values()), 1),
                "open": round(max(opened), 1),
            },
            "filters_ms": {kind: round(median, 1) for kind, median in medians.items()},
        }

    @contextlib.contextmanager
    def _window(self) -> Iterator[Page]:
        """With nothing cached."""
        context = self._browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(_PATIENCE_MS)
        cookie = f"aftercall_{urlsplit(self._url).port}"
        context.add_cookies([{"name": cookie, "value": self._token, "url": self._url}])
        context.add_init_script(_WATCH)
        context.add_init_script(overview.WATCH)
        try:
            yield context.new_page()
        finally:
            context.close()

    def _see(self, page: Page, url: str) -> float:
        """From the beginning of the navigation to the first rows, ms."""
        page.goto(url)
        page.locator("tr[data-id]").first.wait_for()
        shown: float = page.evaluate("window.bench.rows")
        return shown

    def _listed(self, page: Page) -> tuple[float, float]:
        """From the beginning of the navigation to the first rows, and to the number of all, ms."""
        shown = self._see(page, self._list)
        page.locator("#count:not(:empty)").wait_for()
        counted: float = page.evaluate("window.bench.counted")
        return shown, counted

    def _opened(self, page: Page, rounds: int) -> list[float]:
        """From the click on a row to its transcript in the side panel: each time another one."""
        times = []
        for place in range(rounds):
            page.evaluate("window.bench.turns = null")
            page.locator("tr[data-id] a.cover").nth(place * 3 % 50).evaluate("link => link.click()")
            times.append(_after_click(page, "turns"))
        return times

    def _filtered(self, page: Page, field: str, op: str, value: str | None, rounds: int) -> list[float]:
        """From the click on Apply to the rows that are left."""
        times = []
        for _ in range(rounds):
            self._see(page, self._list)
            page.get_by_role("button", name="Filter", exact=True).click()
            page.get_by_label("Field").fill(field)
            page.get_by_label("Field").press("Tab")
            page.get_by_label("Is", exact=True).select_option(op)
            _fill(page, value)
            # Suggestions of fields and values are under way: whoever chooses by hand is slower than they are.
            page.wait_for_load_state("networkidle")
            page.evaluate("window.bench.rows = null")
            page.get_by_role("button", name="Apply").evaluate("button => button.click()")
            times.append(_after_click(page, "rows"))
        return times


def _fill(page: Page, value: str | None) -> None:
    if value is None:
        return
    field = page.locator(".filter-value").locator("input, select").first
    if field.evaluate("field => field.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)


def _after_click(page: Page, what: str) -> float:
    """Asked again and again from here: the page's policy forbids Playwright's own way of waiting."""
    for _ in range(_PATIENCE_MS // 10):
        if page.evaluate(f"window.bench.{what} !== null"):
            took: float = page.evaluate(f"window.bench.{what} - window.bench.clicked")
            return took
        page.wait_for_timeout(10)
    raise InternalError(f"The page did not show {what} within {_PATIENCE_MS / 1000:.0f} s.")


@contextlib.contextmanager
def _browser() -> Iterator[Browser]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise InvalidInput("bench page drives a browser with Playwright: pip install playwright.") from None
    found = next((path for name in _CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        raise InvalidInput(f"bench page needs Chromium in PATH: one of {', '.join(_CHROMIUM)}.")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=flags)
        try:
            yield started
        finally:
            started.close()


def _sign_in(home: Path, url: str) -> str:
    with Catalog.open(f"sqlite:///{home.resolve()}/catalog.db") as catalog:
        person = catalog.people.create(f"bench{now_ms()}", name="Bench", role="admin", projects=None)
        return catalog.sessions.begin(person.id, "bench page")


@contextlib.contextmanager
def _home(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="aftercall-bench-") as made:
        yield Path(made)


def _make_sure(home: Path, conversations: int, progress: Progress) -> None:
    """The calls, made by a process of its own: a store has one process at a time."""
    label = home / "conversations"
    if label.exists():
        if label.read_text() != str(conversations):
            raise InvalidInput(f"{home} holds a store of {label.read_text()} calls: name another folder.")
        return
    if any(home.iterdir()):
        raise InvalidInput(f"{home} is not empty: name another folder.")
    progress(f"making up {conversations:,} calls")
    maker = multiprocessing.get_context("spawn").Process(target=_make, args=(home, conversations))
    maker.start()
    maker.join()
    if maker.exitcode:
        raise InternalError(f"Making the calls up failed, exit code {maker.exitcode}: see above.")
    label.write_text(str(conversations))


def _make(home: Path, conversations: int) -> None:
    from aftercall.cli.output import note

    end_ms = now_ms() // _HOUR_MS * _HOUR_MS
    url = f"chdb://{home.resolve()}/engine"
    with Catalog.open(f"sqlite:///{home.resolve()}/catalog.db") as catalog, Store(url, catalog) as store:
        synthetic.make(store, catalog, SLUG, Volume(conversations, 90, end_ms), note)
