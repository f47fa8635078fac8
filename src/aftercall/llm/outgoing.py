"""Messages on their way out: every text cleaned and redacted, and the hash of what will be asked.

Imports pydantic-ai: only ever imported lazily.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.settings import ModelSettings

from aftercall.llm.route import Route

Redact = Callable[[str], str]

# Fields of a message or a part that are no text of a conversation. Everything else is redacted, also in
# fields that a later version adds.
_STRUCTURE = frozenset({
    "kind", "part_kind", "tool_name", "tool_kind", "tool_call_id", "outcome", "timestamp", "run_id", "state",
    "conversation_id", "model_name", "provider_name", "provider_url", "provider_response_id", "finish_reason",
    "canonical_system", "id", "signature", "usage", "retry",
})  # fmt: skip
# Fields of a message or a part that differ between two runs which ask the same.
_VOLATILE = frozenset({
    "timestamp", "run_id", "conversation_id", "usage", "provider_details", "provider_response_id", "metadata",
    "model_name", "provider_name", "provider_url", "canonical_system", "id", "state",
})  # fmt: skip


def redacted(
    messages: list[ModelMessage], parameters: ModelRequestParameters, redact: Redact
) -> tuple[list[ModelMessage], ModelRequestParameters]:
    """Copies in which every text went through ``redact``, and lone surrogates (no UTF-8) became question
    marks."""

    def clean(text: str) -> str:
        return redact(text).encode("utf-8", "replace").decode()

    # mode="python" keeps lone surrogates, which JSON cannot carry.
    dumped = ModelMessagesTypeAdapter.dump_python(messages, mode="python")
    cleaned = ModelMessagesTypeAdapter.validate_python([_clean_fields(message, clean) for message in dumped])
    if parameters.instruction_parts:
        parts = [dataclasses.replace(p, content=clean(p.content)) for p in parameters.instruction_parts]
        parameters = dataclasses.replace(parameters, instruction_parts=parts)
    return cleaned, parameters


def _clean_fields(fields: dict[str, Any], clean: Redact) -> dict[str, Any]:
    """Of a message, or of one of its parts."""
    cleaned = {key: value if key in _STRUCTURE else _deep(value, clean) for key, value in fields.items()}
    if "parts" in fields:
        cleaned["parts"] = [_clean_fields(part, clean) for part in fields["parts"]]
    return cleaned


def _deep(value: Any, clean: Redact) -> Any:
    """Inside a text field no name is special: a tool's argument may be called ``id``."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, (list, tuple)):
        return [_deep(item, clean) for item in value]
    if isinstance(value, dict):
        return {_deep(key, clean): _deep(item, clean) for key, item in value.items()}
    return value


def content_hash(
    messages: list[ModelMessage], parameters: ModelRequestParameters, settings: ModelSettings, route: Route
) -> bytes:
    """Of everything that an answer depends on: address, model, settings, messages, tools and output
    schema."""
    dumped = ModelMessagesTypeAdapter.dump_python(messages, mode="json")
    tools = [*parameters.function_tools, *parameters.output_tools]
    asked = {
        "endpoint": [route.endpoint.provider, route.endpoint.base_url, route.model],
        "settings": dict(settings),
        "messages": [_stable(message) for message in dumped],
        "instructions": [part.content for part in parameters.instruction_parts or ()],
        "output": [parameters.output_mode, dataclasses.asdict(parameters.output_object)
                   if parameters.output_object else None],
        "tools": [[tool.name, tool.description, tool.parameters_json_schema] for tool in tools],
    }  # fmt: skip
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode()).digest()


def _stable(fields: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in fields.items() if key not in _VOLATILE}
    if "parts" in kept:
        kept["parts"] = [_stable(part) for part in kept["parts"]]
    return kept


def size_in_bytes(messages: list[ModelMessage], parameters: ModelRequestParameters) -> int:
    """A bound on input tokens: a token is at least a byte of what is sent."""
    schemas = [tool.parameters_json_schema for tool in (*parameters.function_tools, *parameters.output_tools)]
    return len(ModelMessagesTypeAdapter.dump_json(messages)) + len(json.dumps(schemas))
