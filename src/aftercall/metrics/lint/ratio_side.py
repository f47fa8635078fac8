"""RATIO_SIDE_UNKNOWN: a ratio of something that is not there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from aftercall.metrics.lint.finding import Finding
from aftercall.metrics.lint.subject import Subject
from aftercall.metrics.yaml_write import snippet

CODE = "RATIO_SIDE_UNKNOWN"


def check(subject: Subject) -> Iterator[Finding]:
    known = {spec.name for spec in subject.active} | {
        "conversations",
        *subject.builtins,
        *(subject.used or ()),
    }
    known |= {write.name for write in subject.scan.writes if write.exact} if subject.scan else set()
    for ratio in subject.ratios:
        for side, measure in (("numerator", ratio.numerator), ("denominator", ratio.denominator)):
            name = str(measure.get("metric", "")).rpartition("@")[0] or str(measure.get("metric", ""))
            if name in known:
                continue
            near = difflib.get_close_matches(name, sorted(known), 1)
            yield Finding(
                CODE,
                "error",
                ratio.name,
                f"The {side} of {ratio.name!r} is {name!r}, which nobody declares or writes"
                + (f" (did you mean {near[0]!r}?)." if near else "."),
                "The ratio has no value anywhere: its tile shows nothing, the analyst calls it unknown.",
                "Name a metric that there is.",
                snippet(ratio.name, {side: near[0]}) if near else None,
                subject.place(ratio.name),
            )
