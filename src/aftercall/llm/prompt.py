"""The texts of ``prompt_llm``: a prompt, with the conversation before it where that is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

JSON_ONLY = "Answer with one JSON object and nothing else."
_SPEAKERS = {"user": "User", "agent": "Agent", "assistant": "Agent"}


def messages_for(prompt: str, history: Iterable[Any] | None, *, as_json: bool) -> list[dict[str, str]]:
    """``[{"role", "content"}]``. The conversation is one quoted block: what a caller said is no
    instruction."""
    text = (
        prompt if history is None else f"<conversation>\n{_transcript(history)}\n</conversation>\n\n{prompt}"
    )
    system = [{"role": "system", "content": JSON_ONLY}] if as_json else []
    return [*system, {"role": "user", "content": text}]


def _transcript(history: Iterable[Any]) -> str:
    lines = []
    for item in history:
        role, text = _turn(item)
        if text:
            # Nobody ends the block by saying so.
            said = text.replace("</conversation", "<\\/conversation")
            lines.append(f"{_SPEAKERS.get(role, role.capitalize())}: {said}")
    return "\n".join(lines)


def _turn(item: Any) -> tuple[str, str]:
    """Of ``conv.history``'s objects (``.role``, ``.text``) or of dicts with these keys."""
    if isinstance(item, Mapping):
        return str(item.get("role", "")), str(item.get("text") or "")
    return str(item.role), str(item.text or "")
