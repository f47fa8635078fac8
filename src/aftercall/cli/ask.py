"""``aftercall ask``: a question in plain words; how it was understood, the answer, a table."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from aftercall.cli.options import Json, Project

if TYPE_CHECKING:
    from aftercall.analyst.access import Transcript
    from aftercall.analyst.answer import Answered
    from aftercall.analyst.deep import Reading
    from aftercall.analyst.planner import Plan
    from aftercall.cli.api import Api
    from aftercall.metrics.answer import Answer, BehindPage
    from aftercall.metrics.facts import Facts
    from aftercall.metrics.query import Drill, Query


def ask(
    questions: Annotated[
        list[str], typer.Argument(metavar="QUESTION...", help="Further ones follow up on the one before.")
    ],
    read: Annotated[
        int | None,
        typer.Option(min=1, max=2_000, help="Of a why: read so many conversations, drawn at random."),
    ] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Ask in plain words: aftercall ask "What are the top call reasons this week?" "only Spanish" """
    from aftercall.analyst.answer import Analyst
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document

    with connect() as api:
        access = Remote(api, api.project(project))
        analyst = Analyst(access)
        previous = None
        answered = []
        readings = []
        for question in questions:
            answered.append(analyst.ask(question, previous))
            plan = answered[-1].plan
            previous = plan if plan.frame is not None else previous
            readings.append(_read(access, plan, read) if plan.kind == "why" and read else None)
    if json:
        told = [
            {**one.plain(), **({} if found is None else {"reading": found.plain()})}
            for one, found in zip(answered, readings, strict=True)
        ]
        return document(told[0] if len(told) == 1 else told)
    for one, found in zip(answered, readings, strict=True):
        _print(one, several=len(answered) > 1)
        if found is not None:
            _print_reading(found)
    return None


def _read(access: Remote, plan: Plan, size: int) -> Reading:
    from aftercall.analyst.deep import read
    from aftercall.cli.output import note

    def told(done: int, of: int) -> bool:
        note(f"read {done} of {of}")
        return True

    assert plan.query is not None
    return read(access, plan.query, size=size, progress=told)


def _print_reading(found: Reading) -> None:
    from aftercall.cli.output import say, table

    say(
        f"read {found.read:,} of a pool of {found.pool:,} conversations, drawn at random with seed"
        f" {found.seed}; between the two numbers for the pool it lies 95 times of 100"
    )
    rows = [
        (
            ", ".join(one.theme.terms),
            one.estimate.found,
            *one.estimate.conversations,
            " / ".join(quote.text for quote in one.theme.quotes[:1]),
        )
        for one in found.themes
    ]
    table(
        "", ("theme", "#read", "#at least", "#at most", "somebody said"), rows, empty="no themes were found"
    )


def _print(answered: Answered, *, several: bool) -> None:
    import msgspec

    from aftercall.cli.output import say, shown, table
    from aftercall.cli.query_table import print_answer

    plan = answered.plan
    if several:
        say(f"> {plan.question}")
    if plan.understood:
        say("understood: " + "; ".join(f"{one.text} = {one.means}" for one in plan.understood))
    for line in answered.text.splitlines():
        say(line)
    if answered.conversations:
        rows = [(one.id, one.started_at, one.channel or "") for one in answered.conversations]
        table("", ("conversation", "started", "channel"), rows, empty="none")
    elif answered.answer is not None and len(answered.answer.rows) > 1:
        print_answer(msgspec.to_builtins(answered.answer))
    if plan.query is not None:
        say(f"query: {shown(msgspec.json.encode(plan.query.plain()).decode())}")


_AGGS: dict[str, Any] = {"boolean": "rate", "number": "avg", "integer": "avg", "ratio": "value"}
"""What is meant of a metric where a question names no aggregation: as metrics/names.py has it."""


class Remote:
    """Access to a project of a server. ``revision`` is asked for once: a command takes a moment."""

    def __init__(self, api: Api, project: str) -> None:
        self._api, self._project = api, project
        told = next((one for one in api.projects() if one["slug"] == project), None)
        if told is None:
            api.get("/v1/metrics", project=project, usage="false")  # the server says that there is none
        self._told: dict[str, Any] = told or {}

    @property
    def revision(self) -> int:
        return int(self._told["registry_revision"])

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self._told["timezone"])

    @property
    def now_ms(self) -> int:
        from aftercall.model.times import now_ms

        return now_ms()

    def facts(self) -> list[Facts]:
        listed = self._api.get("/v1/metrics", project=self._project, usage="false")
        return list(_facts(listed["metrics"]))

    def ask(self, query: Query) -> Answer:
        import msgspec

        from aftercall.metrics.answer import Answer

        told = self._api.post("/v1/query", query.plain(), project=self._project)
        return msgspec.convert(told, Answer)

    def behind(self, drill: Drill) -> BehindPage:
        import msgspec

        from aftercall.metrics.answer import BehindPage

        body = {**drill.model_dump(mode="json", exclude={"query"}), "query": drill.query.plain()}
        told = self._api.post("/v1/query/conversations", body, project=self._project)
        return msgspec.convert(told, BehindPage)

    def read(self, conversation_id: str) -> Transcript:
        from aftercall.analyst.access import Said, Transcript

        path = f"/v1/agents/{quote(self._project, safe='')}/conversations/{quote(conversation_id, safe='')}"
        told = self._api.get(path)
        turns = told.get("turns") or []
        said = [
            (speaker, text)
            for turn in turns
            for speaker, text in (("user", turn.get("user_input")), ("agent", turn.get("agent_response")))
            if text
        ]
        return Transcript(
            conversation_id,
            str(told.get("started_at")),
            [Said(number, speaker, text) for number, (speaker, text) in enumerate(said, start=1)],
        )


def _facts(items: Iterable[dict[str, Any]]) -> Iterable[Facts]:
    """Of the registered metrics and ratios that are active; built-in ones are the same everywhere."""
    from dataclasses import fields, replace

    from aftercall.metrics import builtin
    from aftercall.metrics.facts import Facts
    from aftercall.metrics.query import Measure

    names = {one.name for one in fields(Facts)} & {
        "name", "display_name", "definition", "type", "unit", "better", "group"
    }  # fmt: skip
    for item in items:
        if item["kind"] not in ("registered", "ratio") or not item["active"]:
            continue
        told = {name: item[name] for name in names}
        made = Facts(
            **told,
            agg=_AGGS.get(item["type"], "conversations"),
            options=tuple(item["options"]),
            synonyms=tuple(item["synonyms"]),
        )
        yield replace(made, means=Measure()) if item["kind"] == "ratio" else made
    yield from builtin.METRICS
