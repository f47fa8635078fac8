"""Model calls made for somebody: a conversation of a project, or a project alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, overload

from aftercall.llm.errors import ChatCompletionError
from aftercall.llm.json_object import find_object
from aftercall.llm.owner import Asked, Owner
from aftercall.llm.prompt import messages_for

if TYPE_CHECKING:
    from aftercall.llm.door import Door
    from aftercall.llm.guarded import GuardedModel

T = TypeVar("T")


@dataclass(frozen=True)
class Completion:
    text: str
    model: str
    """As the endpoint calls it."""
    tokens_in: int
    tokens_out: int
    cost: float | None
    """In the currency of the prices; None: the model has none. 0 for a stored answer."""
    cached: bool
    finish: str | None
    """``stop``; ``length``: the text is cut off; ..."""


class Session:
    """From ``door.session(...)``. For any number of threads.

    Every method raises ChatCompletionError (asked, and no usable answer), SpendCapReached, or
    ModelNotConfigured, which is a NotImplementedError.
    """

    def __init__(self, door: Door, owner: Owner) -> None:
        self._door = door
        self._owner = owner

    @property
    def calls(self) -> int:
        """Model calls so far; stored answers count."""
        return self._owner.calls

    @property
    def asked(self) -> Sequence[Asked]:
        """The requests that were answered so far, in order: their models, tokens and costs."""
        return self._owner.asked

    def prompt_llm(
        self,
        prompt: str,
        *,
        show_history: bool = False,
        return_json: bool = False,
        model: str | None = None,
        history: Iterable[Any] = (),
    ) -> str | dict[str, Any]:
        """``conv.utils.prompt_llm``: a str, or with ``return_json`` the dict found in the answer.

        ``history``: what ``show_history`` shows, objects with ``role`` and ``text`` or dicts with these keys.
        """
        shown = history if show_history else None
        messages = messages_for(str(prompt), shown, as_json=bool(return_json))
        if not return_json:
            return self.complete(messages, model=model).text
        return self.run(lambda guarded: _object(guarded, messages), model=model)

    def complete(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        model: str | None = None,
        max_output_tokens: int | None = None,
        temperature: float | None = None,
    ) -> Completion:
        """``messages``: ``[{"role": "system" | "user" | "assistant", "content": text}]``."""
        wanted = {"max_tokens": max_output_tokens, "temperature": temperature}
        settings = {name: value for name, value in wanted.items() if value is not None}
        return self.run(lambda guarded: _complete(guarded, messages, settings), model=model)

    @overload
    def structured(
        self,
        prompt: str,
        output_type: type[T],
        *,
        system: str | None = None,
        model: str | None = None,
        validate: Callable[[T], str | None] | None = None,
        repairs: int = 2,
    ) -> T: ...

    @overload
    def structured(
        self,
        prompt: str,
        output_type: Mapping[str, Any],
        *,
        system: str | None = None,
        model: str | None = None,
        validate: Callable[[dict[str, Any]], str | None] | None = None,
        repairs: int = 2,
    ) -> dict[str, Any]: ...

    def structured(
        self,
        prompt: str,
        output_type: Any,
        *,
        system: str | None = None,
        model: str | None = None,
        validate: Callable[[Any], str | None] | None = None,
        repairs: int = 2,
    ) -> Any:
        """An answer of a type that pydantic knows: a BaseModel, a dataclass, a TypedDict, ``list[int]``, ...

        Or of a JSON Schema of an object, which the model is shown and only ``validate`` checks. ``validate``
        says what is wrong with an answer, or None. What does not fit goes back to the model with the reason,
        ``repairs`` times at most; then ChatCompletionError (MODEL_OUTPUT_INVALID).
        """
        from aftercall.llm.structured import ask

        output = self._door.settings_of(self._owner.project, model).endpoint.output
        return self.run(
            lambda guarded: ask(guarded, prompt, output_type, output, system, validate, repairs), model=model
        )

    def run(self, use: Callable[[GuardedModel], Awaitable[T]], *, model: str | None = None) -> T:
        """``use`` with a pydantic-ai model, for what an agent with tools needs:
        ``session.run(lambda model: answer(Agent(model, tools=[...])))``. All it asks passes the door.

        Runs in the door's event loop, and must not block it.
        """
        return self._door.run(self._owner, use, model)


async def _complete(
    guarded: GuardedModel, messages: Sequence[Mapping[str, str]], settings: Mapping[str, Any]
) -> Completion:
    from aftercall.llm.structured import plain

    response = await plain(guarded, messages, settings)
    text = response.text
    if not text:
        cut = response.finish_reason == "length"
        raise ChatCompletionError(
            "the model spent its tokens before it said anything: raise max_output_tokens"
            if cut
            else "the model answered nothing",
            code="MODEL_TRUNCATED" if cut else "MODEL_EMPTY",
        )
    asked = guarded.asked
    assert asked is not None
    return Completion(
        text=text.encode("utf-8", "replace").decode(),
        model=guarded.model_name,
        tokens_in=asked.tokens[0],
        tokens_out=asked.tokens[1],
        cost=asked.cost,
        cached=asked.cached,
        finish=response.finish_reason,
    )


async def _object(guarded: GuardedModel, messages: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    answer = await _complete(guarded, messages, {})
    found = find_object(answer.text)
    if found is None:
        cut = answer.finish == "length"
        raise ChatCompletionError(
            "the model's answer is cut off before its JSON object ends: raise max_output_tokens"
            if cut
            else "the model's answer holds no JSON object",
            code="MODEL_TRUNCATED" if cut else "MODEL_JSON_INVALID",
        )
    return found
