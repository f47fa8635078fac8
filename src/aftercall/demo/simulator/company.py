"""The agent project that answers the phone, loaded in this process: its functions run at Python's own speed.

Only for a process of its own (see worker.py): a project's modules, ``_gen`` and the folder on ``sys.path``
stay there.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aftercall.runtime import layout
from aftercall.runtime.child import shim
from aftercall.runtime.child.conversation import Conversation
from aftercall.runtime.child.functions import bound
from aftercall.runtime.child.loading import Function, Project
from aftercall.runtime.child.wire import Wire
from aftercall.runtime.snapshot import Snapshot
from aftercall.sdk.history import AgentResponse, UserInput

NO_MODEL = {"error": "no model is configured", "error_type": "NotImplementedError"}


class Call(Conversation):
    """``conv`` for the length of a whole call: what is said goes into its history as the call goes on."""

    def hears(self, speaker: str, text: str) -> None:
        self._history.append(UserInput(text) if speaker == "user" else AgentResponse(text))

    def checkpoint(self) -> None:
        self._checkpoint(last=True)


class Told(Wire):
    """Takes the place of the pipe to the server: what functions write goes straight to ``take``."""

    def __init__(self, take: Callable[[dict[str, Any]], None]) -> None:
        self._take = take

    @property
    def is_mine(self) -> bool:
        return True

    def send(self, message: dict[str, Any]) -> None:
        if "event" in message:
            self._take(message["event"])

    def ask(self, what: str, **body: Any) -> dict[str, Any]:
        return NO_MODEL


class Company:
    """Raises RuntimeError when a file of the project cannot be imported."""

    def __init__(self, root: Path) -> None:
        read = layout.read(root)
        shim.install()
        self._config = read.for_child()
        self._project = Project(root, [asdict(item) for item in read.functions])
        self._project.load()
        if self._project.problems:
            told = "; ".join(f"{item['file']}: {item['message']}" for item in self._project.problems)
            raise RuntimeError(f"the agent project cannot be loaded: {told}")

    def answer(self, snapshot: Snapshot, take: Callable[[dict[str, Any]], None]) -> Call:
        return Call(snapshot.for_child(), self._config, self._project, Told(take))

    def function(self, call: Call, name: str, flow: str | None = None) -> Callable[..., Any]:
        """Ready to be called with its own arguments. ``flow``: display name."""
        item = self._find(name, flow)
        assert item is not None and item.call is not None, f"no function {name!r} in {flow or 'the project'}"
        return bound(item.call, call, call._flow(item.flow) if item.flow else None)

    def step(self, call: Call) -> str | None:
        """The function step the call has come to, if it is one."""
        item = self._find(call.current_step or "", call.current_flow)
        return item.name if item is not None and item.kind == "step" else None

    def traceback(self, error: BaseException) -> str:
        return self._project.format(error)

    def module(self, name: str) -> Any:
        """A module of the project, such as ``functions.clinic``."""
        return importlib.import_module(name)

    def _find(self, name: str, flow: str | None) -> Function | None:
        if flow is None:
            return self._project.functions.get(name)
        names: Mapping[str, str] = self._config["flow_names"]
        return self._project.flows.get(names.get(flow, flow), {}).get(name)
