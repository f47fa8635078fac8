"""The base of the models of a question: unknown fields are errors that name the nearest known one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from aftercall.errors import InvalidInput

CODE = "QUERY_INVALID"
_SHOWN = 80
_LONGEST_PLACE = 120
_QUOTED = re.compile(r"'([^']+)'")


class QueryInvalid(InvalidInput):
    """The question cannot be asked; the message names the place in it and, where there is one, the
    nearest valid name. ``data`` has both for programs."""

    default_code = CODE


def refusal(place: str, reason: str, *, nearest: str | None = None) -> QueryInvalid:
    """``reason`` ends the sentence that ``place`` begins: ``where[1].value is no number``."""
    hint = f": did you mean {nearest!r}?" if nearest else "."
    where = place or "The query"
    return QueryInvalid(f"{where} {reason}{hint}", data={"place": place, "nearest": nearest})


def near(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like it, whatever its case; None where none does."""
    by_folded = {one.casefold(): one for one in known}
    found = difflib.get_close_matches(name[:200].casefold(), by_folded, 1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def shown(value: object) -> str:
    """A value for a message: short, and on one line."""
    text = ascii(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


class Strict(BaseModel):
    """Immutable; no field that is not named; no conversion between types but int to float."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _only_known_fields(cls, data: Any) -> Any:
        if isinstance(data, dict):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            for key in data:
                if key not in known and key not in cls.model_fields:
                    raise PydanticCustomError("unknown", "{fault}", _unknown(str(key), known))
        return data

    @classmethod
    def read(cls, data: Any) -> Self:
        """The model of a JSON value. Raises QueryInvalid with the place of the first fault."""
        try:
            found = cls.model_validate(data)
        except ValidationError as error:
            raise fault(error.errors(include_url=False)[0]) from None
        check_texts(data)
        return found


def _unknown(key: str, known: list[str]) -> dict[str, Any]:
    nearest = near(key, known)
    fields = ", ".join(known)
    text = f"has no field {shown(key)}" + ("" if nearest else f" (it has {fields})")
    return {"fault": text, "nearest": nearest}


def fault(error: Any) -> QueryInvalid:
    """What pydantic found, as ours. Tags of unions stand in <>: they are no part of the place."""
    context = error.get("ctx", {})
    message = str(error["msg"])
    place = place_of(error["loc"])
    if error["type"] == "unknown":
        return refusal(place, message, nearest=context.get("nearest"))
    if error["type"] == "literal_error":
        given, expected = error.get("input"), str(context["expected"])
        nearest = near(given, _QUOTED.findall(expected)) if isinstance(given, str) else None
        return refusal(place, f"is {shown(given)}, not one of {expected}", nearest=nearest)
    return refusal(place, f"is wrong: {message[:1].lower()}{message[1:]}")


def place_of(path: Iterable[str | int]) -> str:
    """``where[1].value`` of ("where", 1, "<field>", "value")."""
    place = ""
    for part in path:
        if isinstance(part, int):
            place += f"[{part}]"
        elif not part.startswith("<") and "-" not in part:  # constrained-float: a member of a union
            place += f".{part}" if place else part
    return place if len(place) <= _LONGEST_PLACE else f"{place[:_LONGEST_PLACE]}..."


def check_texts(data: Any) -> None:
    """Raises QueryInvalid for half of a surrogate pair anywhere: it is no text, and no engine takes it."""
    waiting = [data]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str) and not one.isascii():
            try:
                one.encode()
            except UnicodeEncodeError:
                raise refusal("", f"holds half of a surrogate pair: {shown(one)}") from None
