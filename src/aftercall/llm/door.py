"""One door to any model."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from aftercall.config import Config
from aftercall.errors import InvalidInput, Unavailable
from aftercall.llm.cache import AnswerCache
from aftercall.llm.errors import ChatCompletionError, ModelNotConfigured
from aftercall.llm.gate import Sleep
from aftercall.llm.ledger import Ledger
from aftercall.llm.loop import LoopThread
from aftercall.llm.owner import Owner, writable
from aftercall.llm.route import Route, resolve
from aftercall.llm.secret import read_key
from aftercall.llm.session import Session
from aftercall.llm.settings import Settings
from aftercall.llm.shared import Redact, Shared, as_it_is
from aftercall.llm.source import SettingsSource
from aftercall.llm.sqlite import FILE_ERRORS

if TYPE_CHECKING:
    from aftercall.llm.guarded import GuardedModel

T = TypeVar("T")

UNUSABLE = frozenset({"MODEL_JSON_INVALID", "MODEL_OUTPUT_INVALID", "MODEL_TRUNCATED", "MODEL_EMPTY"})
"""Answers that came, and were not what was asked for. They are not stored: asked again, they may be
better."""


class Door:
    """Keys, limits, retries, cache and spend of every model call of this process. One per process.

    Nothing is opened, imported or started before the first call; without a configuration calls raise
    ModelNotConfigured. models.yaml is read again when it changes.

    ``config``: what models.yaml would hold, in place of the file and of the AFTERCALL_LLM_* variables.
    ``redact``: applied to every text before it leaves the machine. ``clock`` (seconds, monotonic), ``sleep``
    (a coroutine function) and ``rng`` are for tests of what waits.
    """

    def __init__(
        self,
        home: Path,
        *,
        config: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        redact: Redact = as_it_is,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        rng: Callable[[], float] = random.random,
    ) -> None:
        env = os.environ if env is None else env
        self.ledger = Ledger(home)
        """Every call and what it cost: ``ledger.calls(project=..., ...)``, ``ledger.spent(project)``."""
        self._source = SettingsSource(home, config, env)
        self._cache = AnswerCache(home)
        self._shared = Shared(home, env, self._cache, self.ledger, redact, clock, sleep, rng)
        self._loop = LoopThread("aftercall-llm")

    @classmethod
    def from_env(cls, *, redact: Redact = as_it_is) -> Door:
        """The door of AFTERCALL_HOME."""
        return cls(Config.from_env().home, redact=redact)

    def session(
        self, project: str, conversation_id: str | None = None, *, generation: str = "", cached: bool = True
    ) -> Session:
        """Calls for a conversation: one session per attempt of its function.

        A new attempt that asks the same gets the stored answers. ``generation``: another one has answers of
        its own (a replay that shall ask anew). ``cached`` False: nothing is stored or taken from the store.
        """
        return Session(self, Owner(project, conversation_id, generation=generation, cached=cached))

    def settings_of(self, project: str, model: str | None = None) -> Route:
        """What stands behind a name, None for the default one. Raises ModelNotConfigured."""
        return resolve(self._settings(), project, model)

    def is_configured(self, project: str) -> bool:
        """Whether ``prompt_llm`` of this project, naming no model, would ask one."""
        try:
            route = self.settings_of(project)
            read_key(route.endpoint_name, route.endpoint, self._shared.home, self._shared.env)
        except ModelNotConfigured:
            return False
        return True

    def erase(self, project: str, conversation_id: str) -> int:
        """Removes every stored answer of a conversation, and its id from the ledger. How many answers there
        were.

        An answer that is still under way is not stored when it comes. Raises Unavailable: try again.
        """
        return self._erase(writable(project), writable(conversation_id))

    def erase_project(self, project: str) -> int:
        """The same for all conversations of a project; what it spent stays in the ledger."""
        return self._erase(writable(project), None)

    def warm(self) -> None:
        """Imports what the first call would have to (1-3 s). Blocks: call it in a thread, after starting."""
        if self._settings().configured:
            _library()

    def close(self) -> None:
        """Calls under way end with ChatCompletionError (MODEL_CLOSED)."""
        self._loop.close(self._shared.close)
        self._cache.close()
        self.ledger.close()

    def run(self, owner: Owner, use: Callable[[GuardedModel], Awaitable[T]], name: str | None) -> T:
        """For Session."""
        settings = self._settings()
        route = resolve(settings, owner.project, None if name is None else writable(name))
        secret = read_key(route.endpoint_name, route.endpoint, self._shared.home, self._shared.env)
        _library()
        return self._loop.run(self._use(settings, route, owner, secret, use))

    async def _use(
        self,
        settings: Settings,
        route: Route,
        owner: Owner,
        secret: str | None,
        use: Callable[[GuardedModel], Awaitable[T]],
    ) -> T:
        from pydantic_ai.exceptions import AgentRunError

        from aftercall.llm.failure import explain_run
        from aftercall.llm.guarded import GuardedModel

        guarded = GuardedModel(self._shared, settings, route, owner, secret)
        try:
            return await use(guarded)
        except ChatCompletionError as error:
            failed = error
        except AgentRunError as error:
            failed = explain_run(error, route)
        if failed.code in UNUSABLE:
            await asyncio.to_thread(self._forget, guarded, failed.code)
        # Raised out here: inside `except` it would carry the library's error, whose text may hold key or
        # prompt.
        raise failed

    def _forget(self, guarded: GuardedModel, code: str) -> None:
        if guarded.asked is not None:
            self.ledger.fault(guarded.asked.call_id, code)
        self._cache.forget(guarded.keys)

    def _settings(self) -> Settings:
        try:
            return self._source.now()
        except InvalidInput as error:
            problem = error.message
        raise ModelNotConfigured(problem)

    def _erase(self, project: str, conversation_id: str | None) -> int:
        try:
            gone = self._cache.erase(project, conversation_id)
            self.ledger.erase(project, conversation_id)
        except FILE_ERRORS as error:
            raise Unavailable(f"model answers could not be erased: {error}") from error
        return gone


def _library() -> None:
    try:
        import aftercall.llm.structured  # noqa: F401
    except ModuleNotFoundError as error:
        missing = error.name
    else:
        return
    raise ModelNotConfigured(
        f'models need the server\'s install ({missing} is missing): pip install "aftercall[server]"'
    )
