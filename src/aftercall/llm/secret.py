"""Keys: read when they are needed, kept nowhere, and out of everything that is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from aftercall.llm.errors import ModelNotConfigured
from aftercall.llm.settings import Endpoint

HIDDEN = "***"
# What looks like a key though it is not ours to know: a gateway's, or ours with its middle starred out.
_KEY_LIKE = re.compile(r"\b(?:sk|pk|key|api[-_]key|bearer)[-_ :=]+[\w.*-]{8,}", re.IGNORECASE)


def read_key(name: str, endpoint: Endpoint, home: Path, env: Mapping[str, str]) -> str | None:
    """None: this endpoint takes no key. Raises ModelNotConfigured where one is meant to be and is not."""
    if endpoint.api_key_env is not None:
        key, place = env.get(endpoint.api_key_env, ""), f"the environment variable {endpoint.api_key_env}"
    elif endpoint.api_key_file is not None:
        key, place = _from_file(name, home / Path(endpoint.api_key_file).expanduser()), "its api_key_file"
    elif endpoint.api_key is not None:
        key, place = endpoint.api_key, "its api_key"
    else:
        return None
    key = key.strip()
    if not key:
        raise ModelNotConfigured(f"endpoint {name!r} has no key: {place} is empty or not set")
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ModelNotConfigured(
            f"endpoint {name!r} has no usable key: {place} holds more than one word of ASCII"
        )
    return key


def scrub(text: str, key: str | None) -> str:
    """``text`` without the key, and without what looks like one."""
    if key and len(key) >= 4:
        text = text.replace(key, HIDDEN)
    return _KEY_LIKE.sub(HIDDEN, text)


def _from_file(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelNotConfigured(
            f"endpoint {name!r} has no key: its api_key_file cannot be read ({type(error).__name__})"
        ) from None
