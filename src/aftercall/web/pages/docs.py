"""The page at /docs: the OpenAPI document as plain HTML, with no script in it and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from aftercall.web.openapi import operations

if TYPE_CHECKING:
    from jinja2 import Template

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    page = getattr(request.app.state, "docs_page", None)
    if page is None:
        page = request.app.state.docs_page = render(request.app.openapi())
    return HTMLResponse(page, headers={"Content-Security-Policy": _policy()})


def render(document: dict[str, Any]) -> str:
    by_tag: dict[str, list[dict[str, Any]]] = {}
    for path, method, operation in operations(document):
        by_tag.setdefault(operation["tags"][0], []).append(_shown(document, path, method, operation))
    return _template().render(info=document["info"], tags=by_tag, style=_file("docs.css"))


def _shown(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    success = next((code for code in operation["responses"] if code.startswith("2")), None)
    media = operation["responses"].get(success, {}).get("content", {}).get("application/json", {})
    body = _body(document, operation)
    return {
        "id": operation["operationId"],
        "path": path,
        "method": method.upper(),
        "summary": operation["summary"],
        "paragraphs": operation.get("description", "").split("\n\n"),
        "parameters": [_parameter(one) for one in operation.get("parameters", [])],
        "body": _pretty(body),
        "fields": _fields(document, media.get("schema", {})),
        "answer": _pretty(media.get("example")),
        "status": success if "example" in media else None,
    }


def _body(document: dict[str, Any], operation: dict[str, Any]) -> Any:
    media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if "example" in media:
        return media["example"]
    return (_resolved(document, media.get("schema", {})).get("examples") or [None])[0]


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    schema = parameter["schema"]
    return {
        "name": parameter["name"],
        "where": parameter["in"],
        "type": _type(schema),
        "required": parameter.get("required", False),
        "default": schema.get("default"),
        "about": parameter.get("description") or schema.get("description", ""),
    }


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    properties = _resolved(document, schema).get("properties", {})
    return [
        {"name": name, "type": _type(one), "about": one.get("description", "")}
        for name, one in properties.items()
    ]


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2]).removesuffix("Shape")
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(one) for one in schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return " or ".join(json.dumps(one) for one in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("type", "anything"))


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    for one in schema.get("anyOf", [schema]):
        if "$ref" in one:
            found: dict[str, Any] = document["components"]["schemas"][one["$ref"].rpartition("/")[2]]
            return found
    return schema


def _pretty(value: Any) -> str:
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


@cache
def _template() -> Template:
    from jinja2 import Environment  # only the first reader of the page waits for it

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["code"] = _code
    return environment.from_string(_file("docs.html"))


def _code(text: str) -> Any:
    """Words between backticks as code, words between stars as emphasis; all of it escaped."""
    from markupsafe import Markup, escape

    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup(re.sub(r"\*(\w+)\*", r"<em>\1</em>", marked))  # noqa: S704 - escaped above


def _file(name: str) -> str:
    return (resources.files("aftercall.web") / "templates" / name).read_text(encoding="utf-8")


@cache
def _policy() -> str:
    """Nothing may load or run but this page's own style, known by its hash."""
    digest = base64.b64encode(hashlib.sha256(_file("docs.css").encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'"
