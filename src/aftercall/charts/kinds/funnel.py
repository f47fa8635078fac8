"""A funnel: each step a bar, with the share that is left of the first and of the step before."""

from __future__ import annotations

from aftercall.charts.kinds.parts import TIP, Spec
from aftercall.charts.marks import WHOLE
from aftercall.charts.theme import colour
from aftercall.charts.tile import Tile
from aftercall.charts.value import Format
from aftercall.metrics.answer import Answer

ANY_ORDER = "Each step also came through the steps before it, in any order within the call."


def spec(tile: Tile, answer: Answer) -> Spec:
    names = [column.name for column in answer.columns if column.role == "measure"]
    labels = [step.label for step in tile.steps]
    counts = [int(answer.totals[name] or 0) for name in names]
    shown = Format("count", tile.decimals, "", tile.suffix)
    values = []
    for at, (label, count) in enumerate(zip(labels, counts, strict=True)):
        first = f"{count / counts[0]:.0%}" if counts[0] else "–"
        lost = f", {count / counts[at - 1]:.0%} of the step before" if at and counts[at - 1] else ""
        text = shown.text(count)
        tip = f"{label}\n{text}: {first} of the first step{lost}"
        words = f"{text}   {first}"
        values.append({"o": at, "x": label, "y": count, "t": words, "tip": tip, "c": [WHOLE, at, 0]})
    # By number, not by name: two steps may be called the same.
    y: Spec = {"field": "o", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0.45}}
    room = max(counts) * 1.35 if max(counts) else 1
    x: Spec = {"field": "y", "type": "quantitative", "axis": None, "scale": {"domain": [0, room]}}
    bar: Spec = {"type": "bar", "cursor": "pointer", "minBandSize": 2}
    words_mark: Spec = {"type": "text", "align": "left", "dx": 6, "tooltip": None, "fontWeight": 600}
    above_mark: Spec = {"type": "text", "align": "left", "baseline": "bottom", "tooltip": None, "limit": 420}
    above = {"y": {**y, "bandPosition": -0.12}, "x": {"value": 0}, "text": {"field": "x"}}
    return {
        "data": {"values": values},
        "layer": [
            {"mark": bar, "encoding": {"x": x, "y": y, "color": _shade(tile), "tooltip": TIP}},
            {"mark": words_mark, "encoding": {"x": x, "y": y, "text": {"field": "t"}}},
            {"mark": above_mark, "encoding": above},
        ],
    }


def _shade(tile: Tile) -> Spec:
    return {"value": colour(tile.colour or 1)}
