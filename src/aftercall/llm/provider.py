"""pydantic-ai's model for a route. Imports pydantic-ai: only ever imported lazily."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pydantic_ai.settings import ModelSettings

from aftercall.llm.route import Route
from aftercall.llm.settings import OUTPUT_GUESS

if TYPE_CHECKING:
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.models.openai import OpenAIChatModel

    ProviderModel = OpenAIChatModel | AnthropicModel

OPENAI_URL = "https://api.openai.com/v1"
ANTHROPIC_URL = "https://api.anthropic.com"
NO_KEY = "no-key"


def build(route: Route, key: str | None) -> ProviderModel:
    """Addresses and keys are always given, so that no library takes one from its own variables."""
    model = _anthropic(route, key) if route.endpoint.provider == "anthropic" else _openai(route, key)
    # Their debug logs hold whole requests: the prompt, which is somebody's conversation. Set after their
    # import, which sets the level itself where ANTHROPIC_LOG or OPENAI_LOG says so.
    for name in ("openai", "anthropic", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return model


def request_settings(route: Route) -> ModelSettings:
    settings = ModelSettings(max_retries=0)  # retries are the door's: only it knows limits and spend
    if route.given.max_output_tokens is not None:
        settings["max_tokens"] = route.given.max_output_tokens
    elif route.endpoint.provider == "anthropic":
        settings["max_tokens"] = OUTPUT_GUESS  # its protocol wants a limit
    if route.given.temperature is not None:
        settings["temperature"] = route.given.temperature
    return settings


def _openai(route: Route, key: str | None) -> OpenAIChatModel:
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    if route.endpoint.base_url is None:
        return OpenAIChatModel(
            route.model, provider=OpenAIProvider(base_url=OPENAI_URL, api_key=key or NO_KEY)
        )
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    compatible = OpenAICompatibleProvider(
        route.endpoint_name,
        base_url=route.endpoint.base_url,
        api_key=key or NO_KEY,
        # The older parameter is the one that every such server knows.
        profile=OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False),
    )
    return OpenAIChatModel(route.model, provider=compatible)


def _anthropic(route: Route, key: str | None) -> AnthropicModel:
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    provider = AnthropicProvider(base_url=route.endpoint.base_url or ANTHROPIC_URL, api_key=key or NO_KEY)
    return AnthropicModel(route.model, provider=provider)
