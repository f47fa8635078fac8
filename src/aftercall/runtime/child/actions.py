"""What agent functions do. Reporting wants to know all of it; nothing here calls, texts or speaks to anybody.

Arguments are taken as they come and recorded as plain JSON: a wrong one must not end a call.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from aftercall.runtime.child.recorder import Recorder
from aftercall.runtime.child.things import Thing
from aftercall.sdk.log import is_true
from aftercall.sdk.plain import plain, text_of

MAX_BODY = 20_000
"""Characters kept of the body of an API response."""


class Actions(ABC):
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._facts: dict[str, Any] = {}
        self.current_flow: str | None = None
        self.current_step: str | None = None
        self.attachments: list[Thing] = []
        self.metrics_queue: list[dict[str, Any]] = []
        """Metrics written during this call."""
        self.sms_queue: list[Thing] = []
        """Text messages sent during this call."""

    @abstractmethod
    def _checkpoint(self, *, last: bool = False) -> None:
        """See what of the state was changed in place."""

    # --- where it goes

    def _move(self, flow: object, step: object = None, label: object = None) -> None:
        self._checkpoint()
        self.current_flow, self.current_step = _text(flow), _text(step)
        self._recorder.record("flow", flow=self.current_flow, step=self.current_step, label=_text(label))

    def goto_flow(self, flow_name: str) -> None:
        """The flow by its display name. Takes effect at once."""
        self._move(flow_name)

    def exit_flow(self) -> None:
        self._move(None)

    def goto_csat_flow(self) -> None:
        """The satisfaction survey."""
        self._move("csat")

    def call_handoff(
        self,
        destination: str | None = None,
        reason: str | None = None,
        utterance: str | None = None,
        sip_headers: Mapping[str, Any] | None = None,
        route: str | None = None,
    ) -> None:
        """The conversation goes to a person or another line; nobody is called."""
        self._checkpoint()
        headers = plain(sip_headers) if sip_headers else None
        self._recorder.record(
            "handoff",
            destination=_text(destination),
            reason=_text(reason),
            utterance=_text(utterance),
            sip_headers=headers if headers is None or isinstance(headers, dict) else {"value": headers},
            route=_text(route),
        )

    # --- what is known of it

    def set_language(self, language: str) -> None:
        self._facts["language"] = _text(language)
        self._recorder.record("update", language=self._facts["language"])

    def set_variant(self, variant: str) -> None:
        self._facts["variant_name"] = _text(variant)
        self._recorder.record("update", variant_name=self._facts["variant_name"])

    def set_csat_eligibility(self, eligible: bool, reason: str | None = None) -> None:
        self._recorder.custom("csat_eligibility", {"eligible": is_true(eligible), "reason": _text(reason)})

    # --- what goes out

    def say(self, utterance: str) -> None:
        """What the agent says next: recorded; whoever drives the call may say it."""
        self._recorder.custom("say", {"utterance": text_of(utterance)})

    def set_voice(self, voice: Any) -> None:
        to_dict = getattr(voice, "to_dict", None)
        self._recorder.custom("set_voice", {"voice": plain(to_dict() if callable(to_dict) else voice)})

    def send_sms(
        self,
        to_number: str | None = None,
        from_number: str | None = None,
        content: str | None = None,
        retry_count: int | None = None,
    ) -> None:
        self._sms(to=to_number, from_number=from_number, content=content)

    def send_sms_template(
        self, to_number: str | None = None, template: str | None = None, retry_count: int | None = None
    ) -> None:
        self._sms(to=to_number, template=template)

    def _sms(self, **told: object) -> None:
        fields = {name: _text(value) for name, value in told.items()}
        self.sms_queue.append(Thing(fields, to_number=fields["to"]))
        self._recorder.record("sms", **fields)

    def send_email(self, to: str | None = None, body: str | None = None, subject: str | None = "") -> None:
        self._recorder.custom("email", {"to": _text(to), "subject": _text(subject), "body": _text(body)})

    def add_attachments(self, attachments: Iterable[Any]) -> None:
        items = plain(list(attachments))
        self.attachments += [Thing(item) if isinstance(item, dict) else Thing(value=item) for item in items]
        self._recorder.custom("attachments", {"attachments": items})

    def set_response_suggestions(self, suggestions: Iterable[str]) -> None:
        self._recorder.custom("response_suggestions", {"suggestions": plain(list(suggestions))})

    # --- the rest

    def discard_recording(self) -> None:
        self._recorder.custom("discard_recording", {})

    def log_api_response(self, response: Any, override_url: str | None = None) -> None:
        """Status, address and body of a response, whichever library it is of."""
        request = getattr(response, "request", None)
        told: dict[str, Any] = {
            "status_code": getattr(response, "status_code", None),
            "url": override_url if override_url is not None else getattr(response, "url", None),
            "method": getattr(request, "method", None),
            "body": getattr(response, "text", None),
        }
        if all(value is None for value in told.values()):
            told["body"] = response
        body = told["body"]
        told["body"] = text_of(body)[:MAX_BODY] if isinstance(body, str) else plain(body)
        fields = {
            name: plain(value) if isinstance(value, dict | list | int) else _text(value)
            for name, value in told.items()
            if value is not None
        }
        self._recorder.custom("api_response", fields)

    def generate_external_event(self, *, send_to_llm: bool = False) -> str:
        """An id under which something from outside could be told to this conversation. Nothing listens for
        it."""
        event_id = os.urandom(16).hex()
        self._recorder.custom("external_event", {"id": event_id, "send_to_llm": is_true(send_to_llm)})
        return event_id


def _text(value: object) -> str | None:
    return None if value is None else text_of(value)
