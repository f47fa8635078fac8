"""A call held in the terminal: the project's functions in a child, its events on the way to the server."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aftercall.cli.api import Api, segment
from aftercall.cli.connection import connect
from aftercall.cli.exits import Refusal
from aftercall.cli.recorder import Event, Recorder
from aftercall.config import Config
from aftercall.errors import InvalidInput, Unavailable
from aftercall.jobs.prompting import ask_model
from aftercall.jobs.secrets import Secrets
from aftercall.llm import Door, Session
from aftercall.model.ids import new_id
from aftercall.runtime import Agent, Host, Pool, in_place
from aftercall.runtime.chat import Chat, Line, line_of
from aftercall.runtime.held import HeldCall
from aftercall.runtime.yaml_text import read_yaml
from aftercall.sdk.plain import plain

ANALYSIS_S = 30.0
"""How long the result of the server's end_function is waited for."""

Show = Callable[[list[Line]], object]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a call shall be. ``facts`` by their names on conv."""

    folder: Path
    project: str
    conversation_id: str | None
    facts: Mapping[str, str | None]
    python: Path | None = None
    config: Path | None = None
    """A YAML or JSON file: conv.real_time_config. None: what the server has for the project."""
    by_hand: bool = False
    offline: bool = False


@contextmanager
def hold(wish: Wish, show: Show) -> Iterator[Held]:
    """Raises Refusal for a project that the server has not, and what ``connect`` and ``in_place`` raise."""
    agent = in_place(wish.folder, wish.project, wish.python)
    with ExitStack() as stack:
        api = None if wish.offline else stack.enter_context(connect(postcall=True))
        recorder = None if api is None else Recorder(api, _existing(api, wish.project))
        told = _real_time_config(api, wish, show)
        analyse = api is None or not _is_added(api, agent, show)
        home = Config.from_env().home if api is None else api.home
        pool = stack.enter_context(Pool(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        door = Door(home)
        stack.callback(door.close)
        on_event = None if recorder is None else recorder.keep
        chat = _chat(wish, agent, pool, door, Secrets(home), analyse, on_event, told)
        yield Held(chat, recorder, analyse, show)


def _chat(
    wish: Wish,
    agent: Agent,
    pool: Pool,
    door: Door,
    secrets: Secrets,
    analyse: bool,
    on_event: Callable[[Event], None] | None,
    told: Mapping[str, Any],
) -> Chat:
    conversation_id = wish.conversation_id or new_id()
    # The same words need not get the same answer, when somebody only wants to see what comes.
    session = door.session(wish.project, conversation_id, cached=False)
    facts: dict[str, Any] = dict(wish.facts)
    call = HeldCall(
        pool,
        agent,
        conversation_id=conversation_id,
        host=Host(lambda prompt: ask_model(session, prompt), lambda name: secrets.of(wish.project, name)),
        on_event=on_event,
        real_time_config=told,
        **facts,
    )
    plays = door.is_configured(wish.project) and not wish.by_hand
    return Chat(call, ask=(lambda prompt: _move(session, prompt)) if plays else None, analyse=analyse)


def _move(session: Session, prompt: str) -> dict[str, Any]:
    told = session.prompt_llm(prompt, return_json=True)
    assert isinstance(told, dict)
    return told


def _existing(api: Api, slug: str) -> str:
    if slug not in {project["slug"] for project in api.projects()}:
        raise Refusal(
            f"the server has no project {slug}: `aftercall agents add DIR` makes it, --project names another,"
            " and with --offline no server is told",
            code="PROJECT_NOT_FOUND",
            http_status=404,
        )
    return slug


def _real_time_config(api: Api | None, wish: Wish, show: Show) -> Mapping[str, Any]:
    """Of the file that was named, else of the project on the server. Raises InvalidInput (CONFIG_INVALID)."""
    if wish.config is not None:
        return _config_of(wish.config)
    if api is None:
        return {}
    try:
        settings = api.get(f"/v1/projects/{segment(wish.project)}/settings")
    except Refusal as error:  # the scope "edit" is more than holding a call takes
        show([Line("note", f"conv.real_time_config is empty, --config FILE gives one: {error.message}")])
        return {}
    told: Mapping[str, Any] = settings["real_time_config"]
    return told


def _config_of(file: Path) -> Mapping[str, Any]:
    try:
        told, _ = read_yaml(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}", code="CONFIG_INVALID") from error
    if not isinstance(told, dict):
        raise InvalidInput(f"{file} is no mapping of names to values", code="CONFIG_INVALID")
    mapping: Mapping[str, Any] = plain(told)
    return mapping


def _is_added(api: Api, agent: Agent, show: Show) -> bool:
    """Whether the server has code of the project to analyse the call with."""
    versions = api.get("/v1/agent-versions", project=agent.project)["versions"]
    if not versions:
        show([Line("note", "the server has no agent of this project, so end_function runs here")])
    elif all(one["version"] != agent.version for one in versions):
        current = versions[0]["version"]
        show([Line("note", f"the folder is not what was added: the server runs end_function of {current}")])
    return bool(versions)


class Held:
    """Each method's lines are for the person; what happened is sent after each of them."""

    def __init__(self, chat: Chat, recorder: Recorder | None, analyse: bool, show: Show) -> None:
        self._chat = chat
        self._recorder = recorder
        self._analyse = analyse
        self._show = show
        self._away = False
        self._written: list[Event] = []

    @property
    def is_over(self) -> bool:
        return self._chat.is_over

    def begin(self) -> list[Line]:
        return [*self._chat.begin(), *self._sent()]

    def take(self, typed: str) -> list[Line]:
        return [*self._chat.take(typed), *self._sent()]

    def hang_up(self) -> list[Line]:
        return [*self._chat.end(), *self._sent()]

    def finish(self) -> bool:
        """Wait for what the server makes of it, and show that; whether all went well.

        Raises Unavailable where the server could not be told of the whole call.
        """
        if self._recorder is None or self._analyse:
            if self._recorder is not None:
                self._recorder.send()
            return self._chat.analysed_well
        self._recorder.send()
        found = self._recorder.analysis(self._chat.call.id, ANALYSIS_S)
        if found is None:
            self._show([Line("error", f"end_function is not done after {ANALYSIS_S:g} s: look again later")])
            return False
        self._written = found[:-1]
        self._show([line for event in found[:-1] if (line := line_of(event)) is not None])
        if found[-1].get("status") != "ok":
            self._show([Line("error", f"end_function: {found[-1].get('error')}")])
            return False
        return True

    def summary(self) -> dict[str, Any]:
        """For programs."""
        call = self._chat.call
        written = {event["name"]: event.get("value", True) for event in self._written if _is_metric(event)}
        errors = [*call.of_kind("error"), *(event for event in self._written if event["kind"] == "error")]
        return {
            "conversation_id": call.id,
            "project": call.agent.project,
            "metrics": {**call.metrics, **written},
            "turns": [{"speaker": one["speaker"], "text": one["text"]} for one in call.of_kind("turn")],
            "errors": [one["message"] for one in errors],
        }

    def _sent(self) -> list[Line]:
        if self._recorder is None:
            return []
        try:
            self._recorder.send()
        except Unavailable as error:
            told, self._away = self._away, True
            return [] if told else [Line("error", f"{error.message} (the call goes on and is sent later)")]
        self._away = False
        return []


def _is_metric(event: Event) -> bool:
    return event["kind"] == "metric" and "invalid" not in event
