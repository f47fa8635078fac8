"""``conv.utils``: what needs a model or a secret is asked of the parent, which owns keys, limits and
spend."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aftercall.runtime.child import entities
from aftercall.runtime.child.addresses import Address, ExtractionError, address_of, prompt_for
from aftercall.runtime.child.things import Thing, things
from aftercall.runtime.child.wire import Wire
from aftercall.sdk.plain import plain, text_of

if TYPE_CHECKING:
    from aftercall.runtime.child.conversation import Conversation


class ChatCompletionError(Exception):
    """The model could not be asked, or gave no usable answer; the message says why."""


class SecretNotFound(KeyError):
    """The project has no secret of that name."""

    def __str__(self) -> str:
        return str(self.args[0])


class Utils(entities.Configs):
    """May be used from several threads at once."""

    def __init__(self, wire: Wire, conv: Conversation) -> None:
        self._wire = wire
        self._conv = conv

    def prompt_llm(
        self, prompt: str, *, show_history: bool = False, return_json: bool = False, model: str | None = None
    ) -> Any:
        """The model's answer: a str, or with ``return_json=True`` a dict. With ``show_history`` the model
        sees the conversation, too. No ``model``: the server's default one.

        Raises NotImplementedError where no model is configured, else ChatCompletionError.
        """
        self._conv._checkpoint()  # a model takes long, and a call may be ended while it waits
        history = [item.to_dict() for item in self._conv.history] if show_history else []
        answer = self._wire.ask(
            "prompt_llm",
            prompt=prompt if isinstance(prompt, str) else text_of(prompt),
            show_history=bool(show_history),
            return_json=bool(return_json),
            model=None if model is None else text_of(model),
            history=history,
        )
        if "error" in answer:
            if answer.get("error_type") == "NotImplementedError":
                raise NotImplementedError(answer["error"])
            raise ChatCompletionError(answer["error"])
        value = answer.get("value")
        if return_json:
            if not isinstance(value, dict):
                raise ChatCompletionError(f"the model's answer is no JSON object: {json.dumps(value)[:200]}")
            return value
        return value if isinstance(value, str) else json.dumps(value)

    def _extract_fields(self, fields: Any) -> Thing:
        """For ``conv.extract``."""
        self._conv._checkpoint()
        answer = self._wire.ask("extract", fields=plain(fields))
        if "error" in answer:
            kind = answer.get("error_type")
            if kind == "NotImplementedError":
                raise NotImplementedError(answer["error"])
            raise (ValueError if kind == "InvalidInput" else ChatCompletionError)(answer["error"])
        found = things(answer["value"])
        for one in found.values():
            one["evidence"] = [Thing(quote) for quote in one["evidence"]]
        return Thing(found)

    def get_secret(self, secret_name: str) -> Any:
        """A text, or a dict for a secret of several values. Raises SecretNotFound."""
        answer = self._wire.ask("get_secret", name=text_of(secret_name))
        if "error" in answer:
            raise SecretNotFound(answer["error"])
        return answer.get("value")

    def validate_entity(self, value: Any, entity_config: Any) -> entities.Validation:
        """Whether the value is one of the kind that the config says, and its normal form."""
        return entities.validate(value, entity_config)

    def extract_address(self, addresses: list[Any] | None = None, country: str = "US") -> Address:
        """The postal address in what the user said last. Asks a model. Raises ExtractionError."""
        return self._extract("a postal address", {"known addresses": addresses, "country": country})

    def extract_city(
        self, city_spellings: list[str] | None = None, states: list[str] | None = None, country: str = "US"
    ) -> Address:
        """The city in what the user said last. Asks a model. Raises ExtractionError."""
        known = {"cities as spelt": city_spellings, "states": states, "country": country}
        found = self._extract("a city", known)
        if not found.city:
            raise ExtractionError("no city was found in what the user said last")
        return found

    def _extract(self, what: str, known: dict[str, Any]) -> Address:
        said = (
            self._conv.transcript_alternatives
            or [item.text for item in self._conv.history if item.role == "user"][-1:]
        )
        if not any(said):
            raise ExtractionError("the user has not said anything yet")
        try:
            found = self.prompt_llm(prompt_for(what, said, plain(known)), return_json=True)
        except ChatCompletionError as error:
            raise ExtractionError(str(error)) from error
        return address_of(found)
