"""Typed and plain answers by way of pydantic-ai. Imports it: only ever imported lazily."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic_ai import Agent, ModelRetry, NativeOutput, PromptedOutput, StructuredDict, ToolOutput
from pydantic_ai.direct import model_request
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    UserPromptPart,
)
from pydantic_ai.settings import ModelSettings

from aftercall.llm.guarded import GuardedModel

_MODES: dict[str, Any] = {"tool": ToolOutput, "schema": NativeOutput, "prompted": PromptedOutput}


async def ask(
    model: GuardedModel,
    prompt: str,
    output_type: Any,
    output: str,
    system: str | None,
    validate: Callable[[Any], str | None] | None,
    repairs: int,
) -> Any:
    wanted = StructuredDict(dict(output_type)) if isinstance(output_type, Mapping) else output_type
    agent: Agent[object, Any] = Agent(
        model,
        name="aftercall",
        output_type=_MODES[output](wanted),
        instructions=system,
        retries={"output": repairs, "tools": 0},
    )
    if validate is not None:
        check = validate

        def checked(answer: Any) -> Any:
            problem = check(answer)
            if problem is not None:
                raise ModelRetry(problem)
            return answer

        agent.output_validator(checked)
    return (await agent.run(prompt)).output


async def plain(
    model: GuardedModel, messages: Sequence[Mapping[str, str]], settings: Mapping[str, Any]
) -> ModelResponse:
    # Never instrumented: spans would carry the texts to wherever traces go.
    given = [_message(message) for message in messages]
    return await model_request(model, given, model_settings=ModelSettings(**settings), instrument=False)  # type: ignore[typeddict-item]


def _message(message: Mapping[str, str]) -> ModelMessage:
    role, content = message["role"], message["content"]
    if role == "assistant":
        return ModelResponse(parts=[TextPart(content)])
    if role not in ("system", "user"):
        raise ValueError(f"a message has the role {role!r}: use system, user or assistant")
    return ModelRequest(parts=[SystemPromptPart(content) if role == "system" else UserPromptPart(content)])
