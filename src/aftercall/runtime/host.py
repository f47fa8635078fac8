"""What a function may ask of the server while it runs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from aftercall.runtime.extracted import Extracted
from aftercall.sdk.plain import text_of

log = logging.getLogger("aftercall.runtime")

NO_EXTRACTION = "conv.extract works in end_function on a server, and in scenarios with a model"
NO_MODEL = "no model is configured: see docs/models.md for how to turn one on"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One call of ``conv.utils.prompt_llm``."""

    conversation_id: str
    prompt: str
    show_history: bool
    return_json: bool
    model: str | None
    """As the project names it; None: it names none."""
    history: list[dict[str, str]]
    """``{type: UserInput | AgentResponse, text}``; empty unless ``show_history``."""
    position: int
    """1, 2, 3... within the call, in the order of arrival: from several threads that order is not stable."""


@dataclass(frozen=True, slots=True)
class Host:
    """All are called from several threads at once.

    ``prompt_llm`` returns a str, or a dict for ``return_json``. NotImplementedError reaches the function as
    that, every other exception as ChatCompletionError with its text. ``get_secret`` returns a str or a dict
    of them and raises KeyError for one the project has not. ``extract`` gets what ``conv.extract`` was given,
    and which question of this call it is, from 1; InvalidInput reaches the function as ValueError.
    """

    prompt_llm: Callable[[Prompt], Any] | None = None
    get_secret: Callable[[str], Any] | None = None
    extract: Callable[[Mapping[str, Any], int], Extracted] | None = None

    def answer(
        self,
        conversation_id: str,
        position: int,
        ask: dict[str, Any],
        on_extracted: Callable[[Extracted], None] = lambda _: None,
    ) -> dict[str, Any]:
        """``{value}`` or ``{error, error_type}``, for the child. Never raises.

        ``on_extracted``: told of what is to be written, before the child hears of it.
        """
        try:
            if ask.get("what") == "get_secret":
                return self._secret(str(ask["name"]))
            if ask.get("what") == "extract":
                return self._extract(ask["fields"], position, on_extracted)
            if ask.get("what") != "prompt_llm":
                return {"error": f"nothing answers {ask.get('what')!r}", "error_type": "LookupError"}
            if self.prompt_llm is None:
                return {"error": NO_MODEL, "error_type": "NotImplementedError"}
            return {"value": _json(self.prompt_llm(_prompt(conversation_id, position, ask)))}
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the function that waits must hear of it
            # The text only: a traceback could hold the prompt, which holds what a caller said.
            log.info("a question of an agent function failed: %s", type(error).__name__)
            told = str(error) if str(error) else type(error).__name__
            # A subclass has a name that means nothing to a project.
            kind = NotImplementedError if isinstance(error, NotImplementedError) else type(error)
            return {"error": text_of(told), "error_type": kind.__name__}

    def _extract(
        self, fields: Any, position: int, on_extracted: Callable[[Extracted], None]
    ) -> dict[str, Any]:
        if self.extract is None:
            return {"error": NO_EXTRACTION, "error_type": "NotImplementedError"}
        extracted = self.extract(fields, position)
        on_extracted(extracted)
        if extracted.error is not None:
            return {"error": text_of(extracted.error), "error_type": "ChatCompletionError"}
        return {"value": _json(extracted.answers)}

    def _secret(self, name: str) -> dict[str, Any]:
        missing = f"the project has no secret {name!r}"
        if self.get_secret is None:
            return {"error": missing, "error_type": "KeyError"}
        try:
            return {"value": _json(self.get_secret(name))}
        except KeyError:
            return {"error": missing, "error_type": "KeyError"}


def _json(value: Any) -> msgspec.Raw:
    """Encoded here, where what cannot be encoded still becomes an answer."""
    return msgspec.Raw(msgspec.json.encode(value))


def _prompt(conversation_id: str, position: int, ask: dict[str, Any]) -> Prompt:
    return Prompt(
        conversation_id=conversation_id,
        prompt=str(ask["prompt"]),
        show_history=ask.get("show_history") is True,
        return_json=ask.get("return_json") is True,
        model=str(ask["model"]) if ask.get("model") else None,
        history=[{"type": str(said["type"]), "text": str(said["text"])} for said in ask.get("history") or []],
        position=position,
    )
