"""Where what the agent wrote and what was extracted after the call say different things.

Of one metric: ``X@disagreement``. Of all metrics that both wrote in a conversation: ``disagreement``.
Unknown where no metric has a usable value of both.
"""

from __future__ import annotations

from aftercall.metrics.facts import Facts
from aftercall.metrics.query import Measure
from aftercall.metrics.scope import Sql

# The last place of a name's writes by one source; 0 where it wrote none.
_LAST = "arrayLastIndex((w, s) -> w = {name} AND s = '{source}', c.write_names, c.write_sources)"
_BOTH = (
    "c.write_types[{agent}] NOT IN ('', 'null', 'invalid')"
    " AND c.write_types[{extraction}] NOT IN ('', 'null', 'invalid')"
)
# Numbers as numbers: an unregistered 2 and 2.0 have different texts.
_DIFFER = (
    "if(c.write_types[{agent}] = 'text' OR c.write_types[{extraction}] = 'text',"
    " c.write_texts[{agent}] != c.write_texts[{extraction}],"
    " c.write_numbers[{agent}] != c.write_numbers[{extraction}])"
)
_NAMES = "arrayDistinct(c.write_names)"
_ANY_BOTH = "has(c.write_sources, 'agent') AND has(c.write_sources, 'extraction')"


def _of(template: str, name: str) -> str:
    agent, extraction = (_LAST.format(name=name, source=each) for each in ("agent", "extraction"))
    return template.format(agent=agent, extraction=extraction)


def disagreement_of(name: str) -> str:
    """Of the metric whose name this placeholder stands for."""
    return f"if({_of(_BOTH, name)}, {_of(_DIFFER, name)}, NULL)"


def disagreement(_: Sql) -> str:
    both, differ = _of(_BOTH, "name"), _of(_DIFFER, "name")
    compared = f"arrayExists(name -> {both}, {_NAMES})"
    return (
        f"multiIf(NOT ({_ANY_BOTH}), NULL, NOT {compared}, NULL,"
        f" arrayExists(name -> {both} AND {differ}, {_NAMES}))"
    )


DISAGREEMENT = Facts(
    name="disagreement",
    display_name="Disagreement",
    definition="For at least one metric the agent wrote another value than was extracted after the call."
    " X@disagreement is the same of the metric X alone.",
    type="boolean",
    sql=disagreement,
    better="down",
    agg="rate",
    base="known",
)
DISAGREEMENT_RATE = Facts(
    name="disagreement_rate",
    display_name="Disagreement rate",
    definition="Share of the conversations in which agent and extraction can be compared and differ.",
    type="ratio",
    unit="%",
    better="down",
    agg="value",
    format="percent",
    means=Measure(metric="disagreement", agg="rate", base="known"),
)
FACTS = (DISAGREEMENT, DISAGREEMENT_RATE)
