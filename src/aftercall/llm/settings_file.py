"""Where settings come from: models.yaml, a dict, or the AFTERCALL_LLM_* variables for a single endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from aftercall.errors import InvalidInput
from aftercall.llm.settings import Endpoint, Model, Settings

FILE_NAME = "models.yaml"
URL, KEY, MODEL = "AFTERCALL_LLM_URL", "AFTERCALL_LLM_KEY", "AFTERCALL_LLM_MODEL"
FROM_ENV = "AFTERCALL_LLM"
"""The name of the endpoint that the variables make."""


def load(home: Path, env: Mapping[str, str]) -> Settings:
    """Settings of an installation: its models.yaml, then the variables, which take over every name.

    Raises InvalidInput (MODELS_CONFIG_INVALID) saying where the file or a variable is wrong.
    """
    path = home / FILE_NAME
    settings = parse(_read(path), str(path)) if path.exists() else Settings()
    return with_variables(settings, env)


def parse(given: Mapping[str, Any], source: str = "the models configuration") -> Settings:
    try:
        settings = msgspec.convert(given, Settings)
    except msgspec.ValidationError as error:
        raise _invalid(source, str(error)) from None
    for place, problem in _problems(settings):
        raise _invalid(source, f"{problem} - at {place}")
    return settings


def with_variables(settings: Settings, env: Mapping[str, str]) -> Settings:
    """Caps and cache stay the file's; a cap that cannot be kept for want of prices is an error."""
    url, key, model = (env.get(name, "").strip() for name in (URL, KEY, MODEL))
    if not (url or key or model):
        return settings
    provider, colon, rest = model.partition(":")
    # Only these two: "qwen3:8b" is a model's whole name.
    if colon and provider in ("openai", "anthropic"):
        model = rest
    else:
        host = urlsplit(url).hostname or ""
        provider = "anthropic" if host == "anthropic.com" or host.endswith(".anthropic.com") else "openai"
    endpoint = msgspec.convert(
        {"provider": provider, "base_url": url or None, "api_key_env": KEY if key else None}, Endpoint
    )
    made = msgspec.structs.replace(
        settings,
        endpoints={FROM_ENV: endpoint},
        models={"*": Model(endpoint=FROM_ENV, model=model or None)},
        projects={
            name: msgspec.structs.replace(project, models={}) for name, project in settings.projects.items()
        },
    )
    for place, problem in _problems(made):
        raise _invalid(f"{URL}, {KEY} and {MODEL}", f"{problem} - at {place}")
    return made


def _problems(settings: Settings) -> list[tuple[str, str]]:
    """``(place, problem)`` of what types alone cannot say."""
    found = [problem for name, given in settings.endpoints.items() for problem in _of_endpoint(name, given)]
    capped = {name for name in settings.projects if settings.cap_of(name) is not None}
    any_cap = bool(capped) or settings.daily_spend_cap is not None
    tables = [("models", settings.models, any_cap)]
    tables += [
        (f"projects.{name}.models", given.models, name in capped) for name, given in settings.projects.items()
    ]
    for table, models, is_capped in tables:
        for name, model in models.items():
            if model.endpoint not in settings.endpoints:
                known = ", ".join(sorted(settings.endpoints)) or "none"
                found.append(
                    (f"{table}.{name}", f"no endpoint is called {model.endpoint!r}; there are: {known}")
                )
            if is_capped and not model.priced:
                found.append(
                    (f"{table}.{name}", "a daily_spend_cap needs every model's input_price and output_price")
                )
    return found


def _of_endpoint(name: str, endpoint: Endpoint) -> list[tuple[str, str]]:
    place = f"endpoints.{name}"
    found = []
    keys = [endpoint.api_key_env, endpoint.api_key_file, endpoint.api_key]
    if sum(key is not None for key in keys) > 1:
        found.append((place, "give one of api_key_env, api_key_file and api_key"))
    if endpoint.api_key is not None and not endpoint.api_key_in_clear:
        found.append(
            (
                place,
                "api_key stands here in clear: use api_key_env or api_key_file, or api_key_in_clear: true",
            )
        )
    if endpoint.base_url is not None:
        url = urlsplit(endpoint.base_url)
        if url.scheme not in ("http", "https") or not url.hostname:
            found.append((f"{place}.base_url", "not an address like https://host/v1"))
        elif url.username or url.password:
            found.append((f"{place}.base_url", "holds a password: give it as the key"))
    return found


def _read(path: Path) -> Mapping[str, Any]:
    import yaml  # of the server's install; nothing else here needs it

    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        # The error's own text quotes the line, and the line may hold a key.
        mark = getattr(error, "problem_mark", None)
        raise _invalid(str(path), f"not YAML, line {mark.line + 1}" if mark else "not YAML") from None
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(str(path), f"cannot be read: {type(error).__name__}") from None
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise _invalid(str(path), "must be a mapping with endpoints and models")
    return loaded


def _invalid(source: str, problem: str) -> InvalidInput:
    return InvalidInput(f"{source}: {problem}", code="MODELS_CONFIG_INVALID")
