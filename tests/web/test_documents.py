"""/openapi.json and its page: true, complete, and with nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from markupsafe import escape
from pydantic import BaseModel

from aftercall.config import Config
from aftercall.ingest import limits
from aftercall.model.events import EVENT_TYPES, KINDS
from aftercall.web.app import ROUTERS, create_app
from aftercall.web.openapi import operations
from tests.web.asgi import ask

API_MD = Path(__file__).resolve().parents[2] / "docs" / "api.md"


@cache
def app() -> FastAPI:
    return create_app(Config.from_env({"AFTERCALL_HOME": "/nowhere"}))


def document() -> dict[str, Any]:
    return app().openapi()


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def routes() -> list[APIRoute]:
    found = [route for module in ROUTERS for route in module.router.routes if isinstance(route, APIRoute)]
    return [route for route in found if route.include_in_schema]


def test_the_document_is_openapi_3_1_and_whole() -> None:
    told = document()
    assert told["openapi"].startswith("3.1.")
    schemas = told["components"]["schemas"]
    for reference in references(told):
        kind, _, name = reference.rpartition("/")
        assert kind == "#/components/schemas"
        assert name in schemas, reference
    every = [operation["operationId"] for _, _, operation in operations(told)]
    assert len(set(every)) == len(every) == len(routes())


def test_events_are_described_by_the_structs_that_decode_them() -> None:
    schemas = document()["components"]["schemas"]
    assert set(schemas["AnyEvent"]["discriminator"]["mapping"]) == set(KINDS)
    turn = schemas["TurnEvent"]
    assert turn["properties"]["speaker"] == {"enum": ["agent", "user"]}
    assert {"kind", "conversation_id", "speaker", "text"} <= set(turn["required"])
    body = document()["paths"]["/v1/ingest"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/BatchEvent"}


@pytest.mark.parametrize("route", routes(), ids=lambda route: f"{sorted(route.methods)[0]} {route.path}")
def test_every_operation_has_an_example_that_fits_its_shape(route: APIRoute) -> None:
    method = sorted(route.methods or ())[0]
    operation = document()["paths"][route.path_format][method.lower()]
    assert operation["summary"]
    shape = operation["responses"]["default"]["content"]["application/json"]["schema"]
    assert shape == {"$ref": "#/components/schemas/ErrorShape"}
    assert "422" not in operation["responses"]
    no_json = route.path.endswith("/audio") or route.path in ("/metrics", "/v1/export", "/v1/charts/file")
    if route.path.startswith("/adk/") or no_json:
        return  # they have no JSON to show
    (status,) = (code for code in operation["responses"] if code.startswith("2"))
    example = operation["responses"][status]["content"]["application/json"]["example"]
    model = route.response_model
    assert issubclass(model, BaseModel)
    model.model_validate(example)


def test_every_operation_but_operations_own_needs_a_key() -> None:
    for path, _, operation in operations(document()):
        assert ("security" in operation) == (path not in ("/healthz", "/readyz", "/metrics")), path


def page() -> str:
    answer = ask(app(), "/docs")
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    return answer.text


def test_the_page_loads_and_runs_nothing() -> None:
    html = page()
    assert not re.search(
        r"<script|<link|<img|<iframe|@import|url\(|\son\w+=|javascript:", html, re.IGNORECASE
    )
    assert not re.search(r"(src|href)=.?(https?:)?//", html)


def test_the_page_shows_every_operation() -> None:
    html = page()
    for path, method, operation in operations(document()):
        assert f"{method.upper()}</span> {path}</code>" in html
        assert escape(operation["summary"]) in html
    assert "&#34;" in html  # examples are escaped


def test_the_document_is_served() -> None:
    assert ask(app(), "/openapi.json").json() == document()


def documentation() -> str:
    return API_MD.read_text()


def test_api_md_names_every_operation() -> None:
    told = documentation()
    missing = [f"{m.upper()} {p}" for p, m, _ in operations(document()) if f"`{m.upper()} {p}`" not in told]
    assert missing == []


def test_api_md_names_every_parameter_and_field() -> None:
    told = documentation()
    names = {p["name"] for _, _, one in operations(document()) for p in one.get("parameters", [])}
    for name, schema in document()["components"]["schemas"].items():
        if name.endswith("Shape"):
            names |= schema["properties"].keys()
    assert sorted(name for name in names if f"`{name}`" not in told) == []


def test_api_md_names_every_code() -> None:
    package = Path(limits.__file__).resolve().parents[1]
    sources = [*(package / "ingest").glob("*.py"), *(package / "web").rglob("*.py"), package / "errors.py"]
    text = "\n".join(path.read_text() for path in sources)
    codes = set(re.findall(r'(?:Refused\(\s*|code=|default_code(?:: ClassVar\[str\])? = )"([A-Z_]+)"', text))
    assert {"UNKNOWN_KIND", "BODY_TOO_LARGE", "METHOD_NOT_ALLOWED", "INVALID_INPUT"} <= codes
    told = documentation()
    assert sorted(code for code in codes if f"`{code}`" not in told) == []


def test_api_md_states_the_bounds_that_hold() -> None:
    told = documentation()
    bounds = [
        value for name, value in vars(limits).items() if name.isupper() and name not in ("MIB", "LAST_SEQ")
    ]
    assert len(bounds) >= 10
    assert [bound for bound in bounds if f"{bound:,}" not in told] == []
    assert "2^53" in told


def test_api_md_names_every_kind_with_its_fields() -> None:
    told = documentation()
    for kind, cls in EVENT_TYPES.items():
        row = next(line for line in told.splitlines() if line.startswith(f"| `{kind}`"))
        assert [name for name in cls.__struct_fields__ if f"`{name}`" not in told] == [], kind
        assert len(row) > 20
