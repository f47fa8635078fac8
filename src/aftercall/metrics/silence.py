"""Of which metrics an agent's silence says no, where agent and extraction are compared.

Agents write only what is true: ``write_metric("BOOKED")``, and nothing where nothing was booked. So of a
boolean that both write, a call without a write of the agent's disagrees with an extracted true, and agrees
with an extracted false. Both write it where it is declared with an ``extract:`` (or extraction is among its
expected sources), and agent is among its expected sources or, where these are left open, has written it to
any call of the project. An explicit null of the agent's is no silence: it says that nothing is known.
"""

from __future__ import annotations

import time

from aftercall.catalog.definitions import MetricDefinition, Registry
from aftercall.metrics.operands import Disagreement
from aftercall.metrics.plan import Plan
from aftercall.store.engine import Engine
from aftercall.store.schema import wide_table

_BY_AGENT = """\
SELECT 1 FROM {table}
WHERE arrayExists((n, s) -> n = {{name:String}} AND s = 'agent', write_names, write_sources) LIMIT 1"""
_FRESH_S = 60.0
"""How old it may be that no agent has written a metric: to find none the whole table is looked at."""


class Silence:
    """Thread-safe: what is looked up twice does no harm."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._looked: dict[tuple[int, str], tuple[bool, float]] = {}

    def names(self, plan: Plan, registry: Registry) -> tuple[str, ...]:
        """Nothing is looked up for a question that compares nothing."""
        if not any(
            isinstance(one, Disagreement) or one.facts.name == "disagreement" for one in plan.operands()
        ):
            return ()
        return tuple(one.name for one in registry.metrics if self._both_write(one))

    def _both_write(self, metric: MetricDefinition) -> bool:
        if metric.type != "boolean" or not metric.active:
            return False
        expected = metric.expected_sources
        if not metric.extraction and "extraction" not in expected:
            return False
        return "agent" in expected if expected else self._agent_wrote(metric.project_id, metric.name)

    def _agent_wrote(self, project_id: int, name: str) -> bool:
        found, until = self._looked.get((project_id, name), (False, 0.0))
        if not found and time.monotonic() >= until:
            found = bool(self._engine.select(_BY_AGENT.format(table=wide_table(project_id)), {"name": name}))
            self._looked[project_id, name] = (found, time.monotonic() + _FRESH_S)
        return found
