"""Agent projects written for one test, and a pool whose workers end with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from aftercall.runtime import Agent, Host, Limits, Outcome, Pool, Snapshot, in_place

NewProject = Callable[[Mapping[str, str]], Path]

GEN = "from _gen import *  # <AUTO GENERATED>\n"
QUICK = replace(Limits(), seconds=20.0, load_seconds=20.0)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def new_project(tmp_path: Path) -> NewProject:
    """``new_project({file: source})``: its folder. Sources of functions begin with the platform's line."""

    def make(files: Mapping[str, str]) -> Path:
        folder = tmp_path / f"project-{len(list(tmp_path.glob('project-*')))}"
        folder.mkdir()
        for name, source in {"project.yaml": "project_id: p-1\naccount_id: a-1\n", **files}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = dedent(source).lstrip("\n")
            path.write_text(GEN + text if name.endswith(".py") and "_gen" not in text else text)
        return folder

    return make


@pytest.fixture
def pool(home: Path) -> Iterator[Pool]:
    with Pool(home, limits=QUICK) as running:
        yield running


class Runner:
    """One project in one pool."""

    def __init__(self, pool: Pool, agent: Agent) -> None:
        self.pool = pool
        self.agent = agent

    def __call__(self, name: str, *args: Any, snapshot: Snapshot | None = None, **options: Any) -> Outcome:
        return self.pool.call(
            self.agent,
            name,
            snapshot or Snapshot.of("call-1"),
            args=args,
            host=options.pop("host", Host()),
            **options,
        )


NewRunner = Callable[..., Runner]


@pytest.fixture
def runner(pool: Pool, new_project: NewProject) -> NewRunner:
    """``runner(end_function="def end_function(conv): ...")``: by names of functions, or by files as keyword
    ``files``."""

    def make(files: Mapping[str, str] | None = None, **functions: str) -> Runner:
        told = {f"functions/{name}.py": source for name, source in functions.items()}
        return Runner(pool, in_place(new_project({**told, **(files or {})})))

    return make


def metrics(outcome: Outcome) -> dict[str, Any]:
    """Name -> value of the metrics written; ``...`` for no value at all."""
    return {e["name"]: e.get("value", ...) for e in outcome.events if e["kind"] == "metric"}


def of_kind(outcome: Outcome, kind: str) -> list[dict[str, Any]]:
    """Events of a kind without what every event has."""
    common = {"id", "conversation_id", "at", "source", "kind"}
    return [
        {key: value for key, value in event.items() if key not in common}
        for event in outcome.events
        if event["kind"] == kind
    ]
