"""Agent says, transcript says."""

from __future__ import annotations

from typing import Any

import pytest

from aftercall.extraction import compare


@pytest.mark.parametrize(
    ("agent", "extraction", "type_", "told"),
    [
        (True, True, "boolean", "agree"),
        (True, False, "boolean", "disagree"),
        (None, True, "boolean", "disagree"),
        (None, False, "boolean", "agree"),
        (True, None, "boolean", "only_agent"),
        (None, None, "boolean", "neither"),
        ("maybe", True, "boolean", "only_extraction"),
        ("Billing", "billing", "categorical", "agree"),
        ("booking", "billing", "categorical", "disagree"),
        (None, "billing", "categorical", "only_extraction"),
        ("2", 2, "integer", "agree"),
        (2, 3, "integer", "disagree"),
        (0.1 + 0.2, 0.3, "number", "agree"),
        ("No  appetite", "no appetite", "text", "agree"),
        ("weather", None, "categorical", "neither"),
    ],
)
def test_compare(agent: Any, extraction: Any, type_: Any, told: str) -> None:
    assert compare(agent, extraction, type_, ("billing", "booking")) == told


def test_silence_can_mean_nothing() -> None:
    assert compare(None, True, "boolean", silent_is_false=False) == "only_extraction"
