"""How the way from the calls to the server is doing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Health:
    spooled: int
    """Events waiting in the spool, those left behind by earlier processes included."""
    in_memory: int
    """Events not yet in the spool, normally for at most 50 ms."""
    acknowledged: int
    """Events the server has confirmed since this client began."""
    dropped: int
    """Events that found no room and are lost."""
    rejected: int
    """Events the server refused for good; kept in rejected.sqlite3 in the spool folder."""
    faults: int
    """Times the SDK itself broke while recording, in production mode: logged, and kept from the call."""
    full: bool
    """The spool is full: new events are being dropped."""
    disk_error: str | None
    """Why events are kept in memory only; None while the disk works."""
    last_error: str | None
    """The latest failure to send; None since it last worked."""
    last_success_at: float | None
    """When the server last acknowledged something, seconds since 1970."""
    oldest_unsent_age_s: float | None
    """How long the oldest event in the spool has waited."""
    left_for_others: int
    """Spool files of ended processes that spoke to another server, project or key, so not sent from here."""

    @property
    def ok(self) -> bool:
        return not (self.full or self.disk_error or self.last_error)
