"""``conv.functions.NAME(...)`` and ``flow.functions.NAME(...)``."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from aftercall.runtime.child.loading import Function
from aftercall.runtime.child.signatures import wants

if TYPE_CHECKING:
    from aftercall.runtime.child.conversation import Conversation


class Flow:
    """Where a function of a flow is. ``folder`` is None outside of all flows."""

    def __init__(self, conv: Conversation, folder: str | None) -> None:
        self._conv = conv
        self.folder = folder

    @property
    def functions(self) -> Functions:
        """Those of this flow."""
        return Functions(self._conv, self._conv._project.flows.get(self.folder or "", {}), self)

    @property
    def current_step(self) -> str | None:
        return self._conv.current_step

    @property
    def name(self) -> str | None:
        return self._conv.current_flow

    def goto_step(self, step_name: str, label: str | None = None) -> None:
        """The step by its display name. Takes effect at once."""
        self._conv._move(self._conv.current_flow, step_name, label)

    def __repr__(self) -> str:
        return f"Flow({self.folder!r}, step={self.current_step!r})"


class Functions:
    """Calls by attribute or by item. conv and flow are put in only where the caller passed none."""

    def __init__(self, conv: Conversation, known: dict[str, Function], flow: Flow | None = None) -> None:
        self._conv = conv
        self._known = known
        self._flow = flow

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        item = self._known.get(name)
        if item is None:
            place = "the project" if self._flow is None else f"the flow {self._flow.folder!r}"
            known = ", ".join(sorted(self._known)) or "none"
            raise AttributeError(f"{place} has no function {name!r} (known: {known})")
        if item.call is None:
            raise ImportError(item.error or f"{item.file} could not be imported")
        return bound(item.call, self._conv, self._flow)

    def __getitem__(self, name: str) -> Callable[..., Any]:
        if name not in self._known:
            raise KeyError(name)
        found: Callable[..., Any] = getattr(self, name)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __dir__(self) -> list[str]:
        return sorted(self._known)


def bound(call: Callable[..., Any], conv: Conversation, flow: Flow | None) -> Callable[..., Any]:
    """The function, to be called as projects do: with or without conv and flow in front."""

    def with_conv(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = placed(call, conv, flow, args, kwargs)
        result = call(*args, **kwargs)
        return asyncio.run(result) if inspect.iscoroutine(result) and _is_outermost() else result

    return with_conv


def placed(
    call: Callable[..., Any],
    conv: Conversation,
    flow: Flow | None,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments with conv and flow where the function wants them and the caller did not pass them.

    By position; but as soon as one of the two was passed by keyword the other has to follow that way.
    """
    wanted = wants(call)
    rest = list(args)
    front: dict[str, Any] = {}
    if wanted.conv and wanted.conv not in kwargs:
        front["conv"] = rest.pop(0) if rest and isinstance(rest[0], type(conv)) else conv
    if wanted.flow and wanted.flow not in kwargs and (wanted.flow != "*" or flow is not None):
        front["flow"] = rest.pop(0) if rest and isinstance(rest[0], Flow) else flow or conv._flow()
    if wanted.conv in kwargs or wanted.flow in kwargs:
        return tuple(rest), {**{getattr(wanted, name): value for name, value in front.items()}, **kwargs}
    return (*front.values(), *rest), kwargs


def _is_outermost() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return False
