"""What stands in the tables, read past the product: through the front, or from a stopped server's path."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

Row = dict[str, Any]
Read = Callable[[list[str]], list[list[Row]]]
"""Rows of each of these statements."""

_CHILD = """
import json, sys, chdb
connection = chdb.connect(sys.argv[1])
connection.query("SET output_format_json_quote_64bit_integers = 0")
for statement in json.load(sys.stdin):
    print(json.dumps(connection.query(statement, "JSONEachRow").data()))
connection.close()
"""


def read_path(path: Path) -> Read:
    """From a chDB path that no process has open. In a child: this process must stay free of chDB."""

    def read(statements: list[str]) -> list[list[Row]]:
        child = [sys.executable, "-c", _CHILD, str(path)]
        out = subprocess.run(child, input=json.dumps(statements), text=True, capture_output=True, timeout=120)
        assert out.returncode == 0, out.stderr
        return [_rows(json.loads(line)) for line in out.stdout.splitlines()]

    return read


def read_front(port: int) -> Read:
    """From a running front."""

    def read(statements: list[str]) -> list[list[Row]]:
        found = []
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as http:
            for statement in statements:
                answer = http.post(
                    "/?output_format_json_quote_64bit_integers=0", content=f"{statement} FORMAT JSONEachRow"
                )
                assert answer.status_code == 200, answer.text
                found.append(_rows(answer.text))
        return found

    return read


def _rows(lines: str) -> list[Row]:
    return [json.loads(line) for line in lines.splitlines() if line]


def project_rows(read: Read, project_id: int) -> tuple[list[Row], list[Row], list[Row]]:
    """(wide rows, events, turns) of a project as every query of the product sees them."""
    final = "SETTINGS do_not_merge_across_partitions_select_final = 1"
    times = "toUnixTimestamp64Milli"
    wide, events, turns = read(
        [
            f"SELECT * REPLACE ({times}(started_at) AS started_at, {times}(ended_at) AS ended_at, "
            f"{times}(last_event_at) AS last_event_at, {times}(last_received_at) AS last_received_at, "
            f"arrayMap(time -> {times}(time), write_times) AS write_times) "
            f"FROM aftercall.conversations_{project_id} FINAL {final}",
            f"SELECT * REPLACE ({times}(at) AS at, {times}(received_at) AS received_at) "
            f"FROM aftercall.events FINAL WHERE project_id = {project_id} {final}",
            f"SELECT * REPLACE ({times}(at) AS at, {times}(started_at) AS started_at) "
            f"FROM aftercall.turns FINAL WHERE project_id = {project_id} {final}",
        ]
    )
    return wide, events, turns
