"""What went wrong technically."""

from __future__ import annotations

from aftercall.metrics.facts import Facts
from aftercall.metrics.query import Measure

FUNCTION_ERRORS = Facts(
    name="function_errors",
    display_name="Function errors",
    definition="Calls of functions that failed.",
    type="integer",
    sql="c.num_function_errors",
    unit="calls",
    better="down",
    agg="sum",
    format="count",
)
FUNCTION_ERROR_RATE = Facts(
    name="function_error_rate",
    display_name="Function error rate",
    definition="Share of all calls of functions that failed.",
    type="ratio",
    unit="%",
    better="down",
    agg="value",
    format="percent",
    means=Measure(
        metric="num_function_errors",
        agg="sum",
        divide_by=Measure(metric="num_function_calls", agg="sum"),
    ),
)
POSTCALL_ERRORS = Facts(
    name="postcall_errors",
    display_name="Post-call errors",
    definition="The newest post-call attempt of the conversation failed.",
    type="boolean",
    sql="c.postcall_status = 'failed'",
    better="down",
    agg="sum",
    format="count",
    synonyms=("failed extractions",),
)
FACTS = (FUNCTION_ERRORS, FUNCTION_ERROR_RATE, POSTCALL_ERRORS)
