"""What all calls of one door share: endpoints' gates and clients, cache, ledger, redaction, time."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aftercall.llm.cache import AnswerCache
from aftercall.llm.gate import Gate, Sleep
from aftercall.llm.ledger import Ledger
from aftercall.llm.route import Route
from aftercall.llm.settings import Endpoint

if TYPE_CHECKING:
    from aftercall.llm.provider import ProviderModel

Redact = Callable[[str], str]


def as_it_is(text: str) -> str:
    return text


@dataclass
class Shared:
    """Gates and models are used in the door's event loop only."""

    home: Path
    env: Mapping[str, str]
    cache: AnswerCache
    ledger: Ledger
    redact: Redact = as_it_is
    """Applied to every text before it leaves the machine."""
    clock: Callable[[], float] = time.monotonic
    sleep: Sleep = asyncio.sleep
    rng: Callable[[], float] = random.random
    _gates: dict[tuple[str, Endpoint], Gate] = field(default_factory=dict)
    _models: dict[tuple[str, str, Endpoint, str | None], ProviderModel] = field(default_factory=dict)

    def gate(self, route: Route) -> Gate:
        """A changed endpoint gets a new gate; who waits at the old one is let in by the old limits."""
        key = (route.endpoint_name, route.endpoint)
        if key not in self._gates:
            self._gates[key] = Gate(route.endpoint_name, route.endpoint, self.clock, self.sleep)
        return self._gates[key]

    def model(self, route: Route, secret: str | None) -> ProviderModel:
        """A client with its connections, kept: a new TLS handshake for each call would cost 100 ms."""
        from aftercall.llm.provider import build

        key = (route.endpoint_name, route.model, route.endpoint, secret)
        if key not in self._models:
            self._models[key] = build(route, secret)
        return self._models[key]

    async def close(self) -> None:
        """Closes the connections."""
        models, self._models = self._models, {}
        for model in models.values():
            await model.client.close()
