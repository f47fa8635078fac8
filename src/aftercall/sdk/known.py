"""What is known of the conversation as a whole: told at its start, learned or corrected later."""

from __future__ import annotations

from typing import Any

from aftercall.model.events import Start, Update
from aftercall.sdk.facts import Problems, read_facts, read_time
from aftercall.sdk.harmless import harmless
from aftercall.sdk.recorder import Recorder

DEFAULTS = {"channel": "voice", "environment": "live"}


class Fact:
    """A fact as an attribute, readable only."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, conversation: Known | None, owner: type[Known]) -> Any:
        return self if conversation is None else conversation._facts.get(self._name)

    def __set__(self, conversation: Known, value: object) -> None:
        raise AttributeError(f"{self._name} is told at the start or with update({self._name}=...)")


class Known(Recorder):
    started = False
    _facts: dict[str, Any]

    channel = channel_type = Fact("channel")
    environment = env = Fact("environment")
    direction = Fact("direction")
    from_number = caller_number = Fact("from_number")
    to_number = callee_number = Fact("to_number")
    language = Fact("language")
    variant_id = Fact("variant_id")
    variant_name = Fact("variant_name")
    agent_version = Fact("agent_version")
    tags = Fact("tags")
    attributes = integration_attributes = Fact("attributes")

    @harmless("")
    def start(self, /, at: Any = None, **facts: Any) -> str:
        """The conversation begins, with the facts known now. Returns the event's id."""
        problems = Problems([])
        when = read_time(at, "at", problems)
        self._facts.update(read_facts(facts, problems))
        self._complain("start", problems)
        self.started, self._silent = True, False
        return self._record(Start, at=when, **self._facts)

    @harmless("")
    def update(self, /, *, at: Any = None, **facts: Any) -> str:
        """A fact learned or changed on the way: ``update(tags=["vip"], language="en-GB")``. ``tags`` and
        ``attributes`` replace what was told before. Returns the event's id."""
        return self._update("update", at, facts)

    @harmless("")
    def correct_start(self, /, started_at: Any, **facts: Any) -> str:
        """The conversation began at another moment than told: it moves there. Returns the event's id."""
        return self._update("correct_start", None, {"started_at": started_at, **facts})

    @harmless(None)
    def set_language(self, language: str) -> None:
        """From here on in this language (BCP 47, such as en-GB)."""
        self._update("set_language", None, {"language": language})

    @harmless(None)
    def set_variant(self, variant: str) -> None:
        """From here on this variant of the agent, by name."""
        self._update("set_variant", None, {"variant_name": variant})

    def _update(self, where: str, at: Any, facts: dict[str, Any]) -> str:
        problems = Problems([])
        when = read_time(at, "at", problems)
        told = read_facts(facts, problems)
        self._complain(where, problems)
        self._facts.update({name: value for name, value in told.items() if name != "started_at"})
        return self._record(Update, at=when, **told)

    def _break_silence(self) -> None:
        """Never started here (another process did, or nobody): what this one was told is still worth telling,
        but not that the conversation began now."""
        told = {name: value for name, value in self._facts.items() if DEFAULTS.get(name) != value}
        if told:
            self._record(Update, **told)
