"""A server process with post-call work, to be killed and started again, and a project for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from aftercall.jobs.attempt import outcome_id
from aftercall.model.ids import new_id
from aftercall.model.times import now_ms
from aftercall.runtime import add
from tests.jobs.desk import call

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120
SLUG = "clinic"
FAST = {
    "poll_s": 0.1,
    "fresh_s": 0.2,
    "backoff_s": [0.2, 0.4, 0.8, 1.6],
    "beat_s": 0.5,
    "dead_after_s": 2.0,
    "housekeeping_s": 0.5,
    "settle_s": 0.1,
    "stop_s": 3.0,
    "workers": 2,
}

__all__ = ["FAST", "PATIENCE_S", "SLUG", "Machine", "outcome_id"]


class Machine:
    """One server process at a time on this home; ``url`` changes with each start."""

    project = SLUG

    def __init__(
        self, home: Path, env: Mapping[str, str] | None = None, settings: Mapping[str, Any] | None = None
    ) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        self._env = dict(env or {})
        self._settings = {**FAST, **(settings or {})}
        self.process: subprocess.Popen[str] | None = None
        self.client = httpx.Client()

    def start(self) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AFTERCALL_")}
        env = {
            "AFTERCALL_HOME": str(self.home),
            "AFTERCALL_TEST_SETTINGS": json.dumps(self._settings),
            **self._env,
        }
        with (self.home / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.jobs.program"],
                cwd=ROOT,
                env={**clean, **env},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log[-3000:]
        told = json.loads(line)
        headers = {"x-api-key": told["key"], "x-aftercall-project": self.project}
        self.client.close()
        self.client = httpx.Client(base_url=told["url"], headers=headers, timeout=PATIENCE_S, trust_env=False)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        assert self._end(signal.SIGTERM) == 0, self.log[-3000:]

    def _end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(timeout=PATIENCE_S)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None
        return code

    def close(self) -> None:
        if self.process is not None:
            self.kill()
        self.client.close()

    @property
    def log(self) -> str:
        return (self.home / "server.log").read_text(errors="replace")

    # --- what is on it

    def make_project(self) -> None:
        assert self.client.post("/v1/projects", json={"slug": self.project}).status_code == 201

    def add_agent(self, end_function: str, folder: Path | None = None) -> None:
        """``end_function``: its file's text."""
        folder = folder or self.home.parent / f"agent-{new_id()}"
        (folder / "functions").mkdir(parents=True)
        (folder / "project.yaml").write_text(f"project_id: {self.project}\n")
        (folder / "functions" / "end_function.py").write_text("from _gen import *\n" + end_function)
        assert add(self.home, self.project, folder).loaded.errors == []

    def children(self) -> list[int]:
        """Pids of the processes that run the project's code."""
        assert self.process is not None
        found = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        pids = [int(pid) for path in found for pid in path.read_text().split()]
        return [pid for pid in pids if b"/runtime/child/" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    # --- telling and asking

    def tell(self, *events: dict[str, Any]) -> None:
        """Acknowledged when it returns."""
        now = now_ms()
        body = {"events": [{"id": new_id(), "at": now, **event} for event in events]}
        answer = self.client.post("/v1/ingest", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["rejected"] == []

    def call(self) -> str:
        c = new_id()
        self.tell(*call(c))
        return c

    def events(self, conversation_id: str) -> list[dict[str, Any]]:
        """Everything told of it, what attempts wrote included, as it was sent."""
        answer = self.client.get(f"/v1/conversations/{self.project}/{conversation_id}/events")
        assert answer.status_code == 200, answer.text
        return [one["event"] for one in answer.json()["events"]]

    def outcomes(self, conversation_id: str) -> list[dict[str, Any]]:
        return [event for event in self.events(conversation_id) if event["kind"] == "postcall"]

    def metrics(self, conversation_id: str) -> dict[str, Any]:
        answer = self.client.get(f"/v1/agents/{self.project}/conversations/{conversation_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["metrics"]
        return found

    def until(self, ready: Callable[[], Any], what: str = "it") -> Any:
        deadline = time.monotonic() + PATIENCE_S
        while not (found := ready()):
            assert time.monotonic() < deadline, f"waited too long for {what}\n{self.log[-3000:]}"
            time.sleep(0.05)
        return found

    def until_analysed(self, *conversations: str) -> None:
        waiting = set(conversations)

        def done() -> bool:
            for c in list(waiting):
                if any(one["status"] == "ok" for one in self.outcomes(c)):
                    waiting.discard(c)
            return not waiting

        self.until(done, f"the results of {len(conversations)} calls")
