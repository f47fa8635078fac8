"""models.yaml as types: endpoints (who is asked, how often), models (names to models), projects, spend,
cache."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

DEFAULT_MODEL = "gpt-4o"
OUTPUT_GUESS = 4096
"""Tokens an answer is taken to have at most, for the spend cap, where nothing limits it."""

Positive = Annotated[int, Meta(ge=1)]
Price = Annotated[float, Meta(ge=0)]
Name = Annotated[str, Meta(min_length=1)]


class Endpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An account at a provider, or a server of your own. Limits hold per endpoint and server process."""

    provider: Literal["openai", "anthropic"] = "openai"
    """The protocol: ``openai`` for every OpenAI-compatible address."""
    base_url: str | None = None
    """None: the provider's own address."""
    api_key_env: str | None = None
    """The environment variable that holds the key. None of the three: no key is sent."""
    api_key_file: str | None = None
    """The file that holds the key and nothing else; relative to AFTERCALL_HOME."""
    api_key: str | None = None
    """The key itself: refused unless ``api_key_in_clear``."""
    api_key_in_clear: bool = False
    concurrency: Positive = 8
    """Requests under way at once."""
    requests_per_minute: Positive | None = None
    """In any 60 seconds."""
    tokens_per_minute: Positive | None = None
    """Input and output, in any 60 seconds; estimated before a call, corrected after it."""
    timeout_s: Annotated[float, Meta(gt=0)] = 60.0
    """Seconds one request may take."""
    retries: Annotated[int, Meta(ge=0, le=20)] = 4
    """Requests after the first, for failures that pass."""
    give_up_after_s: Annotated[float, Meta(gt=0)] = 300.0
    """Seconds a call may take with all its waiting and retries."""
    output: Literal["tool", "schema", "prompted"] = "tool"
    """How a typed answer is asked for: by a tool call, by the provider's JSON schema mode, or in the
    prompt."""

    def __repr__(self) -> str:
        """Without the key: settings end up in messages and logs."""
        return f"Endpoint({self.provider}, {self.base_url or 'its own address'})"


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What stands behind a name."""

    endpoint: Name
    model: str | None = None
    """The endpoint's name for it; None: the name that was asked for, as it is."""
    input_price: Price | None = None
    """Money per million input tokens, in whatever currency the caps are in."""
    output_price: Price | None = None
    """Money per million output tokens."""
    max_output_tokens: Positive | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None

    @property
    def priced(self) -> bool:
        return self.input_price is not None and self.output_price is not None


class Project(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What differs for one project."""

    default: Name | None = None
    models: dict[str, Model] = {}
    daily_spend_cap: Price | None = None


class Cache(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    max_mb: Annotated[int, Meta(ge=0)] = 256
    """Mebibytes of answers kept; the oldest go first. 0: none are."""
    keep_days: Positive = 30


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file. Without models nothing is configured."""

    default: Name = DEFAULT_MODEL
    """The name that is meant when a call names none."""
    endpoints: dict[str, Endpoint] = {}
    models: dict[str, Model] = {}
    """By name, or by a pattern with ``*``."""
    projects: dict[str, Project] = {}
    daily_spend_cap: Price | None = None
    """Per project and day (UTC), for projects without a cap of their own."""
    cache: Cache = Cache()
    keep_ledger_days: Positive = 400

    @property
    def configured(self) -> bool:
        return bool(self.models) or any(project.models for project in self.projects.values())

    def cap_of(self, project: str) -> float | None:
        own = self.projects.get(project)
        return own.daily_spend_cap if own and own.daily_spend_cap is not None else self.daily_spend_cap
