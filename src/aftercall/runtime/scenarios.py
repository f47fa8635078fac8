"""Runs a project's scenarios in seconds, without a server or a model: for a developer and for their CI.

for result in run_scenarios(Path("clinic")):
    print(result.name, "ok" if result.ok else result.problems)
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aftercall.errors import InvalidInput
from aftercall.model.times import now_ms
from aftercall.runtime.agents import Agent, in_place
from aftercall.runtime.done import Done
from aftercall.runtime.expectations import problems_of, returned
from aftercall.runtime.extracted import Extracted
from aftercall.runtime.held import Event, HeldCall
from aftercall.runtime.host import Host, Prompt
from aftercall.runtime.pool import Pool
from aftercall.runtime.scenario import Scenario, Step, read


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    file: str
    name: str
    problems: list[str] = field(default_factory=list)
    """What did not come as written, in the order in which it was noticed. Empty: all did."""
    metrics: dict[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    """The whole call as wire events, for whoever wants to see why."""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return not self.problems


def run_scenarios(
    folder: Path,
    *,
    only: str | None = None,
    python: str | Path | None = None,
    report: Callable[[ScenarioResult], None] | None = None,
) -> list[ScenarioResult]:
    """Every ``scenarios/*.yaml`` of the project, in order of their names; ``only``: those whose file or name
    has this in it. ``report`` is told of each as soon as it is done.

    Raises InvalidInput: AGENT_NOT_FOUND where there is no project, SCENARIOS_MISSING where there are none, or
    none of that name. A scenario that cannot be read is a result with that problem.
    """
    agent = in_place(folder, python=python)
    files = sorted([*(folder / "scenarios").glob("*.yaml"), *(folder / "scenarios").glob("*.yml")])
    results = []
    with tempfile.TemporaryDirectory(prefix="aftercall-test-") as home, Pool(Path(home)) as pool:
        for path in files:
            result = _run(pool, agent, path, only)
            if result is not None:
                results.append(result)
                if report is not None:
                    report(result)
    if not results:
        named = f" with {only!r} in their name" if only else ""
        raise InvalidInput(f"{folder}/scenarios has no scenarios{named}", code="SCENARIOS_MISSING")
    return results


def _run(pool: Pool, agent: Agent, path: Path, only: str | None) -> ScenarioResult | None:
    began = time.monotonic()
    try:
        scenario = read(path)
    except InvalidInput as error:
        broken = ScenarioResult(path.name, path.stem, [error.message])
        return broken if _is_wanted(path.name, only) else None
    if not _is_wanted(f"{scenario.file} {scenario.name}", only):
        return None
    facts: dict[str, Any] = scenario.facts
    call = HeldCall(
        pool,
        agent,
        host=host_of(scenario),
        attributes=scenario.attributes,
        real_time_config=scenario.config,
        **facts,
    )
    problems = _play(scenario, call)
    return ScenarioResult(
        scenario.file, scenario.name, problems, call.metrics, call.events, time.monotonic() - began
    )


def _is_wanted(name: str, only: str | None) -> bool:
    return only is None or only.lower() in name.lower()


def _play(scenario: Scenario, call: HeldCall) -> list[str]:
    problems: list[str] = []
    started = call.begin()
    if started is not None and not started.ok:
        problems.append(f"start_function failed: {started.error}")
    for number, step in enumerate(scenario.steps, 1):
        problems += [f"step {number} ({step.kind} {step.text}): {told}" for told in _do(step, call)]
    ended = call.ends()
    return problems + problems_of(scenario.expect, call, ended)


def _do(step: Step, call: HeldCall) -> list[str]:
    if step.kind == "user":
        call.hears(step.text)
    elif step.kind == "agent":
        call.says(step.text)
    elif step.kind == "goto":
        call.enters(step.text)
    else:
        return _judge(step, call.calls(step.text, step.arguments, flow=step.flow))
    return []


def _judge(step: Step, done: Done) -> list[str]:
    failed = next((o for o in (done.outcome, *(o for _, o in done.steps)) if not o.ok), None)
    if step.fails is not None:
        if failed is None:
            return [f"it should have failed with {step.fails!r}, and returned {done.outcome.value!r}"]
        error = failed.error or ""
        return [] if step.fails in error else [f"it failed with {error!r}, not with {step.fails!r}"]
    if failed is not None:
        return [f"it failed: {failed.error}" + (f"\n{failed.traceback}" if failed.traceback else "")]
    return [] if step.returns is None else returned(step.returns, done)


def host_of(scenario: Scenario) -> Host:
    """Answers what the functions ask: of the scenario's model, if it has one, and its secrets."""
    return Host(
        prompt_llm=None if scenario.model is None else lambda prompt: answer_of(scenario.model, prompt),
        get_secret=lambda name: scenario.secrets[name],
        extract=found_by(scenario.model) if isinstance(scenario.model, Mapping) else None,
    )


def found_by(model: Mapping[str, Any]) -> Callable[[Mapping[str, Any], int], Extracted]:
    """What ``conv.extract`` finds: the scenario's answer of each name, as it stands there."""

    def extract(fields: Mapping[str, Any], position: int) -> Extracted:
        answers: dict[str, Any] = {}
        events: list[dict[str, Any]] = []
        for name in map(str, fields):
            value = model.get(name)
            status = "unknown" if value is None else "ok"
            told = {"status": status, "extractor": "scenario"}
            answers[name] = {"value": value, "reason": "as the scenario says", "evidence": [], **told}
            event = {"kind": "metric", "id": f"extract-{position}-{name}", "at": now_ms(), "name": name}
            events.append({**event, "value": value, "source": "extraction", "lineage": told})
        return Extracted(answers, events)

    return extract


def answer_of(model: Any, prompt: Prompt) -> Any:
    """Raises LookupError where a list has no answer to this prompt."""
    if not isinstance(model, list):
        return model
    for item in model:
        if isinstance(item, Mapping) and str(item.get("when", "")) in prompt.prompt:
            return item.get("answer")
    raise LookupError(f"the scenario's model has no answer to: {prompt.prompt[:200]}")
