"""A server for tests of pages, its people and projects, and windows that look at it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, BrowserContext, Page

from aftercall.catalog import Catalog, Project
from aftercall.catalog.person import Person
from tests.pages.chromium import PATIENCE_MS, Watch
from tests.servers import Server

_numbers = itertools.count(1)
PASSWORD = "correct horse battery"


class Site:
    """``catalog`` is the server's own database, opened here as well: what a test needs is made there."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.url = server.url
        self.catalog = Catalog.open(f"sqlite:///{server.home}/catalog.db")

    def project(self, name: str | None = None) -> Project:
        """A fresh project."""
        slug = f"clinic-{next(_numbers)}"
        return self.catalog.projects.create(slug, name=name or slug)

    def api(self, project: Project) -> httpx.Client:
        """The REST API with an administrator's key, for that project."""
        return self.server.client(project.slug)

    def person(
        self,
        role: str = "admin",
        *,
        name: str = "Ada Byron",
        projects: Sequence[Project] | None = None,
        password: str | None = None,
        pii: bool = False,
    ) -> Person:
        """A fresh person who may sign in, for each project unless told which."""
        ids = None if projects is None else [one.id for one in projects]
        return self.catalog.people.create(
            f"person{next(_numbers)}", name=name, role=role, projects=ids, password=password, pii=pii
        )

    def sign_in(self, context: BrowserContext, person: Person) -> None:
        """The cookie that the sign-in page would have given."""
        parts = urlsplit(self.url)
        token = self.catalog.sessions.begin(person.id, "a test")
        context.add_cookies([{"name": f"aftercall_{parts.port}", "value": token, "url": self.url}])


class Windows:
    """Opens windows on a site; ``close`` fails when a browser reported anything that was not expected."""

    def __init__(self, site: Site, browser: Browser) -> None:
        self.site = site
        self._browser = browser
        self._closing = ExitStack()
        self._watches: dict[BrowserContext, Watch] = {}

    def open(
        self,
        path: str,
        person: Person | None = None,
        *,
        width: int = 1280,
        height: int = 900,
        theme: Literal["light", "dark"] = "light",
        **options: Any,
    ) -> Page:
        """A window of its own (cookies too) at that path, signed in as this person if there is one."""
        context = self._browser.new_context(
            base_url=self.site.url,
            viewport={"width": width, "height": height},
            color_scheme=theme,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="Europe/London",
            **options,
        )
        self._closing.callback(context.close)
        context.set_default_timeout(PATIENCE_MS)
        self._watches[context] = Watch(context)
        if person is not None:
            self.site.sign_in(context, person)
        page = context.new_page()
        page.goto(path)
        return page

    def expect(self, page: Page, *parts: str) -> None:
        """Browser faults that contain one of these are what the test wants to see."""
        self._watches[page.context].expect(*parts)

    def close(self) -> None:
        with self._closing:
            for watch in self._watches.values():
                watch.check()
