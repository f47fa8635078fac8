"""Where what the agent wrote and what was extracted after the call say different things.

Of one metric: ``X@disagreement``. Of all metrics that both wrote in a conversation: ``disagreement``.
Unknown where no metric has a usable value of both; of which booleans an agent's silence is a value, namely
no, is in silence.py.
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
# The agent said nothing, and what was extracted is known.
_SILENT = "c.write_types[{agent}] = '' AND c.write_types[{extraction}] NOT IN ('', 'null', 'invalid')"
_READ = "c.write_numbers[{extraction}] = 1"
_NAMES = "arrayDistinct(c.write_names)"
_ANY_BOTH = "has(c.write_sources, 'agent') AND has(c.write_sources, 'extraction')"


def _of(template: str, name: str) -> str:
    agent, extraction = (_LAST.format(name=name, source=each) for each in ("agent", "extraction"))
    return template.format(agent=agent, extraction=extraction)


def disagreement_of(name: str, *, says_no: bool = False) -> str:
    """Of the metric whose name this placeholder stands for. ``says_no``: an agent's silence does."""
    both, differ = _of(_BOTH, name), _of(_DIFFER, name)
    silent = f"{_of(_SILENT, name)}, {_of(_READ, name)}, " if says_no else ""
    return f"multiIf({silent}{both}, {differ}, NULL)"


def disagreement(sql: Sql) -> str:
    if sql.says_no:
        return _with_silence(sql.values.texts(sql.says_no))
    both, differ = _of(_BOTH, "name"), _of(_DIFFER, "name")
    compared = f"arrayExists(name -> {both}, {_NAMES})"
    return (
        f"multiIf(NOT ({_ANY_BOTH}), NULL, NOT {compared}, NULL,"
        f" arrayExists(name -> {both} AND {differ}, {_NAMES}))"
    )


def _with_silence(names: str) -> str:
    both, differ = _of(_BOTH, "name"), _of(_DIFFER, "name")
    silent, read = f"has({names}, name) AND {_of(_SILENT, 'name')}", _of(_READ, "name")
    compared = f"arrayExists(name -> ({both}) OR ({silent}), {_NAMES})"
    differing = f"arrayExists(name -> ({both} AND {differ}) OR ({silent} AND {read}), {_NAMES})"
    return f"multiIf(NOT has(c.write_sources, 'extraction'), NULL, NOT {compared}, NULL, {differing})"


DISAGREEMENT = Facts(
    name="disagreement",
    display_name="Disagreement",
    definition="For at least one metric the agent wrote another value than was extracted after the call."
    " X@disagreement is the same of the metric X alone. Of a boolean that both write silence says no.",
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
