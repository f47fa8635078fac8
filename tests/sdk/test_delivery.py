"""A batch is taken apart exactly as far as needed to get all but the refused events to the server."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.sdk.delivery import Delivery, Stopped
from aftercall.sdk.notices import Notices
from aftercall.sdk.rejects import MAX_KEPT, Rejected, Rejects
from aftercall.sdk.verdict import Answer, Meaning
from tests.sdk.fakes import FakeTransport, Respond, acknowledged, event, refused


class Server:
    """Refuses the events whose id is in ``bad`` with ``status``, as a whole request."""

    def __init__(self, bad: set[str], status: int) -> None:
        self.bad, self.status = bad, status
        self.accepted: list[str] = []

    def __call__(self, project: str, events: list[dict[str, Any]]) -> Answer | None:
        ids = [one["id"] for one in events]
        if self.bad & set(ids):
            return refused(self.status, "NOT_THIS")
        self.accepted += ids
        return acknowledged(len(events))


def delivery(tmp_path: Path, respond: Respond) -> tuple[Delivery, Rejects, FakeTransport]:
    transport, rejects = FakeTransport(respond), Rejects(tmp_path)
    return Delivery(transport, rejects, Notices()), rejects, transport


def kept(tmp_path: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(tmp_path / "rejected.sqlite3") as connection:
        rows = connection.execute("SELECT code, body FROM rejected ORDER BY n").fetchall()
    connection.close()
    return [(code, body.decode()) for code, body in rows]


@pytest.mark.parametrize("status", [400, 413, 422])
def test_only_what_is_refused_alone_is_put_aside(tmp_path: Path, status: int) -> None:
    server = Server({"e3", "e17"}, status)
    sends, rejects, transport = delivery(tmp_path, server)
    assert sends.deliver("p", [event(number) for number in range(40)]) == 0
    assert len(server.accepted) == 38
    assert sends.acknowledged == 38
    assert rejects.total == 2
    assert [(code, '"e3"' in body or '"e17"' in body) for code, body in kept(tmp_path)] == [
        ("NOT_THIS", True)
    ] * 2
    assert len(transport.requests) < 25


def test_what_is_rejected_by_verdict_is_put_aside(tmp_path: Path) -> None:
    sends, rejects, _ = delivery(tmp_path, lambda project, events: acknowledged(len(events), 1))
    sends.deliver("p", [event(0), event(1), event(2)])
    assert sends.acknowledged == 2
    assert [one.body for one in rejects.latest] == [event(1)]
    assert kept(tmp_path)[0][0] == "BAD"


def test_one_line_for_each_reason(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sends, _, _ = delivery(tmp_path, lambda project, events: acknowledged(len(events), 0, 1))
    for _ in range(5):
        sends.deliver("p", [event(0), event(1)])
    assert len(caplog.records) == 1
    assert "rejected.sqlite3" in caplog.text


@pytest.mark.parametrize(
    ("status", "meaning"), [(503, Meaning.RETRY), (500, Meaning.RETRY), (401, Meaning.CONFIGURATION)]
)
def test_trouble_stops(tmp_path: Path, status: int, meaning: Meaning) -> None:
    sends, rejects, transport = delivery(tmp_path, lambda project, events: refused(status))
    with pytest.raises(Stopped) as stopped:
        sends.deliver("p", [event(0), event(1)])
    assert stopped.value.verdict.meaning is meaning
    assert (len(transport.requests), rejects.total) == (1, 0)


def test_nobody_there_stops(tmp_path: Path) -> None:
    sends, _, _ = delivery(tmp_path, lambda project, events: None)
    with pytest.raises(Stopped, match="nobody is there"):
        sends.deliver("p", [event(0)])


def test_a_server_that_refuses_everything_is_not_believed_for_ever(tmp_path: Path) -> None:
    sends, rejects, _ = delivery(tmp_path, lambda project, events: refused(400))
    with pytest.raises(Stopped) as stopped:
        sends.deliver("p", [event(number) for number in range(100)])
    assert stopped.value.verdict.meaning is Meaning.CONFIGURATION
    assert rejects.total == 20
    with pytest.raises(Stopped):
        sends.deliver("p", [event(1)])
    assert rejects.total == 20


def test_any_number_may_be_too_large(tmp_path: Path) -> None:
    sends, rejects, _ = delivery(tmp_path, Server({f"e{number}" for number in range(50)}, 413))
    assert sends.deliver("p", [event(number) for number in range(60)]) == 0
    assert (rejects.total, sends.acknowledged) == (50, 10)


def test_the_event_that_breaks_the_server_is_found(tmp_path: Path) -> None:
    server = Server({"e77"}, 500)
    sends, rejects, _ = delivery(tmp_path, server)
    assert sends.deliver("p", [event(number) for number in range(256)], isolate=True) == 1
    assert len(server.accepted) == 255
    assert rejects.total == 0


def test_a_broken_server_is_not_asked_hundreds_of_times(tmp_path: Path) -> None:
    sends, _, transport = delivery(tmp_path, lambda project, events: refused(500))
    with pytest.raises(Stopped):
        sends.deliver("p", [event(number) for number in range(256)], isolate=True)
    assert len(transport.requests) <= 12


@given(
    count=st.integers(1, 60), bad=st.sets(st.integers(0, 59), max_size=6), status=st.sampled_from([413, 422])
)
def test_whatever_is_bad_the_rest_arrives_once(
    tmp_path_factory: pytest.TempPathFactory, count: int, bad: set[int], status: int
) -> None:
    server = Server({f"e{number}" for number in bad}, status)
    sends, rejects, _ = delivery(tmp_path_factory.mktemp("rejects"), server)
    sends.deliver("p", [event(number) for number in range(count)])
    assert server.accepted == [f"e{number}" for number in range(count) if number not in bad]
    assert rejects.total == len([number for number in bad if number < count])


def test_rejects_are_bounded(tmp_path: Path) -> None:
    rejects = Rejects(tmp_path)
    with sqlite3.connect(tmp_path / "rejected.sqlite3") as connection:
        rejects.add(Rejected("p", "C", "r", b"{}"))
        connection.executemany(
            "INSERT INTO rejected (at, project, code, reason, body) VALUES (0, 'p', 'C', 'r', ?)",
            [(str(number),) for number in range(MAX_KEPT)],
        )
    connection.close()
    rejects.add(Rejected("p", "C", "r", b"last"))
    assert len(kept_all := kept_raw(tmp_path)) == MAX_KEPT
    assert kept_all[-1] == b"last"


def kept_raw(tmp_path: Path) -> list[bytes]:
    connection = sqlite3.connect(tmp_path / "rejected.sqlite3")
    rows = [row[0] for row in connection.execute("SELECT body FROM rejected ORDER BY n")]
    connection.close()
    return rows


def test_rejects_without_a_disk_stay_in_memory(tmp_path: Path) -> None:
    rejects = Rejects(tmp_path / "missing")
    assert isinstance(rejects.add(Rejected("p", "C", "r", b"{}")), OSError)
    assert (rejects.total, len(rejects.latest)) == (1, 1)
