"""Where a conversation goes: flows and steps, a person, a text message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aftercall.model.events import Flow, Handoff, Sms
from aftercall.sdk.facts import Problems, read_optional_text, read_time
from aftercall.sdk.harmless import harmless
from aftercall.sdk.plain import plain
from aftercall.sdk.recorder import Recorder


class Moves(Recorder):
    current_flow: str | None = None
    current_step: str | None = None

    def _checkpoint(self) -> None:
        """Something changes: see what else did."""

    @harmless("")
    def flow(
        self, name: str | None, step: str | None = None, label: str | None = None, *, at: Any = None
    ) -> str:
        """The conversation is now in this flow and step; None: in no flow. Returns the event's id."""
        problems = Problems([])
        flow = read_optional_text(name, "name", problems)
        told_step = read_optional_text(step, "step", problems)
        told_label = read_optional_text(label, "label", problems)
        when = read_time(at, "at", problems)
        self._complain("flow", problems)
        self._checkpoint()
        self.current_flow, self.current_step = flow, told_step
        return self._record(Flow, flow=flow, step=told_step, label=told_label, at=when)

    def goto_flow(self, flow_name: str) -> None:
        self.flow(flow_name)

    def goto_step(self, step_name: str, label: str | None = None) -> None:
        self.flow(self.current_flow, step_name, label)

    def exit_flow(self) -> None:
        self.flow(None)

    @harmless("")
    def handoff(
        self,
        destination: str | None = None,
        reason: str | None = None,
        *,
        utterance: str | None = None,
        route: str | None = None,
        sip_headers: Mapping[str, Any] | None = None,
        at: Any = None,
    ) -> str:
        """The conversation goes to a person or another line. Returns the event's id."""
        problems = Problems([])
        told = {"destination": destination, "reason": reason, "utterance": utterance, "route": route}
        texts: dict[str, Any] = {
            name: read_optional_text(value, name, problems) for name, value in told.items()
        }
        headers = plain(sip_headers)
        if headers is not None and not isinstance(headers, dict):
            problems.add("sip_headers is not a dict")
            headers = {"value": headers}
        when = read_time(at, "at", problems)
        self._complain("handoff", problems)
        self._checkpoint()
        return self._record(Handoff, sip_headers=headers, at=when, **texts)

    def call_handoff(
        self,
        destination: str,
        reason: str | None = None,
        utterance: str | None = None,
        sip_headers: Mapping[str, Any] | None = None,
        route: str | None = None,
    ) -> None:
        """As agent projects call it. Records the handoff; nobody is called."""
        self.handoff(destination, reason, utterance=utterance, route=route, sip_headers=sip_headers)

    def send_sms(
        self,
        to_number: str | None = None,
        from_number: str | None = None,
        content: str | None = None,
        retry_count: int | None = None,
    ) -> None:
        """Records that a text message goes out; sends none."""
        self._sms("send_sms", to=to_number, content=content, from_number=from_number)

    def send_sms_template(self, to_number: str | None, template: str, retry_count: int | None = None) -> None:
        self._sms("send_sms_template", to=to_number, template=template)

    @harmless(None)
    def _sms(self, /, where: str, *, from_number: str | None = None, **told: str | None) -> None:
        problems = Problems([])
        texts: dict[str, Any] = {
            name: read_optional_text(value, name, problems) for name, value in told.items()
        }
        sender = read_optional_text(from_number, "from_number", problems)
        self._complain(where, problems)
        self._record(Sms, extra={"from_number": sender} if sender is not None else None, **texts)
