"""What ``conv.utils.prompt_llm`` asked, put to a model; without personal data, where that is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aftercall.extraction import Redactor, Shown
from aftercall.llm import ChatCompletionError, Session
from aftercall.runtime import Prompt


def ask_model(
    session: Session, prompt: Prompt, redactor: Redactor | None = None, known: Iterable[str] = ()
) -> Any:
    """A str, or a dict where JSON was asked for. With a ``redactor`` the model sees placeholders, and the
    answer has in their place what they stand for. ``known``: texts to take out wherever they stand."""
    texts = [prompt.prompt, *(said["text"] for said in prompt.history)]
    shown = [Shown(text) for text in texts] if redactor is None else _redacted(redactor, texts, known)
    history = [
        {"role": "agent" if said["type"] == "AgentResponse" else "user", "text": one.text}
        for said, one in zip(prompt.history, shown[1:], strict=True)
    ]
    answer = session.prompt_llm(
        shown[0].text,
        show_history=prompt.show_history,
        return_json=prompt.return_json,
        model=prompt.model,
        history=history,
    )
    return _put_back(answer, {label: text for one in shown for label, text in one.placeholders()})


def _redacted(redactor: Redactor, texts: list[str], known: Iterable[str]) -> list[Shown]:
    try:
        return redactor.call(texts, known)
    except Exception as error:  # noqa: BLE001 - a detector of names is anybody's code; unredacted nothing is sent
        kind = type(error).__name__
    raise ChatCompletionError(f"not sent: redaction failed ({kind})", code="MODEL_REDACTION_FAILED")


def _put_back(value: Any, said: Mapping[str, str]) -> Any:
    if not said:
        return value
    if isinstance(value, str):
        for label, text in said.items():
            value = value.replace(label, text)
        return value
    if isinstance(value, dict):
        return {_put_back(key, said): _put_back(one, said) for key, one in value.items()}
    return [_put_back(one, said) for one in value] if isinstance(value, list) else value
