"""What contained conversations save, by the rate that the project sets."""

from __future__ import annotations

from aftercall.errors import InvalidInput
from aftercall.metrics.builtin.containment import contained
from aftercall.metrics.facts import Facts
from aftercall.metrics.scope import Sql


def cost_saved(sql: Sql) -> str:
    """Raises InvalidInput where the project has set no rate: a made-up one would be a made-up number."""
    saving = sql.settings.cost_saved
    if saving is None:
        raise InvalidInput(
            'cost_saved needs a rate: set the project\'s setting metrics.cost_saved, such as {"amount": 4.5}'
            ' for each contained conversation, or {"amount": 0.9, "per": "minute"}.',
            code="COST_SAVED_UNSET",
        )
    amount = sql.values.number(float(saving.amount))
    each = amount if saving.per == "conversation" else f"{amount} * c.agent_duration / 60"
    return f"if({contained(sql)}, {each}, if(isNull({contained(sql)}), NULL, 0))"


COST_SAVED = Facts(
    name="cost_saved",
    display_name="Cost saved",
    definition="What contained conversations would have cost with a person, by the project's own rate.",
    type="number",
    sql=cost_saved,
    unit="currency",
    better="up",
    agg="sum",
    format="currency",
    synonyms=("savings",),
)
FACTS = (COST_SAVED,)
