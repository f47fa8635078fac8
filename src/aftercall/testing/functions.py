"""Doubles of ``conv.functions`` and of ``flow``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aftercall.sdk.conversation import Conversation


class FakeFunctions:
    """``functions.name(...)`` calls the function given under that name, with conv (and flow) put first where
    the function takes them and the caller passed none. ``calls`` lists ``(name, args, kwargs)`` as called."""

    def __init__(self, functions: Mapping[str, Callable[..., Any]], *first: Any) -> None:
        self._functions = dict(functions)
        self._first = first
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._functions:
            known = ", ".join(sorted(self._functions)) or "none"
            raise AttributeError(f"no function {name!r} was given to the double (given: {known})")
        function = self._functions[name]

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append((name, args, kwargs))
            return function(*self._missing(function, args, kwargs), *args, **kwargs)

        return call

    def _missing(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> list[Any]:
        """conv and flow, as far as the function names them and the caller did not pass them."""
        parameters = list(inspect.signature(function).parameters)[: len(self._first)]
        names = ("conv", "flow")
        return [
            value
            for value, name, parameter in zip(self._first, names, parameters, strict=False)
            if parameter == name and name not in kwargs and not any(value is arg for arg in args)
        ]


class FakeFlow:
    """``flow.goto_step``, ``flow.current_step``, ``flow.functions``: moves go to the conversation."""

    def __init__(
        self, conversation: Conversation, functions: Mapping[str, Callable[..., Any]], step: str
    ) -> None:
        self._conversation = conversation
        self.current_step = step
        self.functions = FakeFunctions(functions, conversation, self)

    def goto_step(self, step_name: str, label: str | None = None) -> None:
        self.current_step = step_name
        self._conversation.goto_step(step_name, label)
