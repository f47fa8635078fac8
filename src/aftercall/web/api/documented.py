"""What an operation answers, for its decorator: the shape and one example."""

from __future__ import annotations

from typing import Any

from aftercall.web.api.models import ErrorShape, Shape

EXAMPLES: list[Any] = []
"""FastAPI leaves nulls out of the document, and an example must show them: openapi.py puts these in whole,
where the document has their numbers."""

ERRORS: dict[int | str, dict[str, Any]] = {
    "default": {"model": ErrorShape, "description": "Refused, or failed: always this shape"}
}


def answers(shape: type[Shape], example: Any, status: int = 200) -> dict[str, Any]:
    """Keyword arguments for a route's decorator."""
    EXAMPLES.append(example)
    return {
        "response_model": shape,
        "status_code": status,
        "responses": {status: {"content": {"application/json": {"example": len(EXAMPLES) - 1}}}},
    }


def takes(schema: dict[str, Any], example: Any, *, required: bool = True) -> dict[str, Any]:
    """``openapi_extra`` for a body that the endpoint reads by itself."""
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": required, "content": content}}
