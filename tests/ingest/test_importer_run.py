"""Whole imports into a server double: idempotent, resumable, never stopped by a bad line."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from aftercall.errors import InternalError, InvalidInput, Unavailable, UserError
from aftercall.ingest.importer import Import, Plan, Sender
from aftercall.ingest.importer import batches as batches_module
from aftercall.ingest.importer import lines as lines_module
from aftercall.ingest.importer.lines import lines
from aftercall.ingest.importer.source import Source
from aftercall.testing import IngestServer
from tests.ingest.importing import call, run, turn, write

HERE = Path(__file__).resolve().parents[2]


@pytest.fixture
def server() -> Iterator[IngestServer]:
    with IngestServer() as server:
        yield server


def said(server: IngestServer) -> dict[str, list[str]]:
    """What every conversation holds, in order."""
    found: dict[str, list[str]] = {}
    for event in sorted(server.events, key=lambda event: event["seq"]):
        if event["kind"] == "turn":
            found.setdefault(event["conversation_id"], []).append(event["text"])
    return found


def aside(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def many(count: int) -> list[dict[str, Any]]:
    return [call(f"call-{n}", turns=[turn("user", f"hello {n}")], events=[]) for n in range(count)]


def test_a_second_import_changes_nothing(server: IngestServer, tmp_path: Path) -> None:
    file = write(tmp_path / "calls.jsonl", *many(30))
    first = run(server, file, tmp_path)
    assert (first.conversations, first.duplicates, first.set_aside) == (30, 0, 0)
    assert first.accepted == len(server.events) == 30 * 5
    again = run(server, file, tmp_path)
    assert (again.conversations, again.accepted, again.duplicates) == (30, 0, 150)
    assert again.resumed_after_line == 0


def test_gzip_is_known_by_its_content(server: IngestServer, tmp_path: Path) -> None:
    plain = write(tmp_path / "calls.jsonl", *many(3))
    packed = tmp_path / "no-such-suffix"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert run(server, packed, tmp_path).conversations == 3
    assert said(server) == {f"call-{n}": [f"hello {n}"] for n in range(3)}


def test_bad_lines_are_set_aside_and_the_rest_goes_on(server: IngestServer, tmp_path: Path) -> None:
    file = write(
        tmp_path / "calls.jsonl",
        call("good-1"),
        "{broken",
        "",
        call("no-turns", turns=None),
        b'{"id": "\xff"}',
        call("good-2"),
        call("good-1", turns=[turn("user", "another call with the same id")]),
        call("x" * 513),
        call("nul\0in-id"),
        call("too-long", turns=[turn("user", "a" * 300_000)]),
    )
    summary = run(server, file, tmp_path)
    assert summary.conversations == 2
    assert sorted(said(server)) == ["good-1", "good-2"]
    assert summary.set_aside == 7
    assert summary.set_aside_file == str(tmp_path / "calls.jsonl.rejects.jsonl")
    entries = aside(Path(summary.set_aside_file))
    assert [(entry["line"], entry["code"]) for entry in entries] == [
        (2, "NOT_JSON"),
        (4, "WRONG_SHAPE"),
        (5, "NOT_JSON"),
        (7, "SAME_ID"),
        (8, "INVALID_ID"),
        (9, "INVALID_ID"),
        (10, "TEXT_TOO_LONG"),
    ]
    assert entries[0]["text"] == "{broken"
    assert "line 1" in entries[3]["reason"]
    assert entries[2]["text"] == '{"id": "\\xff"}'


def test_a_mended_file_leaves_no_old_rejects(server: IngestServer, tmp_path: Path) -> None:
    file = write(tmp_path / "calls.jsonl", call("a"), "{broken")
    assert run(server, file, tmp_path).set_aside == 1
    write(file, call("a"), call("b"))
    assert run(server, file, tmp_path).set_aside == 0
    assert not (tmp_path / "calls.jsonl.rejects.jsonl").exists()


def test_rejects_go_to_the_home_where_the_folder_is_not_writable(
    server: IngestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "calls.jsonl", "{broken")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    summary = run(server, file, tmp_path / "home")
    assert summary.set_aside_file == str(tmp_path / "home" / "imports" / "calls.jsonl.rejects.jsonl")
    assert len(aside(Path(summary.set_aside_file))) == 1


def test_damaged_gzip_gives_what_is_good(server: IngestServer, tmp_path: Path) -> None:
    # Random text: what packs well would all stand in the first block and be read whole.
    calls = [call(f"call-{n}", turns=[turn("user", os.urandom(3_000).hex())]) for n in range(200)]
    data = gzip.compress(write(tmp_path / "plain", *calls).read_bytes())
    file = tmp_path / "calls.jsonl.gz"
    file.write_bytes(data[: len(data) // 2])
    summary = run(server, file, tmp_path)
    assert 10 < summary.conversations < 200
    assert summary.set_aside_file is not None
    last = aside(Path(summary.set_aside_file))[-1]
    assert last["code"] == "UNREADABLE"
    assert "damaged" in last["reason"]


def test_an_endless_line_is_not_read_into_memory(
    server: IngestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines_module, "MAX_LINE", 10_000)
    file = write(tmp_path / "calls.jsonl", call("a"), b"x" * 55_000, call("b"))
    summary = run(server, file, tmp_path)
    assert sorted(said(server)) == ["a", "b"]
    (entry,) = aside(tmp_path / "calls.jsonl.rejects.jsonl")
    assert (entry["line"], entry["code"], len(entry["text"])) == (2, "UNREADABLE", 1_000)
    assert summary.lines == 3


def test_lines_know_their_number_and_a_byte_order_mark() -> None:
    found = list(lines(io.BytesIO(b'\xef\xbb\xbf{"a":1}\r\n\n  \n{"b":2}')))
    assert [(line.number, line.data.strip()) for line in found] == [(1, b'{"a":1}'), (4, b'{"b":2}')]
    assert found[-1].read == len(b'\xef\xbb\xbf{"a":1}\r\n\n  \n{"b":2}')


def test_events_the_server_refuses_set_their_line_aside(server: IngestServer, tmp_path: Path) -> None:
    server.refuse = lambda event: ("NOT_NICE", "no") if event.get("text") == "hello 3" else None
    summary = run(server, write(tmp_path / "calls.jsonl", *many(5)), tmp_path)
    assert (summary.refused, summary.set_aside, summary.accepted) == (1, 1, 24)
    (entry,) = aside(tmp_path / "calls.jsonl.rejects.jsonl")
    assert (entry["line"], entry["code"]) == (4, "NOT_NICE")


def test_erased_conversations_stay_away_and_are_written_nowhere(server: IngestServer, tmp_path: Path) -> None:
    server.refuse = lambda event: ("ERASED", "gone") if event["conversation_id"] == "call-1" else None
    summary = run(server, write(tmp_path / "calls.jsonl", *many(3)), tmp_path)
    assert (summary.erased, summary.refused, summary.set_aside) == (5, 0, 0)
    assert not (tmp_path / "calls.jsonl.rejects.jsonl").exists()


def test_a_busy_server_is_asked_again(server: IngestServer, tmp_path: Path) -> None:
    server.fail(503, times=2, retry_after=0)
    server.cut(times=1)
    file = write(tmp_path / "calls.jsonl", *many(5))
    assert run(server, file, tmp_path).conversations == 5
    assert len(said(server)) == 5


def test_a_server_that_is_away_ends_the_import_after_its_patience(tmp_path: Path) -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    client = httpx.Client(base_url="http://nobody", transport=httpx.MockTransport(nobody))
    with client, pytest.raises(Unavailable, match="cannot be reached"):
        Sender(client, "star", patience_s=0.2).send(b"{}")


def test_retry_after_is_respected() -> None:
    clock = [0.0]
    answers = iter([503, 200])

    def handle(request: httpx.Request) -> httpx.Response:
        status = next(answers)
        headers = {"retry-after": "5"} if status == 503 else {}
        return httpx.Response(status, json={"accepted": 1, "duplicates": 0, "rejected": []}, headers=headers)

    class Waits:
        def wait(self, seconds: float) -> bool:
            clock[0] += seconds
            return False

    with httpx.Client(base_url="http://busy", transport=httpx.MockTransport(handle)) as client:
        sender = Sender(client, "star", monotonic=lambda: clock[0])
        sender._stopping = Waits()  # type: ignore[assignment]
        assert sender.send(b"{}").accepted == 1
    assert 5 <= clock[0] < 6


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (httpx.Response(401, json={"error_message": "no such key", "error_code": "UNAUTHORIZED"}), UserError),
        (httpx.Response(500, json={"error_message": "broke", "error_code": "INTERNAL_ERROR"}), InternalError),
        (httpx.Response(200, text="<html>hello</html>"), InternalError),
        (httpx.Response(404, text="nothing here"), InternalError),
    ],
)
def test_a_refusal_is_final(response: httpx.Response, error: type[Exception]) -> None:
    client = httpx.Client(base_url="http://x", transport=httpx.MockTransport(lambda _: response))
    with client, pytest.raises(error):
        Sender(client, "star", patience_s=0).send(b"{}")


def test_a_batch_in_which_all_was_refused_is_a_verdict() -> None:
    data = {"accepted": 0, "duplicates": 0, "rejected": [{"position": 0, "code": "X", "reason": "r"}]}
    refusal = {"error_message": "nothing could be accepted", "error_code": "UNPROCESSABLE", "data": data}
    answer = httpx.Response(422, json=refusal)
    with httpx.Client(base_url="http://x", transport=httpx.MockTransport(lambda _: answer)) as client:
        assert [one.code for one in Sender(client, "star").send(b"{}").rejected] == ["X"]


def test_a_call_larger_than_a_request_is_spread(
    server: IngestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches_module, "MAX_EVENTS", 7)
    turns = [turn("user", str(n)) for n in range(40)]
    file = write(tmp_path / "calls.jsonl", call("long", turns=turns, events=[]), call("short"))
    summary = run(server, file, tmp_path)
    assert summary.conversations == 2
    assert said(server)["long"] == [str(n) for n in range(40)]
    assert max(int(request[":events"]) for request in server.requests) == 7


def test_an_import_that_failed_goes_on_after_what_was_acknowledged(
    server: IngestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches_module, "MAX_EVENTS", 10)
    file = write(tmp_path / "calls.jsonl", "{broken", *many(20), "{broken too")
    server.fail(403, matches=lambda events: any(event["conversation_id"] == "call-10" for event in events))
    with pytest.raises(UserError):
        run(server, file, tmp_path)
    before = len(server.events)
    assert 0 < before < 100
    summary = run(server, file, tmp_path)
    assert 0 < summary.resumed_after_line <= 11
    assert len(said(server)) == 20
    # Requests beyond the failed one may have been answered before it stopped the import.
    assert summary.duplicates <= 3 * 10
    assert [entry["line"] for entry in aside(tmp_path / "calls.jsonl.rejects.jsonl")] == [1, 22]
    assert list((tmp_path / "imports").iterdir()) == []


def test_restart_ignores_what_was_done(
    server: IngestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches_module, "MAX_EVENTS", 10)
    file = write(tmp_path / "calls.jsonl", *many(20))
    server.fail(403, matches=lambda events: any(event["conversation_id"] == "call-19" for event in events))
    with pytest.raises(UserError):
        run(server, file, tmp_path)
    summary = run(server, file, tmp_path, restart=True)
    assert (summary.resumed_after_line, summary.conversations) == (0, 20)
    assert summary.duplicates > 0


def test_what_was_begun_for_one_project_is_not_resumed_for_another(
    server: IngestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches_module, "MAX_EVENTS", 10)
    file = write(tmp_path / "calls.jsonl", *many(20))
    server.fail(403, matches=lambda events: any(event["conversation_id"] == "call-19" for event in events))
    with pytest.raises(UserError):
        run(server, file, tmp_path)
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        plan = Plan(Source.of(str(file)), "other", "local", tmp_path)
        summary = Import(plan, Sender(client, "other"), lambda summary, read: None).run()
    assert summary.resumed_after_line == 0


def test_the_same_id_is_noticed_across_a_resume(
    server: IngestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches_module, "MAX_EVENTS", 10)
    file = write(tmp_path / "calls.jsonl", *many(20), call("call-0", turns=[turn("user", "an impostor")]))
    server.fail(403, matches=lambda events: any(event["conversation_id"] == "call-15" for event in events))
    with pytest.raises(UserError):
        run(server, file, tmp_path)
    summary = run(server, file, tmp_path)
    assert summary.resumed_after_line > 0
    assert [entry["code"] for entry in aside(tmp_path / "calls.jsonl.rejects.jsonl")] == ["SAME_ID"]


def test_calls_without_a_start_take_the_files_date(server: IngestServer, tmp_path: Path) -> None:
    file = write(tmp_path / "calls.jsonl", call(started_at=None))
    os.utime(file, (1_600_000_000, 1_600_000_000))
    run(server, file, tmp_path)
    assert server.events[0]["at"] == 1_600_000_000_000
    os.utime(file, (0, 0))
    assert Source.of(str(file)).fallback_ms() > 1_700_000_000_000


def test_the_date_can_be_given(server: IngestServer, tmp_path: Path) -> None:
    file = write(tmp_path / "calls.jsonl", call(started_at=None))
    run(server, file, tmp_path, started_at=1_500_000_000_000)
    assert server.events[0]["at"] == 1_500_000_000_000


def test_what_cannot_be_read_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="folder"):
        Source.of(str(tmp_path))
    with pytest.raises(InvalidInput, match="No such file"):
        Source.of(str(tmp_path / "nothing"))


IMPORT = """
import sys
from pathlib import Path
from aftercall.ingest.importer import batches
from aftercall.testing import IngestServer
from tests.ingest import importing
batches.MAX_EVENTS = 50
class Double:
    url = sys.argv[1]
