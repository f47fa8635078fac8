"""What stands on a dashboard: tiles, each with its place on a grid of twelve columns, and filters."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from aftercall.charts.board import Filters
from aftercall.charts.tile import Tile
from aftercall.metrics.strict import Strict

COLUMNS = 12
MOST_TILES = 60
TALLEST = 20


class Placed(Strict):
    """A tile in columns ``x`` to ``x + w`` and rows ``y`` to ``y + h``."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    tile: Tile
    x: Annotated[int, Field(ge=0, lt=COLUMNS)]
    y: Annotated[int, Field(ge=0, le=10_000)]
    w: Annotated[int, Field(ge=1, le=COLUMNS)]
    h: Annotated[int, Field(ge=1, le=TALLEST)]

    @model_validator(mode="after")
    def _inside(self) -> Placed:
        if self.x + self.w > COLUMNS:
            fault = f"sticks out: x + w is {self.x + self.w}, and there are {COLUMNS} columns"
            raise PydanticCustomError("tile", "{fault}", {"fault": fault})
        return self


class Body(Strict):
    """``filters``: what the board opens with; its address may say otherwise."""

    tiles: Annotated[list[Placed], Field(default_factory=list, max_length=MOST_TILES)]
    filters: Filters = Field(default_factory=lambda: Filters(where=[]))

    @model_validator(mode="after")
    def _each_once(self) -> Body:
        ids = [one.id for one in self.tiles]
        twice = next((one for one in ids if ids.count(one) > 1), None)
        if twice is not None:
            raise PydanticCustomError("tile", "{fault}", {"fault": f"has the tile id {twice} twice"})
        return self

    def plain(self) -> dict[str, Any]:
        """JSON that ``read`` makes it from again."""
        return {
            "tiles": [
                {"id": one.id, "tile": one.tile.plain(), "x": one.x, "y": one.y, "w": one.w, "h": one.h}
                for one in self.tiles
            ],
            "filters": self.filters.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        }
