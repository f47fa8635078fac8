"""A function's arguments, typed in by a person: text becomes what the function's annotations ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aftercall.errors import InvalidInput
from aftercall.runtime.loaded import FunctionInfo, Parameter

YES, NO = frozenset({"true", "yes", "y", "1"}), frozenset({"false", "no", "n", "0"})


def read_arguments(function: FunctionInfo, told: Mapping[str, str]) -> dict[str, Any]:
    """Parameters that are left out are left out. Raises InvalidInput that names the parameter."""
    known = {parameter.name: parameter for parameter in function.parameters}
    unknown = sorted(set(told) - set(known))
    if unknown:
        raise InvalidInput(
            f"{function.name} takes no {unknown[0]!r}; it takes {', '.join(known) or 'nothing'}"
        )
    missing = [name for name, parameter in known.items() if parameter.required and name not in told]
    if missing:
        raise InvalidInput(f"{function.name} needs {', '.join(missing)}")
    return {name: read_argument(known[name], text) for name, text in told.items()}


def read_argument(parameter: Parameter, text: str) -> Any:
    """Raises InvalidInput."""
    read = _READERS.get(parameter.type)
    try:
        return text if read is None else read(text.strip())
    except ValueError as error:
        raise InvalidInput(f"{parameter.name} is {parameter.type}; {text[:80]!r} is none") from error


def _bool(text: str) -> bool:
    if text.lower() in YES:
        return True
    if text.lower() in NO:
        return False
    raise ValueError(text)


_READERS: dict[str, Callable[[str], Any]] = {"bool": _bool, "int": int, "float": float}