summary = importing.run(Double, Path(sys.argv[2]), Path(sys.argv[3]))
print(summary.resumed_after_line, summary.conversations)
"""


def importer(server: IngestServer, file: Path, home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", IMPORT, server.url, str(file), str(home)]
    return subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True)


def holds(server: IngestServer, events: int) -> bool:
    return len(server.events) >= events


def test_kill_9_in_the_middle_loses_and_doubles_nothing(tmp_path: Path) -> None:
    file = write(tmp_path / "calls.jsonl", *many(400))
    with IngestServer() as server:
        server.delay(0.03)
        for stop_after in (200, 700, 1_300):
            process = importer(server, file, tmp_path)
            try:
                assert server.wait_for(partial(holds, server, stop_after), 30)
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait()
                assert process.stdout is not None
                process.stdout.close()
        server.recover()
        last = importer(server, file, tmp_path)
        output, _ = last.communicate(timeout=60)
        assert last.returncode == 0
        resumed, conversations = map(int, output.split())
        assert resumed >= 200  # 1,300 events were acknowledged, but for the requests then in flight
        assert resumed + conversations == 400
        assert said(server) == {f"call-{n}": [f"hello {n}"] for n in range(400)}
        assert set(Counter((one["conversation_id"], one["id"]) for one in server.events).values()) == {1}
