"""What no rule can say in words: how somebody feels, and what the call was about in its own sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aftercall.extraction.call import Call
from aftercall.extraction.rules.decision import Decision
from aftercall.extraction.rules.sentiment import sentiment
from aftercall.extraction.rules.summary import summary

COMPUTED: Mapping[str, Callable[[Call], Decision]] = {"sentiment": sentiment, "summary": summary}
