"""The metrics every project has. Each is one object with all its facts; see facts.py.

counts.py containment.py times.py speech.py trouble.py money.py repeat.py disagreement.py   metrics
columns.py   the columns of the wide table, as fields
"""

from __future__ import annotations

from collections.abc import Mapping

from aftercall.metrics.builtin import (
    columns,
    containment,
    counts,
    disagreement,
    money,
    repeat,
    speech,
    times,
    trouble,
)
from aftercall.metrics.builtin.columns import SHORT_NAMES
from aftercall.metrics.facts import Facts

__all__ = ["BY_NAME", "FIELDS", "METRICS", "SHORT_NAMES"]

METRICS: tuple[Facts, ...] = tuple(
    facts
    for topic in (counts, containment, times, speech, trouble, repeat, disagreement, money)
    for facts in topic.FACTS
)
"""What people ask for, in the order in which it is listed."""

_OWN = frozenset(facts.name for facts in METRICS)
FIELDS: tuple[Facts, ...] = tuple(
    facts for facts in (*columns.FACTS, *columns.CLOCK) if facts.name not in _OWN
)
"""What there is beside them to filter and group by."""

BY_NAME: Mapping[str, Facts] = {facts.name: facts for facts in (*FIELDS, *METRICS)}
