"""dashboards.yaml: a project's dashboards as text, beside its agent. docs/dashboards.md has the form.

    dashboards:
      - name: Overview
        tiles:
          - {at: [0, 0, 3, 2], kind: kpi, query: {compare: previous_period}}

``at`` is [x, y, width, height] on a grid of twelve columns; everything else of a tile stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aftercall.charts.dashboard import Body
from aftercall.errors import InvalidInput

HEAD = "# The project's dashboards. docs/dashboards.md explains every key.\n"
_KEYS = frozenset(("name", "default", "filters", "tiles"))


@dataclass(frozen=True)
class Written:
    """One dashboard of the file."""

    name: str
    body: Body
    default: bool = False

    def same(self, other: Written) -> bool:
        """Whether both show the same; ids of tiles are nobody's concern."""
        return entry(self) == entry(other)


def read_dashboards(told: Any) -> list[Written]:
    """Of the file's value. Raises InvalidInput with the place of the first fault."""
    if not isinstance(told, dict) or set(told) != {"dashboards"} or not isinstance(told["dashboards"], list):
        raise InvalidInput("the file must have one key, dashboards, and under it a list")
    found = [_read(one, f"dashboards[{number}]") for number, one in enumerate(told["dashboards"])]
    names = [one.name for one in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidInput(f"there are two dashboards called {twice!r:.80}: names are how they are known")
    return found


def _read(told: Any, place: str) -> Written:
    if not isinstance(told, dict) or not isinstance(told.get("name"), str):
        raise InvalidInput(f"{place} needs a name")
    if unknown := set(told) - _KEYS:
        raise InvalidInput(f"{place} has no key {min(map(str, unknown))!r:.80}: {', '.join(sorted(_KEYS))}")
    tiles = told.get("tiles") or []
    if not isinstance(tiles, list):
        raise InvalidInput(f"{place}.tiles must be a list")
    placed = [_placed(one, number, f"{place}.tiles[{number}]") for number, one in enumerate(tiles)]
    try:
        body = Body.read({"tiles": placed, "filters": told.get("filters") or {}})
    except InvalidInput as error:
        raise InvalidInput(f"{place}.{error.message}", code=error.code, data=error.data) from None
    return Written(told["name"], body, told.get("default") is True)


def _placed(told: Any, number: int, place: str) -> dict[str, Any]:
    at = told.get("at") if isinstance(told, Mapping) else None
    if not isinstance(at, list) or len(at) != 4:
        raise InvalidInput(f"{place}.at must be [x, y, width, height] on the grid of twelve columns")
    rest = {key: value for key, value in told.items() if key != "at"}
    return {"id": f"t{number + 1}", "tile": rest, **dict(zip("xywh", at, strict=True))}


def entry(written: Written) -> dict[str, Any]:
    """The mapping of one dashboard, as it stands in the file."""
    plain = written.body.plain()
    tiles = [{"at": [one[key] for key in "xywh"], **one["tile"]} for one in plain["tiles"]]
    told: dict[str, Any] = {"name": written.name}
    if written.default:
        told["default"] = True
    if plain["filters"]:
        told["filters"] = plain["filters"]
    return {**told, "tiles": tiles}


def write_dashboards(dashboards: Iterable[Written]) -> str:
    """Read back, it says the same."""
    import yaml

    told = {"dashboards": [entry(one) for one in dashboards]}
    text = yaml.safe_dump(told, allow_unicode=True, sort_keys=False, width=110, default_flow_style=None)
    return HEAD + str(text)
