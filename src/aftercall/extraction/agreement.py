"""Agent says, transcript says: two values of one outcome, compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from aftercall.model.values import MetricType, NotCoercible, coerce

Agreement = Literal["agree", "disagree", "only_agent", "only_extraction", "neither"]


def compare(
    agent: Any,
    extraction: Any,
    type: MetricType,
    options: Sequence[str] = (),
    *,
    silent_is_false: bool = True,
) -> Agreement:
    """``agent``, ``extraction``: the two values as written; None: nothing known, or nothing written.

    Agents write only what is true (``write_metric("BOOKED")``): with ``silent_is_false`` an agent's silence
    on a boolean agrees with an extracted false, and contradicts an extracted true. A value that does not fit
    the type counts as nothing. Texts are the same when their words are; a number may differ by a millionth.
    """
    said, read = (_known(value, type, options) for value in (agent, extraction))
    if silent_is_false and type == "boolean" and said is None and agent is None and read is not None:
        said = False
    if said is None or read is None:
        return "neither" if said is read else "only_extraction" if said is None else "only_agent"
    return "agree" if _same(said, read) else "disagree"


def _known(value: Any, type: MetricType, options: Sequence[str]) -> Any:
    if value is None:
        return None
    try:
        return coerce(value, type, options)
    except NotCoercible:
        return None


def _same(said: Any, read: Any) -> bool:
    if isinstance(said, str):
        return said.casefold().split() == str(read).casefold().split()
    if isinstance(said, bool):
        return said is read
    return bool(abs(said - read) <= 1e-6 * max(1.0, abs(said), abs(read)))
