"""What a call leaves behind in its process: put back, or gone with the process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aftercall.runtime import Limits, Pool, Snapshot, in_place
from tests.runtime.conftest import NewProject, NewRunner, metrics
from tests.runtime.evil import left_running, run_evil

LEFT = {
    "a child": "import subprocess; subprocess.Popen(['sleep', '1000'])",
    "a daemon": "import subprocess; subprocess.Popen(['sh', '-c', 'sleep 1000 &']).wait()",
    "another session": "import subprocess; subprocess.Popen(['sleep', '1000'], start_new_session=True)",
    "a fork": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)",
}


def test_a_fork_that_returns_from_the_function_is_not_heard(runner: NewRunner) -> None:
    _, outcome = run_evil(
        runner,
        "import os\npid = os.fork()\nconv.write_metric('TWICE')\nif pid: os.waitpid(pid, 0)\nreturn pid > 0",
    )
    assert outcome.value is True
    assert [event["name"] for event in outcome.events] == ["BEFORE", "TWICE"]
    assert "what a forked process writes to conv is not recorded" in outcome.stderr


@pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="detached processes are found on Linux only"
)
@pytest.mark.parametrize("body", LEFT.values(), ids=LEFT)
def test_processes_left_running_are_ended(runner: NewRunner, body: str) -> None:
    project, outcome = run_evil(runner, body)
    assert outcome.ok
    assert outcome.recycled == ["a process it started was still running"]
    assert not left_running(project)


def test_threads_left_running(runner: NewRunner) -> None:
    body = """
        import threading, time
        threading.Thread(target=time.sleep, args=(1000,), name='mine', daemon=True).start()
    """
    _, outcome = run_evil(runner, body)
    assert outcome.ok
    assert outcome.recycled == ["its thread 'mine' was still running"]


def test_threads_that_end_soon_are_waited_for(runner: NewRunner) -> None:
    body = """
import threading, time
def later():
    time.sleep(0.2)
    conv.write_metric("LATER")
threading.Thread(target=later).start()
"""
    _, outcome = run_evil(runner, body)
    assert metrics(outcome) == {"BEFORE": ..., "LATER": ...}
    assert outcome.recycled == []


def test_an_idle_thread_pool_of_the_project_is_no_harm(runner: NewRunner) -> None:
    project = runner(
        tell="""
        import os
        from concurrent.futures import ThreadPoolExecutor

        POOL = ThreadPoolExecutor(2)

        def tell(conv):
            return [POOL.submit(os.getpid).result() for _ in range(3)][0]
        """
    )
    outcomes = [project("tell") for _ in range(3)]
    assert len({outcome.value for outcome in outcomes}) == 1
    assert [outcome.recycled for outcome in outcomes] == [[], [], []]


def test_what_a_call_changes_of_its_process_is_put_back(runner: NewRunner) -> None:
    body = "import os, signal\nos.environ['X'] = '1'; os.environ.pop('PATH'); os.chdir('/'); signal.alarm(1)"
    _, outcome = run_evil(runner, body)
    assert outcome.recycled == []
    look = """
        def look(conv):
            import os, time
            time.sleep(1.2)
            return [os.environ.get('X'), 'PATH' in os.environ, os.getcwd()]
    """
    later = runner(
        evil=f"""
            def evil(conv):
                conv.write_metric('BEFORE')
                {body.splitlines()[0]}
                {body.splitlines()[1]}
        """,
        look=look,
    )
    later("evil")
    assert later("look").value == [None, True, str(later.agent.folder)]


def test_signal_handlers_go_with_their_process(runner: NewRunner) -> None:
    _, outcome = run_evil(runner, "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    assert outcome.recycled == ["it changed signal handlers"]


def test_closing_standard_output(runner: NewRunner) -> None:
    _, outcome = run_evil(runner, "import os, sys; sys.stdout.close(); os.close(1); os.close(2)")
    assert outcome.ok
    assert outcome.recycled == ["it closed or replaced standard output"]


def test_replacing_standard_output(runner: NewRunner) -> None:
    project, outcome = run_evil(
        runner, "import io, sys; sys.stdout = sys.stderr = io.StringIO(); print('lost')"
    )
    assert outcome.ok and outcome.recycled == []
    assert project("good").ok


def test_the_environment_holds_nothing_of_the_servers(
    runner: NewRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFTERCALL_API_KEY", "s3cret")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    outcome = runner(tell="def tell(conv):\n    import os\n    return dict(os.environ)\n")("tell")
    allowed = {
        "PATH",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "TZ",
        "TZDIR",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "HOME",
        "TMPDIR",
    }
    assert outcome.value.keys() <= allowed
    assert outcome.value["HOME"] == outcome.value["TMPDIR"] != os.environ.get("HOME")


def test_variables_that_are_declared_do_reach_it(home: Path, new_project: NewProject) -> None:

    agent = in_place(
        new_project(
            {"functions/tell.py": "import os\n\ndef tell(conv):\n    return os.environ['HTTPS_PROXY']\n"}
        )
    )
    with Pool(home, limits=Limits(env={"HTTPS_PROXY": "http://proxy:1"})) as pool:
        assert pool.call(agent, "tell", Snapshot("c")).value == "http://proxy:1"
