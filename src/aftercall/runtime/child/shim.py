"""The modules a platform supplies: ``_gen``, with which every file of a project begins, and ``plog``.

They are put into ``sys.modules`` before anything of the project is imported, so a project's own ``_gen``
folder of stubs is never looked at.
"""

from __future__ import annotations

import contextvars
import functools
import inspect
import sys
import types
from collections.abc import Callable
from typing import Any, TypeVar

from aftercall.runtime.child.addresses import Address, ExtractionError
from aftercall.runtime.child.conversation import Conversation
from aftercall.runtime.child.functions import Flow
from aftercall.runtime.child.recorder import Recorder
from aftercall.runtime.child.utils import ChatCompletionError, SecretNotFound
from aftercall.sdk.history import AgentResponse, UserInput
from aftercall.sdk.metrics import MetricEvent
from aftercall.sdk.plain import plain, text_of

F = TypeVar("F", bound=Callable[..., Any])

STAR = (
    "Conversation",
    "Flow",
    "func_description",
    "func_parameter",
    "func_latency_control",
    "ElevenLabsVoice",
)
"""What ``from _gen import *`` gives; the rest has to be named."""


def func_description(description: str) -> Callable[[F], F]:
    """When a model should call the function."""
    return _noting("description", description)


def func_parameter(name: str, description: str = "") -> Callable[[F], F]:
    def decorate(function: F) -> F:
        notes = _notes(function)
        # decorators apply from the bottom up; people read them from the top down
        notes["parameters"] = {name: text_of(description), **notes.get("parameters", {})}
        return function

    return decorate


def func_latency_control(**settings: Any) -> Callable[[F], F]:
    """What to say while the function runs: kept for whoever drives the call."""
    return _noting("latency", plain(settings))


def _noting(name: str, value: Any) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        _notes(function)[name] = value
        return function

    return decorate


def _notes(function: Callable[..., Any]) -> dict[str, Any]:
    if not hasattr(function, "__aftercall__"):
        function.__aftercall__ = {}  # type: ignore[attr-defined]
    notes: dict[str, Any] = function.__aftercall__  # type: ignore[attr-defined]
    return notes


class ElevenLabsVoice:
    """A voice by its id, with whatever settings. Nothing here can speak: set_voice records it."""

    provider = "elevenlabs"

    def __init__(self, provider_voice_id: str = "", **settings: Any) -> None:
        self.provider_voice_id = provider_voice_id
        self.__dict__.update(settings)

    def to_dict(self) -> dict[str, Any]:
        return {"provider": self.provider, **vars(self)}


class Plog:
    """The module ``plog``: lines that go onto the conversation as log events; outside of a call to standard
    error. ``@plog.tmp_bind(**fields)`` adds fields to every line written while the function runs."""

    def __init__(self) -> None:
        self._recorder: Recorder | None = None
        self._bound: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar(
            "plog", default=None
        )

    def attach(self, recorder: Recorder | None) -> None:
        self._recorder = recorder

    def write(self, level: str, /, *args: Any, **fields: Any) -> None:
        rest = list(args)
        content = text_of(rest.pop(0) if rest else fields.pop("content", ""))
        if rest:
            fields["args"] = rest
        told = {
            text_of(name): plain(value) for name, value in {**(self._bound.get() or {}), **fields}.items()
        }
        is_pii = bool(told.pop("is_pii", False))
        if self._recorder is not None:
            self._recorder.log(level, content, is_pii, told or None, logger="plog")
        else:
            sys.stderr.write(f"plog {level}: {content} {told or ''}\n")

    def tmp_bind(self, **fields: Any) -> Callable[[F], F]:
        def decorate(function: F) -> F:
            @functools.wraps(function)
            def plainly(*args: Any, **kwargs: Any) -> Any:
                token = self._bound.set({**(self._bound.get() or {}), **fields})
                try:
                    return function(*args, **kwargs)
                finally:
                    self._bound.reset(token)

            @functools.wraps(function)
            async def asynchronously(*args: Any, **kwargs: Any) -> Any:
                token = self._bound.set({**(self._bound.get() or {}), **fields})
                try:
                    return await function(*args, **kwargs)
                finally:
                    self._bound.reset(token)

            return asynchronously if inspect.iscoroutinefunction(function) else plainly  # type: ignore[return-value]

        return decorate

    def module(self) -> types.ModuleType:
        module = types.ModuleType("plog")
        parts: dict[str, Any] = {"tmp_bind": self.tmp_bind}
        for level in ("debug", "info", "warning", "error"):
            parts[level] = functools.partial(self.write, level)
        parts["exception"] = parts["critical"] = parts["error"]
        parts["warn"] = parts["warning"]
        vars(module).update(parts)
        return module


def install() -> Plog:
    """Before anything of the project is imported."""
    plog = Plog()
    module = types.ModuleType("_gen")
    parts = {
        "func_description": func_description,
        "func_parameter": func_parameter,
        "func_latency_control": func_latency_control,
    }
    classes: tuple[type, ...] = (Conversation, Flow, ElevenLabsVoice, UserInput, AgentResponse, MetricEvent)
    ours: tuple[type, ...] = (Address, ExtractionError, ChatCompletionError, SecretNotFound)
    vars(module).update(parts, __all__=list(STAR))
    for cls in (*classes, *ours):
        setattr(module, cls.__name__, cls)
    for cls in ours:  # where the state codec of another process looks for it, and a traceback says it is
        cls.__module__ = "_gen"
    sys.modules["_gen"] = module
    sys.modules["plog"] = plog.module()
    return plog
