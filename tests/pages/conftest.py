"""A server for all tests of this folder (one per xdist worker), a browser per module, windows per test.

def test_something(site: Site, windows: Windows) -> None:
    project = site.project()
    page = windows.open(f"/p/{project.slug}/settings", site.person("viewer"))
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests import servers
from tests.pages import chromium
from tests.pages.site import Site, Windows


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with servers.server(tmp_path_factory.mktemp("pages") / "home") as running:
        opened = Site(running)
        try:
            yield opened
        finally:
            opened.catalog.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not chromium.CHROMIUM.wanted:
        pytest.skip(f"{chromium.CHROMIUM.leave_out}=0: this test did NOT run")
    with chromium.browser() as started:
        yield started


@pytest.fixture
def windows(site: Site, browser: Browser) -> Iterator[Windows]:
    opened = Windows(site, browser)
    yield opened
    opened.close()
