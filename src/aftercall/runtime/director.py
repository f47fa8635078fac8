"""A model that plays the agent of a held call: it chooses functions and words, the project decides the rest.

    director = Director(call, lambda prompt: session.prompt_llm(prompt, return_json=True))
    call.hears("I need an appointment")
    for move in director.answer():
        print(move)

Which model it is, and that it answers with a JSON object, is the business of ``ask``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aftercall.runtime.done import Done
from aftercall.runtime.held import HeldCall
from aftercall.runtime.loaded import FunctionInfo

Ask = Callable[[str], Mapping[str, Any]]

MOST_MOVES = 8
"""Functions and flows between two utterances: a model that never speaks is stopped."""
LONGEST_RULES = 20_000
_REFERENCE = re.compile(r"\{\{\s*(?:fn|ft|entity|attr)\s*:\s*([\w.-]+)\s*\}\}")

PROMPT = """You are the agent in a conversation. Decide what to do next. Answer with one JSON object, one of:
{{"call": "<function>", "arguments": {{...}}}}   to call one of the functions below
{{"enter": "<flow>"}}                            to enter one of the flows below
{{"say": "<what you say>"}}                      to speak; then it is the caller's turn

{rules}
Flows:
{flows}

Functions you can call now:
{functions}

{where}
The conversation so far:
{history}

What you did since the caller spoke, and what came of it:
{done}
"""


@dataclass(frozen=True, slots=True)
class Move:
    kind: Literal["call", "enter", "say"]
    text: str
    """The function, the flow, or what was said."""
    done: Done | None = None
    """Of a function."""


class Director:
    def __init__(self, call: HeldCall, ask: Ask) -> None:
        self._call = call
        self._ask = ask
        self._rules = self._read_rules()

    def answer(self) -> Iterator[Move]:
        """The agent's moves up to its next words, each once it is made. Raises what ``ask`` raises."""
        call = self._call
        done: list[str] = []
        for _ in range(MOST_MOVES):
            told = self._ask(self._prompt(done))
            if isinstance(told.get("call"), str):
                result = self._run(told["call"], told.get("arguments"), done)
                if result is not None:
                    yield Move("call", told["call"], result)
                if call.is_over:
                    return
            elif isinstance(told.get("enter"), str):
                call.enters(told["enter"])
                done.append(f"entered the flow {told['enter']}")
                yield Move("enter", told["enter"])
            else:
                yield self._say(str(told.get("say") or "Sorry, could you say that again?"))
                return
        yield self._say("Sorry, could you say that again?")

    def _say(self, text: str) -> Move:
        self._call.says(text)
        return Move("say", text)

    def _run(self, name: str, arguments: Any, done: list[str]) -> Done | None:
        known = [item.name for item in self._call.functions]
        if name not in known:
            done.append(f"{name}: there is no such function here. There are: {', '.join(known)}")
            return None
        told = arguments if isinstance(arguments, Mapping) else {}
        result = self._call.calls(name, told)
        done.append(f"{name}({json.dumps(dict(told))}): {result.content or 'done'}")
        return result

    def _prompt(self, done: list[str]) -> str:
        call = self._call
        said = [
            f"{'Caller' if event['speaker'] == 'user' else 'You'}: {event['text']}"
            for event in call.of_kind("turn")
        ]
        flows = [f"- {flow.name}: {flow.description}" for flow in call.layout.flows]
        return PROMPT.format(
            rules=self._rules,
            flows="\n".join(flows) or "none",
            functions="\n".join(map(_described, call.functions)) or "none",
            where=self._where(),
            history="\n".join(said) or "(nothing yet)",
            done="\n".join(done) or "(nothing yet)",
        )

    def _where(self) -> str:
        call = self._call
        flow = next(
            (flow for flow in call.layout.flows if call.current_flow in (flow.name, flow.folder)), None
        )
        if flow is None:
            return "You are in no flow."
        step = next((step for step in flow.steps if step.name == call.current_step), None)
        told = _REFERENCE.sub(r"\1", str(step.data.get("prompt") or "")) if step is not None else ""
        return f"You are in the flow {flow.name}, at the step {call.current_step}. {told}".rstrip() + "\n"

    def _read_rules(self) -> str:
        path = self._call.layout.root / "agent_settings" / "rules.txt"
        if not path.is_file():
            return ""
        return (
            _REFERENCE.sub(r"\1", path.read_text(encoding="utf-8", errors="replace")[:LONGEST_RULES]) + "\n"
        )


def _described(item: FunctionInfo) -> str:
    lines = [f"- {item.name}: {item.description}"]
    lines += [f"    {each.name} ({each.type or 'any'}): {each.description}" for each in item.parameters]
    return "\n".join(lines)
