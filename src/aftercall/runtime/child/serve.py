"""The loop of the child: load the project once, then run one function after the other."""

from __future__ import annotations

import inspect
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from aftercall.runtime.child import hygiene, limits, shim
from aftercall.runtime.child.conversation import Conversation
from aftercall.runtime.child.functions import Flow, bound
from aftercall.runtime.child.loading import Function, Project, one_line
from aftercall.runtime.child.signatures import check, check_names, describe
from aftercall.runtime.child.wire import Wire
from aftercall.sdk.plain import plain


def serve(read_fd: int, write_fd: int) -> None:
    """Until the parent hangs up."""
    wire = Wire(read_fd, write_fd)
    wire.start()
    Child(wire).run()


class Child:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._config: dict[str, Any] = {}
        self._project = Project(Path(), [])
        self._plog = shim.install()
        self._forks: limits.ForkCounter | None = None

    def run(self) -> None:
        while True:
            request = self._wire.next_request()
            self._wire.call = request["id"]
            hygiene.open_standard_output()
            self._wire.send({"began": True})
            done = self._load(request) if request["do"] == "load" else self._call(request)
            if not self._wire.is_mine:
                os._exit(0)  # a process the function forked and that came back out of it
            hygiene.flush_standard_output()
            self._wire.send({"done": done})

    def _load(self, request: dict[str, Any]) -> dict[str, Any]:
        limits.apply(request["limits"])
        limits.allow_cpu(request["seconds"])
        self._forks = limits.ForkCounter(request["limits"]["processes"])
        sys.dont_write_bytecode = True  # the folder may be one that somebody works in
        sys.argv = [""]
        self._config = request["config"]
        project = self._project = Project(Path.cwd(), request["files"])
        project.load()
        items = project.all
        if request["check"]:
            for item in items:
                check(project, item)
            check_names(project, items)
        return {
            "functions": [describe(item) for item in items],
            "problems": project.problems,
            "python": ".".join(str(part) for part in sys.version_info[:3]),
        }

    def _call(self, request: dict[str, Any]) -> dict[str, Any]:
        """``{status, value?, error?, error_type?, traceback?, duration_ms, left}``"""
        limits.allow_cpu(request["seconds"])
        if self._forks is not None:
            self._forks.reset()
        baseline = hygiene.Baseline()
        began = time.perf_counter()
        done = self._run(request)
        done["duration_ms"] = round((time.perf_counter() - began) * 1000, 3)
        if self._wire.is_mine:
            done["left"] = baseline.restore()
        return done

    def _run(self, request: dict[str, Any]) -> dict[str, Any]:
        item = self._find(request["name"], request.get("flow"))
        if item is None or item.call is None:
            error = item.error if item else None
            kind = "not_found" if item is None else "load"
            return {"status": "failed", "failure": kind, "error": error or f"no function {request['name']!r}"}
        conv = Conversation(request["conv"], self._config, self._project, self._wire)
        self._plog.attach(conv._recorder)
        flow: Flow | None = conv._flow(item.flow) if item.flow else None
        try:
            value = bound(item.call, conv, flow)(*request["args"], **request["kwargs"])
            _refuse_generator(item.name, value)
            done = {"status": "ok", "value": plain(value)}
        except BaseException as error:  # noqa: BLE001 - sys.exit() and the like included: it must end here
            done = self._failed(error)
        finally:
            if self._wire.is_mine:
                conv._checkpoint(last=True)
            self._plog.attach(None)
        return done

    def _failed(self, error: BaseException) -> dict[str, Any]:
        if isinstance(error, MemoryError):
            traceback.clear_frames(error.__traceback__)  # what it filled memory with lives in their variables
        return {
            "status": "failed",
            "failure": "memory" if isinstance(error, MemoryError) else "exception",
            "error": f"{type(error).__name__}: {one_line(error)}",
            "error_type": type(error).__name__,
            "traceback": self._project.format(error),
        }

    def _find(self, name: str, flow: str | None) -> Function | None:
        if flow is None:
            return self._project.functions.get(name)
        folder = flow if flow in self._project.flows else self._config["flow_names"].get(flow, flow)
        return self._project.flows.get(folder, {}).get(name)


def _refuse_generator(name: str, value: Any) -> None:
    """Python runs nothing of a function with a ``yield`` in it until somebody iterates: here nobody does."""
    if inspect.isgenerator(value) or inspect.isasyncgen(value):
        raise TypeError(f"{name} returned a generator (it has a yield): nothing in it was run")
