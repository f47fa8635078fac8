"""One batch to the server, taken apart where something in it is refused."""

from __future__ import annotations

from collections.abc import Callable

from aftercall.sdk.notices import Notices
from aftercall.sdk.rejects import Rejected, Rejects
from aftercall.sdk.transport import Misconfigured, Transport, Unreachable
from aftercall.sdk.verdict import Meaning, Rejection, Verdict, judge

_GIVE_UP_ISOLATING = 12
"""Failures in a row while looking for the event that breaks the server: more than halving needs."""
_GIVE_UP_REFUSING = 20
"""Events in a row refused one by one, without a verdict: then the events are not to blame."""


class Stopped(Exception):
    """Nothing more can be delivered now; the verdict says why."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


class Delivery:
    def __init__(self, transport: Transport, rejects: Rejects, notices: Notices) -> None:
        self._transport = transport
        self._rejects = rejects
        self._notices = notices
        self._refused_in_a_row = 0
        self._broke_in_a_row = 0
        self.acknowledged = 0
        self.on_attempt: Callable[[], None] = lambda: None

    def deliver(self, project: str, events: list[bytes], *, isolate: bool = False) -> int:
        """How many events could not be delivered; all others are with the server or put aside as rejected.

        Above 0 only with ``isolate``: it answers 500 to just these. Raises Stopped when the server is not
        there or takes nothing; what was delivered before that is delivered again, and counted once by its id.
        """
        self._broke_in_a_row = 0
        return self._deliver(project, events, isolate)

    def _deliver(self, project: str, events: list[bytes], isolate: bool) -> int:
        verdict = self._post(project, events)
        if verdict.meaning is Meaning.ACKNOWLEDGED:
            self._settle(project, events, verdict)
            return 0
        if verdict.meaning is Meaning.SPLIT:
            if len(events) == 1:
                self._refuse(project, events[0], verdict)
                return 0
        elif isolate and verdict.status == 500:
            self._broke_in_a_row += 1
            if self._broke_in_a_row >= _GIVE_UP_ISOLATING:
                raise Stopped(verdict)
            if len(events) == 1:
                return 1
        else:
            raise Stopped(verdict)
        middle = len(events) // 2
        return self._deliver(project, events[:middle], isolate) + self._deliver(
            project, events[middle:], isolate
        )

    def _post(self, project: str, events: list[bytes]) -> Verdict:
        try:
            answer = self._transport.post(project, b'{"schema":1,"events":[' + b",".join(events) + b"]}")
        except Unreachable as error:
            return Verdict(Meaning.RETRY, str(error))
        except Misconfigured as error:
            return Verdict(Meaning.CONFIGURATION, str(error))
        return judge(answer, len(events))

    def _settle(self, project: str, events: list[bytes], verdict: Verdict) -> None:
        self._refused_in_a_row = self._broke_in_a_row = 0
        self.acknowledged += len(events) - len(verdict.rejected)
        for rejection in verdict.rejected:
            self._put_aside(project, events[rejection.position], rejection)

    def _refuse(self, project: str, event: bytes, verdict: Verdict) -> None:
        """It alone got 400, 413 or 422."""
        if verdict.status != 413:
            self._refused_in_a_row += 1
            if self._refused_in_a_row > _GIVE_UP_REFUSING:
                reason = f"every event is refused ({verdict.reason}), so it is not the events"
                raise Stopped(Verdict(Meaning.CONFIGURATION, reason, verdict.status))
        self._put_aside(
            project, event, Rejection(0, verdict.code or f"HTTP_{verdict.status}", verdict.reason)
        )

    def _put_aside(self, project: str, event: bytes, rejection: Rejection) -> None:
        error = self._rejects.add(Rejected(project, rejection.code, rejection.reason, event))
        kept = f"kept in {self._rejects.path}" if error is None else f"kept in memory only ({error})"
        self._notices.once(
            f"rejected {rejection.code} {rejection.reason[:60]}",
            f"the server rejected an event ({rejection.code}: {rejection.reason}); it is {kept}."
            " Further ones of this kind are counted in health().rejected",
        )
