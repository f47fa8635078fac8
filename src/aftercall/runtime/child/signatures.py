"""What a function takes: to put conv and flow where they belong, to describe it to a model, to find
mistakes."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from aftercall.runtime.child.loading import Function, Project

CONV, FLOW = ("conv", "conversation", "Conversation"), ("flow", "Flow")
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Wants(NamedTuple):
    """The names under which a function takes them; None: it does not. ``*`` means by position only."""

    conv: str | None
    flow: str | None


def wants(call: Callable[..., Any]) -> Wants:
    """First conv, then flow, by name or by annotation; a function of ``*args`` takes whatever comes."""
    parameters = parameters_of(call)
    if parameters and parameters[0].kind is inspect.Parameter.VAR_POSITIONAL:
        return Wants("*", "*")
    places = [parameter for parameter in parameters[:2] if parameter.kind in _POSITIONAL]
    conv = next((_call_name(p) for p in places[:1] if _is(p, CONV)), None)
    flow = next((_call_name(p) for p in places[bool(conv) :] if _is(p, FLOW)), None)
    return Wants(conv, flow)


def parameters_of(call: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(call).parameters.values())
    except (TypeError, ValueError):
        return []  # written in C, say


def _call_name(parameter: inspect.Parameter) -> str:
    return "*" if parameter.kind is inspect.Parameter.POSITIONAL_ONLY else parameter.name


def _is(parameter: inspect.Parameter, known: tuple[str, ...]) -> bool:
    return parameter.name.strip("_") in known or annotation_text(parameter).strip("'\"") in known


def annotation_text(parameter: inspect.Parameter) -> str:
    """As it was written; empty without one."""
    annotation = parameter.annotation
    if annotation is inspect.Parameter.empty:
        return ""
    if isinstance(annotation, str):
        return annotation
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def describe(item: Function) -> dict[str, Any]:
    """Plain JSON: what a model or a person needs to call it."""
    facts = {"name": item.name, "flow": item.flow, "kind": item.kind, "file": item.file, "error": item.error}
    if item.call is None:
        return {**facts, "description": "", "parameters": [], "latency": None}
    notes = getattr(item.call, "__aftercall__", {})
    skipped = set(wants(item.call))
    parameters = [p for p in parameters_of(item.call) if p.name not in skipped]
    return {
        **facts,
        "description": notes.get("description") or inspect.getdoc(item.call) or "",
        "parameters": [_describe_parameter(p, notes.get("parameters", {})) for p in parameters],
        "latency": notes.get("latency"),
    }


def _describe_parameter(parameter: inspect.Parameter, notes: dict[str, str]) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "type": annotation_text(parameter),
        "description": notes.get(parameter.name, ""),
        "required": parameter.default is inspect.Parameter.empty and parameter.kind in _POSITIONAL,
    }


def check(project: Project, item: Function) -> None:
    """Adds what looks wrong to the project's problems."""
    tree = _parse(project, item)
    defined = [node for node in tree.body if _name(node) == item.name] if tree else []
    if len(defined) > 1:
        message = f"{item.name} is defined {len(defined)} times; the last one counts"
        project.complain(item.file, defined[-1].lineno, "DUPLICATE_NAME", message, "warning")
    if item.call is not None:
        _check_signature(project, item, item.call, defined[-1].lineno if defined else None)


def _check_signature(project: Project, item: Function, call: Callable[..., Any], line: int | None) -> None:
    wanted = wants(call)
    if wanted.conv is None:
        message = f"{item.name} does not take conv first: it is called without it"
        project.complain(item.file, line, "SIGNATURE_CONV", message)
    if item.flow is not None and wanted.flow is None:
        message = f"{item.name} does not take flow after conv, as functions of a flow do: called without it"
        project.complain(item.file, line, "SIGNATURE_FLOW", message)
    names = {parameter.name for parameter in parameters_of(call)}
    for name in getattr(call, "__aftercall__", {}).get("parameters", {}):
        if name not in names:
            message = f"func_parameter describes {name!r}, which {item.name} does not take"
            project.complain(item.file, line, "SIGNATURE_PARAMETER", message, "warning")


def check_names(project: Project, items: list[Function]) -> None:
    """Two functions that answer to one name."""
    seen: dict[tuple[str | None, str], Function] = {}
    for item in items:
        key = (item.flow, item.name.lower())
        if key in seen:
            message = f"{item.name} is also defined in {seen[key].file}, which is the one that gets called"
            project.complain(item.file, None, "DUPLICATE_NAME", message)
        seen.setdefault(key, item)


def _parse(project: Project, item: Function) -> ast.Module | None:
    try:
        return ast.parse((project.root / item.file).read_bytes())
    except (SyntaxError, ValueError, OSError, RecursionError):
        return None  # its import failed for the same reason, and that is reported


def _name(node: ast.stmt) -> str | None:
    return node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else None
