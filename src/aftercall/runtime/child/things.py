"""Small containers that answer politely: an attribute that is not there is None, not an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn


class Thing(dict[str, Any]):
    """A dict whose items are attributes, too: a variant, a handoff destination, an SMS template."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.get(name)


class Entities(Thing):
    """``conv.entities.party_size``: None when it was not collected, else something with a ``.value``."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Entities:
        return cls({name: Entity.of(value) for name, value in told.items()})


class Entity(Thing):
    """``.value``, and whatever else is known of it, such as ``.is_valid``."""

    @classmethod
    def of(cls, told: Any) -> Entity:
        return cls(told) if isinstance(told, dict) and "value" in told else cls(value=told)

    def __str__(self) -> str:
        return str(self.get("value"))


class ReadOnly(dict[str, Any]):
    """``conv.memory`` and ``conv.real_time_config``: a dict that says no to every change."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("this is read-only: what is to be remembered goes into conv.state")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def fields(self) -> dict[str, Any]:
        """All of it."""
        return dict(self)


def things(told: Mapping[str, Any]) -> dict[str, Thing]:
    return {
        name: Thing(value) if isinstance(value, dict) else Thing(value=value) for name, value in told.items()
    }
