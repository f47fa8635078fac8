"""Which metrics an agent project's code writes, read from its source: nothing of it runs.

It sees ``anything.write_metric(name, value)``. A name that is put together is a pattern with ``*`` where
nobody can tell; one that is a variable is followed to the texts that the same file gives it.
"""

from __future__ import annotations

import ast
import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Wrote = Literal["boolean", "integer", "number", "text", "null", "unknown"]
MOST_BYTES = 2 * 1024 * 1024
_SKIPPED = {"_gen", "__pycache__", "node_modules", "venv", ".venv", ".git", "site-packages", "tests"}
_CALLS: dict[str, Wrote] = {
    "bool": "boolean",
    "int": "integer",
    "len": "integer",
    "float": "number",
    "str": "text",
}


@dataclass(frozen=True, slots=True)
class CodeWrite:
    """One ``write_metric`` in the code. ``name`` has ``*`` where ``exact`` is False. ``value``: the literal
    one; None with the type ``null`` is an explicit None, with any other type it is not known."""

    name: str
    exact: bool
    type: Wrote
    value: bool | int | float | str | None
    file: str
    line: int

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    def may_be(self, name: str) -> bool:
        return self.name == name if self.exact else fnmatch.fnmatchcase(name, _glob(self.name))


@dataclass(frozen=True, slots=True)
class Scan:
    """``texts``: every text in the code: a name that is among them may be written by a loop over them.
    ``unreadable``: files with their problem."""

    writes: tuple[CodeWrite, ...] = ()
    texts: frozenset[str] = frozenset()
    unreadable: tuple[str, ...] = ()
    files: int = 0

    @property
    def has_free_names(self) -> bool:
        """Whether some write can have any name at all."""
        return any(write.name == "*" for write in self.writes)

    def may_write(self, name: str) -> bool:
        if any(write.may_be(name) for write in self.writes if write.name != "*"):
            return True
        return self.has_free_names and name in self.texts


def scan_folder(folder: Path) -> Scan:
    """Of all Python files in it, save hidden ones, environments and the generated stubs."""
    writes: list[CodeWrite] = []
    texts: set[str] = set()
    unreadable: list[str] = []
    files = 0
    for path in _python_files(folder):
        shown = path.relative_to(folder).as_posix()
        files += 1
        try:
            if path.stat().st_size > MOST_BYTES:
                raise ValueError(f"it is larger than {MOST_BYTES:,} bytes")
            tree = ast.parse(path.read_bytes(), filename=shown)
            file = _File(shown, tree)
            writes.extend(file.writes())
            texts |= file.texts
        except (SyntaxError, ValueError, OSError, RecursionError, MemoryError) as error:
            unreadable.append(f"{shown}: {error}")
    return Scan(tuple(writes), frozenset(texts), tuple(unreadable), files)


def _python_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).parts
        if not any(part in _SKIPPED or part.startswith(".") for part in parts) and path.is_file():
            yield path


@dataclass
class _File:
    shown: str
    tree: ast.Module
    texts: set[str] = field(default_factory=set)
    named: dict[str, set[str]] = field(default_factory=dict)
    """The texts that each variable is given anywhere in the file."""
    unclear: set[str] = field(default_factory=set)
    """Variables that are given something else too."""

    def writes(self) -> Iterator[CodeWrite]:
        calls = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                self.texts.add(node.value)
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    self._assigned(target, node.value)
            elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
                self._assigned(node.target, None if isinstance(node, ast.AugAssign) else node.value)
            elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
                self._assigned(node.target, None)
            elif isinstance(node, ast.arg):
                self.unclear.add(node.arg)
            elif isinstance(node, ast.Call) and _is_write(node.func):
                calls.append(node)
        for call in sorted(calls, key=lambda one: (one.lineno, one.col_offset)):
            yield from self._write(call)

    def _assigned(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self._assigned(part, None)
        elif isinstance(target, ast.Name):
            told = _literals(value) if value is not None else None
            if told is None:
                self.unclear.add(target.id)
            else:
                self.named.setdefault(target.id, set()).update(told)

    def _write(self, call: ast.Call) -> Iterator[CodeWrite]:
        keywords = {one.arg: one.value for one in call.keywords}
        positional = [one for one in call.args if not isinstance(one, ast.Starred)]
        name = positional[0] if positional else keywords.get("name")
        value = positional[1] if len(positional) > 1 else keywords.get("value")
        free = None in keywords or len(positional) != len(call.args)  # *args or **kwargs may hold anything
        type_, literal = _value_of(value, free)
        for pattern, exact in self._names(name):
            yield CodeWrite(pattern, exact, type_, literal, self.shown, call.lineno)

    def _names(self, node: ast.expr | None) -> list[tuple[str, bool]]:
        """(name or pattern, exact) of each it may be."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return [(node.value, True)]
        if isinstance(node, ast.IfExp):
            return self._names(node.body) + self._names(node.orelse)
        if isinstance(node, ast.Name) and node.id in self.named and node.id not in self.unclear:
            return [(text, True) for text in sorted(self.named[node.id])]
        pattern = self._pattern(node)
        return [(pattern, False)]

    def _pattern(self, node: ast.expr | None) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.JoinedStr):
            return _squeezed("".join(self._pattern(part) for part in node.values))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return _squeezed(self._pattern(node.left) + self._pattern(node.right))
        if (
            isinstance(node, ast.Name)
            and node.id not in self.unclear
            and len(self.named.get(node.id, ())) == 1
        ):
            return next(iter(self.named[node.id]))
        if isinstance(node, ast.FormattedValue) and node.conversion == -1 and node.format_spec is None:
            return self._pattern(node.value)
        return "*"


def _is_write(func: ast.expr) -> bool:
    return (isinstance(func, ast.Attribute) and func.attr == "write_metric") or (
        isinstance(func, ast.Name) and func.id == "write_metric"
    )


def _literals(value: ast.expr) -> set[str] | None:
    """The texts an expression can be, if it can be nothing else."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return {value.value}
    if isinstance(value, ast.IfExp):
        one, other = _literals(value.body), _literals(value.orelse)
        return None if one is None or other is None else one | other
    return None


def _value_of(node: ast.expr | None, free: bool) -> tuple[Wrote, bool | int | float | str | None]:
    if node is None:
        return ("unknown", None) if free else ("boolean", True)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        type_, literal = _value_of(node.operand, free)
        return type_, -literal if isinstance(literal, int | float) else None
    if isinstance(node, ast.Constant):
        return _constant(node.value)
    if isinstance(node, ast.Compare) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        return "boolean", None
    if isinstance(node, ast.JoinedStr):
        return "text", None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _CALLS.get(node.func.id, "unknown"), None
    return "unknown", None


def _constant(value: object) -> tuple[Wrote, bool | int | float | str | None]:
    if value is None:
        return "null", None
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, int):
        return "integer", value
    if isinstance(value, float):
        return "number", value
    return ("text", value) if isinstance(value, str) else ("unknown", None)


def _squeezed(pattern: str) -> str:
    while "**" in pattern:
        pattern = pattern.replace("**", "*")
    return pattern


def _glob(pattern: str) -> str:
    """Only ``*`` is special in a pattern of ours."""
    return pattern.replace("[", "[[]").replace("?", "[?]")
