"""Runs the functions of agent projects, each version in warm child processes of its own.

    agent = add(home, "clinic", Path("clinic")).agent
    with Pool(home) as pool:
        outcome = pool.end(agent, Snapshot.of("call-1", events))

See docs/agents.md.
"""

from __future__ import annotations

from aftercall.runtime.agents import Added, Agent, Entry, add, checked, find, in_place, projects, versions
from aftercall.runtime.check import check
from aftercall.runtime.extracted import Extracted
from aftercall.runtime.host import Host, Prompt
from aftercall.runtime.layout import Layout
from aftercall.runtime.limits import Limits
from aftercall.runtime.loaded import FunctionInfo, Loaded, Parameter
from aftercall.runtime.outcome import Outcome
from aftercall.runtime.pool import Pool
from aftercall.runtime.problem import Problem
from aftercall.runtime.snapshot import Snapshot

__all__ = [
    "Added",
    "Agent",
    "Entry",
    "Extracted",
    "FunctionInfo",
    "Host",
    "Layout",
    "Limits",
    "Loaded",
    "Outcome",
    "Parameter",
    "Pool",
    "Problem",
    "Prompt",
    "Snapshot",
    "add",
    "check",
    "checked",
    "find",
    "in_place",
    "projects",
    "versions",
]
