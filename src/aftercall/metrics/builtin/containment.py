"""Whether the agent dealt with it alone: contained, handed off, or left by the caller.

abandoned   over, not handed off, and the user never said a word
contained   over and not handed off; what abandoned ones are, the project's settings say
            (``metrics.abandons_count_as``: contained | not_contained | excluded)
"""

from __future__ import annotations

from aftercall.metrics.facts import Facts
from aftercall.metrics.query import Measure
from aftercall.metrics.scope import Sql

_ABANDONED = "(NOT c.handoff AND c.num_user_words = 0)"
_OVER = "NOT c.in_progress"


def contained(sql: Sql) -> str:
    counts_as = sql.settings.abandons_count_as
    if counts_as == "contained":  # what it is by itself
        return "if(c.in_progress, NULL, NOT c.handoff)"
    return f"multiIf(c.in_progress, NULL, c.handoff, false, {_ABANDONED}, {_OTHERWISE[counts_as]}, true)"


_OTHERWISE = {"not_contained": "false", "excluded": "NULL"}


def _is_contained(sql: Sql) -> str:
    if sql.settings.abandons_count_as == "contained":
        return f"({_OVER} AND NOT c.handoff)"
    return f"({_OVER} AND NOT c.handoff AND c.num_user_words != 0)"


def _is_told(sql: Sql) -> str:
    return f"({_OVER} AND NOT {_ABANDONED})" if sql.settings.abandons_count_as == "excluded" else _OVER


CONTAINED = Facts(
    name="contained",
    display_name="Contained",
    definition="The conversation is over and was not handed off. Unknown while in progress.",
    type="boolean",
    sql=contained,
    true=_is_contained,
    known=_is_told,
    better="up",
    agg="rate",
    base="known",
)
CONTAINMENT = Facts(
    name="containment",
    display_name="Containment",
    definition="Share of the conversations that are over which the agent dealt with without a handoff.",
    type="ratio",
    unit="%",
    better="up",
    agg="value",
    format="percent",
    means=Measure(metric="contained", agg="rate", base="known"),
    synonyms=("containment rate", "automation rate", "deflection"),
)
ABANDONED = Facts(
    name="abandoned",
    display_name="Abandoned",
    definition="Over without a handoff, and the user never said a word. Unknown while in progress.",
    type="boolean",
    sql=f"if(c.in_progress, NULL, {_ABANDONED})",
    true=f"({_OVER} AND {_ABANDONED})",
    known=_OVER,
    better="down",
    agg="rate",
    base="known",
)
ABANDONMENT = Facts(
    name="abandonment",
    display_name="Abandonment",
    definition="Share of the conversations that are over in which the user never said a word.",
    type="ratio",
    unit="%",
    better="down",
    agg="value",
    format="percent",
    means=Measure(metric="abandoned", agg="rate", base="known"),
    synonyms=("abandon rate", "hang-ups"),
)
HANDOFF = Facts(
    name="handoff",
    display_name="Handed off",
    definition="The conversation went to a person or another line.",
    type="boolean",
    sql="c.handoff",
    better="down",
    agg="rate",
    synonyms=("handoff rate", "transfer", "escalated to a person"),
)
FACTS = (CONTAINED, CONTAINMENT, ABANDONED, ABANDONMENT, HANDOFF)
