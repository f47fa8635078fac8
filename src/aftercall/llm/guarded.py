"""A pydantic-ai model whose every request passes the door: redaction, cache, limits, spend, retries, ledger.

Imports pydantic-ai: only ever imported lazily.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.models import ModelRequestParameters, check_allow_model_requests
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from aftercall.llm.entry import Entry
from aftercall.llm.errors import ChatCompletionError
from aftercall.llm.failure import Failure, explain
from aftercall.llm.outgoing import content_hash, redacted, size_in_bytes
from aftercall.llm.owner import Asked, Owner
from aftercall.llm.provider import request_settings
from aftercall.llm.retrying import pause_s
from aftercall.llm.route import Route
from aftercall.llm.settings import Settings
from aftercall.llm.shared import Shared
from aftercall.llm.sqlite import FILE_ERRORS

BYTES_PER_TOKEN = 4
"""What a provider that counts nothing is taken to have used. English has 4 to 5."""

log = logging.getLogger("aftercall.llm")


@dataclass(frozen=True)
class _Request:
    send: Callable[[], Awaitable[ModelResponse]]
    size: int
    """Bytes of what is sent: a bound on its tokens."""

    def tokens(self, response: ModelResponse) -> tuple[int, int]:
        """Input and output."""
        usage = response.usage
        if usage.input_tokens or usage.output_tokens:
            return usage.input_tokens, usage.output_tokens
        return self.size // BYTES_PER_TOKEN, len(response.text or "") // BYTES_PER_TOKEN


class GuardedModel(WrapperModel):
    """One per operation. Usable wherever pydantic-ai takes a model, in the door's event loop.

    Raises ChatCompletionError; never an error of a provider's library.
    """

    def __init__(
        self, shared: Shared, settings: Settings, route: Route, owner: Owner, secret: str | None
    ) -> None:
        super().__init__(shared.model(route, secret))
        self._shared = shared
        self._in_force = settings
        self._route = route
        self._owner = owner
        self._secret = secret
        self.keys: list[bytes] = []
        """Of the stored answers used so far."""
        self.asked: Asked | None = None
        """The newest request that was answered."""

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        check_allow_model_requests()
        settings: ModelSettings = {
            **request_settings(self._route),
            **(model_settings or {}),
            "max_retries": 0,
        }
        messages, parameters = self._redacted(messages, model_request_parameters)
        key = self._owner.key(content_hash(messages, parameters, settings, self._route))
        send = partial(self.wrapped.request, messages, settings, parameters)
        request = _Request(send, size_in_bytes(messages, parameters))
        shared = self._shared
        entry = await Entry.begin(shared.ledger, self._in_force, self._route, self._owner, shared.clock)
        stored = await self._stored(key)
        if stored is not None:
            await self._note(entry, request, stored, "ok", cached=True)
            return stored
        asked_at = time.time()
        try:
            response = await self._ask(request, entry)
        except ChatCompletionError as error:
            await entry.end(error.code)
            raise
        if response.finish_reason == "content_filter":
            await self._note(entry, request, response, "MODEL_REFUSED")
            where = f"endpoint {self._route.endpoint_name!r} (model {self._route.model!r})"
            raise ChatCompletionError(f"{where} refused to answer", code="MODEL_REFUSED")
        await self._store(key, response, asked_at)
        await self._note(entry, request, response, "ok")
        return response

    def request_stream(self, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError("streaming does not pass the door: use requests without it")

    async def count_tokens(self, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError("counting tokens is a request that does not pass the door")

    async def _ask(self, request: _Request, entry: Entry) -> ModelResponse:
        """Requests until one is answered, or the failure does not pass, or it were too many or too long."""
        endpoint, clock = self._route.endpoint, self._shared.clock
        gate, deadline = self._shared.gate(self._route), clock() + endpoint.give_up_after_s
        for failures in count(1):
            async with gate.admitted(request.size // BYTES_PER_TOKEN, deadline) as admission:
                result = await self._once(request, entry)
                if isinstance(result, ModelResponse):
                    admission.used(sum(request.tokens(result)))
                    return result
                if result.retry_after_s is not None:
                    # Bounded: a clock or a gateway gone wrong can ask for years.
                    gate.close_for(min(result.retry_after_s, endpoint.give_up_after_s))
            pause = pause_s(failures, result.retry_after_s, self._shared.rng)
            if not result.passing or failures > endpoint.retries or clock() + pause > deadline:
                raise result.error()
            log.warning(
                "model call: %s at endpoint %s, model %s; request %d of at most %d in %.1f s",
                *(result.code, self._route.endpoint_name, self._route.model),
                *(failures + 1, endpoint.retries + 1, pause),
            )
            await self._shared.sleep(pause)
        raise AssertionError("count() does not end")

    async def _once(self, request: _Request, entry: Entry) -> ModelResponse | Failure:
        """One request. The most it can cost is reserved meanwhile; cancelled or killed that stays, because
        the provider may have done the work."""
        cap = self._in_force.cap_of(self._owner.project)
        reserved = await entry.reserve(self._route.most(request.size), cap)
        result: ModelResponse | Failure
        try:
            async with asyncio.timeout(self._route.endpoint.timeout_s):
                result = await request.send()
        except Exception as error:  # noqa: BLE001 - what a library raises on a garbled answer can be anything
            result = explain(error, self._route, self._secret)
        if isinstance(result, Failure):
            cost = reserved.amount if result.maybe_billed else 0.0
        else:
            cost = self._route.cost(*request.tokens(result)) or 0.0
        await entry.settle(reserved, cost)
        return result

    async def _note(
        self, entry: Entry, request: _Request, response: ModelResponse, outcome: str, *, cached: bool = False
    ) -> None:
        tokens = request.tokens(response)
        cost = 0.0 if cached else self._route.cost(*tokens)
        self.asked = Asked(entry.id, self._route.model, tokens, cost, cached)
        self._owner.asked.append(self.asked)
        await entry.end(outcome, tokens, finish=response.finish_reason, cached=cached)

    def _redacted(
        self, messages: list[ModelMessage], parameters: ModelRequestParameters
    ) -> tuple[list[ModelMessage], ModelRequestParameters]:
        try:
            return redacted(messages, parameters, self._shared.redact)
        except Exception as error:  # noqa: BLE001 - the hook is anybody's code; unredacted nothing is sent
            kind = type(error).__name__
        raise ChatCompletionError(f"not sent: redaction failed ({kind})", code="MODEL_REDACTION_FAILED")

    # --- cache: where it fails that costs money, but not the answer

    async def _stored(self, key: bytes) -> ModelResponse | None:
        if not self._owner.cached:
            return None
        try:
            found = await asyncio.to_thread(self._shared.cache.get, key)
            messages = [] if found is None else ModelMessagesTypeAdapter.validate_json(found)
        except FILE_ERRORS as error:
            log.warning("the cache of model answers cannot be read, asking anew: %s", error)
            return None
        except ValidationError:  # stored by another version of the library
            return None
        self.keys.append(key)
        return next((message for message in messages if isinstance(message, ModelResponse)), None)

    async def _store(self, key: bytes, response: ModelResponse, asked_at: float) -> None:
        if not self._owner.cached:
            return
        answer = ModelMessagesTypeAdapter.dump_json([response])
        put = partial(self._shared.cache.put, key, answer, asked_at=asked_at, limits=self._in_force.cache)
        whose = {"project": self._owner.project, "conversation": self._owner.conversation}
        try:
            await asyncio.to_thread(put, **whose)
        except FILE_ERRORS as error:
            log.warning("the cache of model answers cannot be written: %s", error)
