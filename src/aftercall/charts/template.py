"""Templates of dashboards: YAML beside this file, fitted to the metrics that a project has.

In a template ``$REASON`` stands for the first of its ``words`` that the project has a metric of. Where it has
none the first word stays: the tile then says that there is no such metric, and how to make it one. ``each``
has one tile for each type of metric, and becomes one tile per extracted metric; ``$NAME`` is its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from aftercall.charts.dashboard import COLUMNS, Body
from aftercall.errors import NotFound

ORDER = ("overview", "inbound_voice", "web_chat", "agent_quality", "post_call_fields", "empty")
MOST_EACH = 24


@dataclass(frozen=True)
class Known:
    """A metric of the project, as far as a template cares. ``label``: what people call it."""

    name: str
    type: str
    label: str = ""
    extracted: bool = False


@dataclass(frozen=True)
class Template:
    key: str
    title: str
    about: str
    told: Mapping[str, Any]

    def body(self, metrics: Iterable[Known]) -> Body:
        known = list(metrics)
        names = _chosen(self.told.get("words") or {}, {one.name for one in known})
        tiles = [_placed(one, names) for one in self.told.get("tiles") or []]
        for one in _each(self.told.get("each") or {}, known):
            below = max((tile["y"] + tile["h"] for tile in tiles), default=0)
            tiles.append({**one, "y": below} if one["x"] == 0 else {**one, "y": tiles[-1]["y"]})
        numbered = [{**one, "id": f"t{number}"} for number, one in enumerate(tiles, 1)]
        return Body.read({"tiles": numbered, "filters": self.told.get("filters") or {}})


@cache
def templates() -> tuple[Template, ...]:
    """In the order in which they are offered."""
    import yaml

    folder = resources.files("aftercall.charts") / "templates"
    found = []
    for key in ORDER:
        told = yaml.safe_load((folder / f"{key}.yaml").read_text(encoding="utf-8"))
        found.append(Template(key, told["title"], told["about"], told))
    return tuple(found)


def template(key: str) -> Template:
    """Raises NotFound (TEMPLATE_NOT_FOUND)."""
    for one in templates():
        if one.key == key:
            return one
    raise NotFound(f"there is no template {key!r:.60}: {', '.join(ORDER)}", code="TEMPLATE_NOT_FOUND")


def _chosen(words: Mapping[str, list[str]], there: set[str]) -> dict[str, str]:
    return {
        f"${word}": next((one for one in names if one in there), names[0]) for word, names in words.items()
    }


def _placed(told: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    tile = {key: _named(value, names) for key, value in told.items() if key != "at"}
    return {"tile": tile, **dict(zip("xywh", told["at"], strict=True))}


def _named(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _named(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value


def _each(told: Mapping[str, Any], known: list[Known]) -> list[dict[str, Any]]:
    """Side by side while there is room; ``y`` is for whoever places them."""
    found: list[dict[str, Any]] = []
    x = 0
    for metric in [one for one in known if one.extracted and one.type in told][:MOST_EACH]:
        one = told[metric.type]
        width, height = one["size"]
        tile = {key: value for key, value in one.items() if key != "size"}
        names = {"$NAME": metric.name, "$LABEL": (metric.label or metric.name)[:200]}
        if x + width > COLUMNS:
            x = 0
        found.append({"tile": _named(tile, names), "x": x, "w": width, "h": height})
        x = (x + width) % COLUMNS
    return found
