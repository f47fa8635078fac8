"""JSON answers, encoded by msgspec: a list of 5,000 conversations must not take seconds to write."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import Response

encoder = msgspec.json.Encoder()


class Json(Response):
    """``content`` is anything msgspec can encode, or bytes that are JSON already."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return content if isinstance(content, bytes) else encoder.encode(content)
