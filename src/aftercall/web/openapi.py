"""The OpenAPI document: what FastAPI makes of the routes, put right where the truth is ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from fastapi import FastAPI

from aftercall.model.events import EVENT_TYPES, Batch
from aftercall.web.api.documented import EXAMPLES

DESCRIPTION = """\
Every call an AI agent handles, as structured, queryable data.

Send events to `POST /v1/ingest`; read conversations back with the lists below. Every request but those of
*Operation* needs a key: `x-api-key: ac_live_...` or `Authorization: Bearer ac_live_...`. Every failure has
one shape, and every answer the header `X-PolyAI-Correlation-Id`."""

_METHODS = ("get", "post", "put", "patch", "delete")
_SUFFIX = "Event"


def install(app: FastAPI) -> None:
    """Replaces ``app.openapi``; the document is made when first asked for."""
    made: list[dict[str, Any]] = []

    def openapi() -> dict[str, Any]:
        if not made:
            made.append(_put_right(FastAPI.openapi(app)))
        return made[0]

    app.openapi = openapi  # type: ignore[method-assign]


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(path, method, operation) of all."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _put_right(document: dict[str, Any]) -> dict[str, Any]:
    for _, _, operation in operations(document):
        # FastAPI takes for granted that wrong parameters answer 422 in its own shape; here it is 400 in ours.
        operation["responses"].pop("422", None)
        for response in operation["responses"].values():
            media = response.get("content", {}).get("application/json", {})
            if "example" in media:
                media["example"] = EXAMPLES[media["example"]]
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas.update(_event_schemas())
    return document


def _event_schemas() -> dict[str, Any]:
    """The wire schema, from the structs that decode it."""
    _, components = msgspec.json.schema_components(
        [*EVENT_TYPES.values(), Batch], ref_template=f"#/components/schemas/{{name}}{_SUFFIX}"
    )
    schemas = {f"{name}{_SUFFIX}": schema for name, schema in components.items()}
    kinds = {kind: f"#/components/schemas/{cls.__name__}{_SUFFIX}" for kind, cls in EVENT_TYPES.items()}
    schemas["AnyEvent"] = {
        "description": "One event. Fields not named here are kept as they are sent.",
        "oneOf": [{"$ref": reference} for reference in kinds.values()],
        "discriminator": {"propertyName": "kind", "mapping": kinds},
    }
    batch = schemas[f"Batch{_SUFFIX}"]
    batch["properties"]["events"] = {"type": "array", "items": {"$ref": "#/components/schemas/AnyEvent"}}
    return schemas
