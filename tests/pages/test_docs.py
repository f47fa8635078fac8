"""docs/pages.md: its page works as it is written, and its tables name what there is."""

from __future__ import annotations

import re
import types
from typing import Any

import pytest

from aftercall.catalog.roles import ROLE_SCOPES
from aftercall.web.pages import page_route, sign_in
from aftercall.web.pages.environment import environment, icons
from aftercall.web.pages.sections import SECTIONS, Section
from tests.docs import blocks_of
from tests.servers import ROOT

PAGE = ROOT / "docs" / "pages.md"
DOORS = re.compile(
    r"\|\s*safe\b|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|\sstyle=|\son\w+=\"|<script>"
)


def blocks(language: str) -> list[str]:
    return [one.source for one in blocks_of(PAGE) if one.language == language]


@pytest.mark.parametrize("source", blocks("python"))
def test_each_python_block_runs(source: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCALL_HOME", str(tmp_path / "nowhere"))
    exec(compile(source, str(PAGE), "exec"), {"__name__": "a_page"})  # noqa: S102 - our own page


def test_the_page_of_the_example_can_be_asked_and_rendered() -> None:
    module: dict[str, Any] = {"__name__": "things"}
    exec(compile(blocks("python")[0], str(PAGE), "exec"), module)  # noqa: S102
    (route,) = module["router"].routes
    assert (route.path, type(route)) == ("/p/{project}/things", page_route.PageRoute)
    metric = types.SimpleNamespace(name="<b>BOOKED</b>", type="boolean")
    for metrics, said in (((metric,), "&lt;b&gt;BOOKED&lt;/b&gt;"), ((), "No metrics yet")):
        html = environment().from_string(blocks("html")[0]).render(**around(metrics))
        assert said in html


def around(metrics: tuple[Any, ...]) -> dict[str, Any]:
    """What Here.answer gives to a template."""
    person = types.SimpleNamespace(name="Ada", role="viewer")
    here = types.SimpleNamespace(
        chosen=None, projects=(), person=person, may=lambda scope: False, path=lambda *parts: "/p/x"
    )
    shell = types.SimpleNamespace(project=None, sections=SECTIONS, current=None, notice=None, path="/p/x/y")
    return {"here": here, "shell": shell, "theme": "system", "title": "Things", "metrics": metrics}


def test_the_words_of_the_tables_are_true() -> None:
    told = PAGE.read_text()
    for role, scopes in ROLE_SCOPES.items():
        row = next(line for line in told.splitlines() if line.startswith(f"| {role} |"))
        assert all(f"`{scope}`" in row or "these and" in row for scope in scopes)
    policy = page_route.HEADERS["Content-Security-Policy"]
    assert policy in re.sub(r"\s+", " ", told)
    for number in (sign_in.FREE_FAILURES, sign_in.FREE_BY_ADDRESS, sign_in.FREE_BY_LOGIN):
        assert re.search(rf"\b{number}\b", told)


def test_each_icon_and_component_that_is_named_exists() -> None:
    css = (ROOT / "src/aftercall/web/static/css/components.css").read_text()
    css += (ROOT / "src/aftercall/web/static/css/base.css").read_text()
    table = PAGE.read_text().partition("| Component | Markup |")[2].partition("## Scripts")[0]
    named = {name for name in re.findall(r"(?<=[`.\w ])\.([a-z][a-z-]+)\b(?!\()", table) if name != "html"}
    assert {"button", "chip", "badge", "table", "empty", "skeleton"} <= named | {"empty"}
    assert sorted(name for name in named if f".{name}" not in css and name not in ("hide", "show")) == []
    assert {one.icon for one in SECTIONS} <= icons()


def test_a_misspelt_icon_file_or_variable_is_an_error() -> None:
    for source in ('{{ icon("serch") }}', '{{ asset("js/ap.js") }}', "{{ titel }}"):
        with pytest.raises(Exception, match=r"serch|ap\.js|titel"):
            environment().from_string(source).render()


def test_no_template_or_script_opens_a_door() -> None:
    web = ROOT / "src" / "aftercall" / "web"
    for path in [*(web / "templates").rglob("*.html"), *(web / "static").rglob("*.js")]:
        if path.name == "docs.html":
            continue  # which has a policy of its own, and no script
        text = path.read_text()
        assert DOORS.findall(text) == [], path.name


def test_sections_have_keys_of_their_own() -> None:
    assert len({one.key for one in SECTIONS}) == len({one.path for one in SECTIONS}) == len(SECTIONS)
    assert isinstance(SECTIONS[0], Section)
