"""Code that takes more than it may: memory, processes, output, events, files."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.runtime.conftest import NewRunner
from tests.runtime.evil import MIB, left_running, run_evil


def test_printing_more_than_anybody_reads(runner: NewRunner) -> None:
    began = time.monotonic()
    _, outcome = run_evil(runner, "import os\nwhile True: os.write(1, b'x' * 1000000)", output_bytes=20 * MIB)
    assert (outcome.failure, outcome.error) == ("output", f"it printed more than {20 * MIB} bytes")
    assert len(outcome.stdout) < 64 * 1024 and "bytes left out" in outcome.stdout
    assert time.monotonic() - began < 20


def test_printing_is_kept_at_both_ends(runner: NewRunner) -> None:
    _, outcome = run_evil(
        runner,
        """
            import sys
            print('first')
            for n in range(50_000): print(n)
            print('last \\ud800', file=sys.stderr)
        """,
    )
    assert outcome.stdout.startswith("first\n0\n1\n") and outcome.stdout.endswith("\n49999\n")
    assert outcome.stderr == "last \\ud800\n"


def test_writing_events_without_end(runner: NewRunner) -> None:
    _, outcome = run_evil(runner, "while True: conv.write_metric('MORE', 1)", events=500)
    assert outcome.failure == "output"
    assert outcome.error is not None and outcome.error.endswith("the first 500 are kept")
    assert len(outcome.events) == 500


def test_one_enormous_event(runner: NewRunner) -> None:
    _, outcome = run_evil(runner, "conv.log.info('x' * 10_000_000)")
    assert outcome.failure == "output"


def test_an_enormous_result(runner: NewRunner) -> None:
    _, outcome = run_evil(runner, "return 'x' * 10_000_000")
    assert outcome.failure == "output"


def test_a_result_that_is_no_json(runner: NewRunner) -> None:
    _, outcome = run_evil(
        runner, "loop = []; loop.append(loop); return [conv, {1: {2}}, float('nan'), loop, '\\ud800']"
    )
    assert outcome.ok
    assert outcome.value[:3] == ["Conversation('call-1')", {"1": [2]}, "nan"]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="memory is watched on Linux only")
@pytest.mark.parametrize(
    "body",
    [
        "x = bytearray(3_000_000_000)",
        "x = []\nwhile True: x.append(bytearray(1_000_000))",
        """
            import os, time
            for _ in range(4):
                if os.fork() == 0:
                    x = bytearray(60_000_000); time.sleep(60)
            time.sleep(60)
        """,
    ],
    ids=["at once", "bit by bit", "in processes"],
)
def test_eating_memory(runner: NewRunner, body: str) -> None:
    _, outcome = run_evil(runner, body, memory_bytes=150 * MIB)
    assert outcome.failure == "memory"


def test_files_are_bounded_and_no_core_is_dumped(runner: NewRunner) -> None:
    project = runner(
        tell="""
        import resource, tempfile

        def tell(conv):
            with tempfile.TemporaryFile() as file:
                file.write(b"x" * 3_000_000)
        """,
        core="""
            import resource

            def core(conv):
                return list(resource.getrlimit(resource.RLIMIT_CORE))
        """,
    )
    project.pool.limits = replace(project.pool.limits, file_bytes=MIB)
    assert project("tell").error == "OSError: [Errno 27] File too large"
    assert project("core").value == [0, 0]


@pytest.mark.parametrize(
    "body",
    [
        "import os\nwhile True: os.fork()",
        "import subprocess\nwhile True: subprocess.Popen(['sleep', '60'])",
    ],
    ids=["fork", "spawn"],
)
def test_starting_processes_without_end(runner: NewRunner, body: str) -> None:
    project, outcome = run_evil(runner, body, processes=20)
    assert outcome.failure in ("processes", "exited", "exception")
    assert not left_running(project)
