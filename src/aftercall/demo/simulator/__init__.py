"""Simulated callers of the example's dental clinic, answered by the example's own functions.

    for events in past(until=now_ms()):    # two months, one list of wire events per call
        ...

past.py, live.py            calls of the past, calls that happen now; feed.py sends them to a server
plan.py, rhythm.py          who calls when, about what, and what goes wrong; people.py: the callers
discoveries.py              what is hidden in it
stage.py                    one call on its own clock
scenes.py and the files it imports, manners.py      what happens in a call
grammar.py, slips.py, words.py                      reads language/*.txt and makes speech of it
company.py                  the agent project, loaded; worker.py, crew.py, orders.py: in own processes
"""

from __future__ import annotations

from aftercall.demo.simulator.live import live
from aftercall.demo.simulator.past import past

__all__ = ["live", "past"]
