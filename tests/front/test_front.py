"""The front itself: it must answer as a ClickHouse server would, or tests behind it prove nothing."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import clickhouse_connect
import httpx
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from tests.front.handle import FrontHandle, front
from tests.front.request import MAX_FIELD_VALUE, MAX_URI


@pytest.fixture(scope="module")
def handle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontHandle]:
    with front(tmp_path_factory.mktemp("front") / "engine") as running:
        yield running


def connect(handle: FrontHandle, compress: bool | str = False) -> Client:
    client: Client = clickhouse_connect.get_client(
        host="127.0.0.1", port=handle.port, autogenerate_session_id=False, compress=compress
    )
    return client


@pytest.fixture
def client(handle: FrontHandle) -> Iterator[Client]:
    with connect(handle) as one:
        one.command("CREATE OR REPLACE TABLE t (a UInt32, s String) ENGINE = MergeTree ORDER BY a")
        yield one


def test_the_handshake_learns_version_and_settings(client: Client) -> None:
    assert client.server_version is not None
    assert client.server_version.count(".") == 3
    assert client.server_settings["max_threads"].readonly == 0
    assert client.ping()


HOSTILE = ["", "a'b", "back\\slash", "tab\tline\nfeed", "{x:String}", "ключ 🗝", "a;b--c", "\x01\x00\x7f"]


@pytest.mark.parametrize("compress", [False, True])
def test_values_are_bound_whole_and_never_become_sql(handle: FrontHandle, compress: bool) -> None:
    with connect(handle, compress="gzip" if compress else False) as client:
        query = "SELECT {one:String} AS one, {many:Array(String)} AS many"
        for text in HOSTILE:
            rows = client.query(query, parameters={"one": text, "many": HOSTILE}).result_rows
            assert rows == [(text, HOSTILE)]


def test_json_lines_go_in_and_come_out(client: Client) -> None:
    lines = b"".join(b'{"a":%d,"s":"x;\\ny %d"}\n' % (i, i) for i in range(5000))
    client.raw_insert("t", insert_block=lines, fmt="JSONEachRow")
    assert client.query("SELECT count(), sum(a) FROM t").result_rows == [(5000, 12_497_500)]
    out = client.raw_query("SELECT a, s FROM t ORDER BY a LIMIT 2", fmt="JSONCompactEachRow")
    assert out == b'[0, "x;\\ny 0"]\n[1, "x;\\ny 1"]\n'


def test_inserts_in_the_native_format_and_compressed(handle: FrontHandle, client: Client) -> None:
    client.insert("t", [[1, "one"], [2, "two"]], column_names=["a", "s"])
    with connect(handle, compress="gzip") as other:
        other.insert("t", [[3, "three"]], column_names=["a", "s"])
    body = gzip.compress(b'{"a":4,"s":"four"}')
    client.raw_insert("t", insert_block=body, fmt="JSONEachRow", compression="gzip")
    assert client.query("SELECT s FROM t ORDER BY a").result_columns == [["one", "two", "three", "four"]]


def test_commands_answer_values_or_nothing(client: Client) -> None:
    assert client.command("SELECT 7") == 7
    assert client.command("SELECT s FROM t WHERE 0") == ""
    client.command("INSERT INTO t VALUES (1, 'x'), (2, 'y')")
    client.command("ALTER TABLE t DELETE WHERE s IN {gone:Array(String)}", parameters={"gone": ["x"]})
    assert client.query("SELECT s FROM t").result_rows == [("y",)]


def test_errors_carry_the_engines_code(client: Client) -> None:
    with pytest.raises(DatabaseError) as caught:
        client.query("SELECT * FROM nowhere")
    assert caught.value.code == 60
    with pytest.raises(DatabaseError, match="CANNOT_PARSE"):
        client.raw_insert("t", insert_block=b'{"a":"word"}', fmt="JSONEachRow")
    assert client.query("SELECT count() FROM t").result_rows == [(0,)]


def test_settings_hold_for_their_request_only(handle: FrontHandle) -> None:
    ask = "SELECT value FROM system.settings WHERE name = 'max_threads'"
    with httpx.Client(base_url=f"http://127.0.0.1:{handle.port}") as http:  # one connection, so one thread
        default = http.post("/", content=ask).text
        assert http.post("/?max_threads=3", content=ask).text == "3\n" != default
        assert http.post("/", content=ask).text == default
        assert http.post("/?max_thread=3", content=ask).headers["X-ClickHouse-Exception-Code"] == "115"


def test_a_parameter_over_the_servers_limit_is_refused_as_there(client: Client) -> None:
    fits = "x" * MAX_FIELD_VALUE
    assert client.query("SELECT length({p:String})", parameters={"p": fits}).result_rows == [(len(fits),)]
    with pytest.raises((DatabaseError, OperationalError), match="Field value too long"):
        client.query("SELECT length({p:String})", parameters={"p": fits + "x"})


def test_a_long_address_is_refused_as_there(handle: FrontHandle) -> None:
    for length, status in ((MAX_URI - 1_000, 200), (MAX_URI + 1, 414)):
        connection = HTTPConnection("127.0.0.1", handle.port)
        fields = "&".join(f"param_{i}={'x' * 99_990}" for i in range(length // 100_000))
        target = f"/?query=SELECT+1&{fields}"
        connection.request("GET", target + "&param_rest=" + "x" * (length - len(target) - 12))
        assert connection.getresponse().status == status
        connection.close()


def test_many_clients_at_once(handle: FrontHandle, client: Client) -> None:
    def work(number: int) -> None:
        with connect(handle) as mine:
            for i in range(5):
                row = b'{"a":%d,"s":"t"}' % (number * 5 + i)
                mine.raw_insert("t", insert_block=row, fmt="JSONEachRow")
                assert mine.query("SELECT 1").result_rows == [(1,)]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.query("SELECT count(), uniqExact(a) FROM t").result_rows == [(40, 40)]


def test_what_was_acknowledged_survives_kill_9_of_the_front(tmp_path: Path) -> None:
    make = "CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a SETTINGS fsync_after_insert = 1"
    with front(tmp_path / "engine") as first, connect(first) as one:
        one.command(make)
        one.raw_insert("t", insert_block=b'{"a":5}', fmt="JSONEachRow")
    with front(tmp_path / "engine") as second, connect(second) as other:
        assert other.command("SELECT a FROM t") == 5


@pytest.mark.parametrize("run", [True, False])
def test_a_statement_can_be_held_and_then_runs_or_not(handle: FrontHandle, client: Client, run: bool) -> None:
    failures: list[Exception] = []

    def insert() -> None:
        with connect(handle) as other:
            try:
                other.command("INSERT INTO t VALUES (1, 'held')")
            except OperationalError as failure:
                failures.append(failure)

    handle.hold("VALUES .*held")
    thread = threading.Thread(target=insert)
    thread.start()
    while not handle.held:
        assert client.query("SELECT count() FROM t").result_rows == [(0,)]  # others pass meanwhile
    handle.release(run=run)
    thread.join()
    assert client.query("SELECT count() FROM t").result_rows == [(int(run),)]
    assert len(failures) == (not run)
