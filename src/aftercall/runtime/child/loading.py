"""Importing the functions of a project, each file on its own: one that fails is reported, the rest goes
on."""

from __future__ import annotations

import importlib
import sys
import traceback
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_TRACEBACK = 20_000
_OURS = f"{Path(__file__).parents[2]}/"


@dataclass
class Function:
    """Where a function of the project is, and it itself once its file is imported."""

    name: str
    file: str
    """Relative to the project's folder."""
    module: str
    flow: str | None
    """Folder of its flow; None for a function of the whole project."""
    kind: str
    """function or step."""
    call: Callable[..., Any] | None = None
    error: str | None = None
    """Why it cannot be called."""


class Project:
    """``files``: what the parent found, as the fields of Function."""

    def __init__(self, root: Path, files: list[dict[str, Any]]) -> None:
        self.root = root
        self.problems: list[dict[str, Any]] = []
        """``{file, line, code, severity, message, traceback}``"""
        self.functions: dict[str, Function] = {}
        self.flows: dict[str, dict[str, Function]] = {}
        self.all = [Function(**item) for item in files]

    def load(self) -> None:
        sys.path.insert(0, str(self.root))
        for name in ("functions", "flows"):
            self._make_package(name)
        failed = [item for item in self.all if not self._import(item, last=False)]
        for item in failed:
            self._import(item, last=True)
        for item in self.all:
            place = self.functions if item.flow is None else self.flows.setdefault(item.flow, {})
            place.setdefault(item.name, item)

    def _make_package(self, name: str) -> None:
        """Without an ``__init__.py`` a folder is a package only as long as nothing installed has its name."""
        folder = self.root / name
        if folder.is_dir() and not (folder / "__init__.py").exists():
            package = types.ModuleType(name)
            package.__path__ = [str(folder)]
            sys.modules[name] = package

    def _import(self, item: Function, *, last: bool) -> bool:
        try:
            module = importlib.import_module(item.module)
        except BaseException as error:  # noqa: BLE001 - SystemExit included: a file may call exit()
            if not last and isinstance(error, ImportError):
                return False  # two files that need each other may import in the other order
            self._failed(item, error)
            return True
        found = getattr(module, item.name, None)
        if callable(found):
            item.call = found
        else:
            item.error = f"{item.file} defines no function {item.name}"
            self.complain(item.file, None, "FUNCTION_MISSING", item.error)
        return True

    def _failed(self, item: Function, error: BaseException) -> None:
        line = line_of(error, str(self.root / item.file))
        reason = f"{type(error).__name__}: {one_line(error)}"
        item.error = f"{item.file} could not be imported: {reason}" + (f" (line {line})" if line else "")
        self.complain(item.file, line, "IMPORT_FAILED", reason, trace=self.format(error))

    def complain(
        self, file: str, line: int | None, code: str, message: str, severity: str = "error", trace: str = ""
    ) -> None:
        told = {"file": file, "line": line, "code": code, "severity": severity}
        self.problems.append({**told, "message": message, "traceback": trace or None})

    def format(self, error: BaseException) -> str:
        """As Python prints it, from the project's own first frame on and without ours in between, with paths
        relative to the project."""
        trace, here = error.__traceback__, f"{self.root}/"
        while trace is not None and not trace.tb_frame.f_code.co_filename.startswith(here):
            trace = trace.tb_next
        try:
            told = traceback.TracebackException(type(error), error, trace or error.__traceback__)
            if trace is not None:
                _leave_out_ours(told)
            text = "".join(told.format())
        except Exception as broken:  # noqa: BLE001 - an exception whose own __str__ raises
            text = f"{type(error).__name__}, whose traceback could not be printed: {type(broken).__name__}"
        text = text.replace(here, "")
        if len(text) > MAX_TRACEBACK:
            half = MAX_TRACEBACK // 2
            text = f"{text[:half]}\n... {len(text) - 2 * half} characters ...\n{text[-half:]}"
        return text.encode("utf-8", "backslashreplace").decode()

    def resolve(self, module: str, name: str) -> type | None:
        """A class that a stored state names, if the project has it. Stored data never makes us import
        anything from outside the project."""
        if module not in sys.modules and module.partition(".")[0] in ("functions", "flows"):
            try:
                importlib.import_module(module)
            except BaseException:  # noqa: BLE001 - its failure to import is reported where it is loaded
                return None
        found: Any = sys.modules.get(module)
        for part in name.split("."):
            found = getattr(found, part, None)
        return found if isinstance(found, type) else None


def _leave_out_ours(told: traceback.TracebackException) -> None:
    """conv and what called the function: of no use to whoever reads where the project went wrong."""
    waiting = [told]
    while waiting:
        one = waiting.pop()
        one.stack[:] = [frame for frame in one.stack if not frame.filename.startswith(_OURS)]
        chained = (one.__cause__, one.__context__, *(getattr(one, "exceptions", None) or ()))
        waiting += [other for other in chained if other is not None]


def line_of(error: BaseException, file: str) -> int | None:
    """The line of this file where it went wrong."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    line = None
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == file:
            line = number
    return line


def one_line(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception as broken:  # noqa: BLE001 - whatever an exception of the project raises
        text = f"<text could not be read: {type(broken).__name__}>"
    text = text.encode("utf-8", "backslashreplace").decode()
    return " ".join(text.split())[:1000]
