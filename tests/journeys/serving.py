"""``aftercall serve`` as users start it, with projects that do post-call work in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from aftercall.model.ids import new_id
from tests.jobs.desk import call
from tests.jobs.machine import PATIENCE_S, ROOT, Machine


class Serving(Machine):
    """A Machine (one server process at a time, with ways to tell and ask) of the real command, with the
    real delays. ``project``: whose calls ``tell`` and ``call`` are."""

    project = "clinic"

    def start(self) -> None:
        with (self.home / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "aftercall", "serve", "--port", "0"],
                cwd=ROOT,
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
                text=True,
            )
        self.until(self._told, "the server to listen")
        self.client.close()
        told = json.loads((self.home / "server.json").read_text())
        headers = {"x-api-key": told["api_key"], "x-aftercall-project": self.project}
        self.client = httpx.Client(base_url=told["url"], headers=headers, timeout=PATIENCE_S, trust_env=False)
        self.until(lambda: self.client.get("/readyz").json().get("postcall") == "running", "post-call work")

    def _told(self) -> bool:
        """Whether server.json is this process's, not a killed one's."""
        assert self.process is not None
        assert self.process.poll() is None, self.log[-3000:]
        try:
            told: dict[str, Any] = json.loads((self.home / "server.json").read_text())
        except (FileNotFoundError, ValueError):
            return False
        return told["pid"] == self.process.pid

    @property
    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AFTERCALL_")}
        return {**clean, "AFTERCALL_HOME": str(self.home), **self._env}

    def command(self, *words: str | Path) -> str:
        """What an ``aftercall`` command printed."""
        done = subprocess.run(
            [sys.executable, "-m", "aftercall", *map(str, words)],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def call_about(self, subject: str) -> str:
        """A whole call in which the caller says this."""
        cid = new_id()
        self.tell(*({**one, "text": subject} if one.get("speaker") == "user" else one for one in call(cid)))
        return cid

    def attempts(self, conversation_id: str) -> list[dict[str, Any]]:
        answer = self.client.get(f"/v1/conversations/{self.project}/{conversation_id}/attempts")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["attempts"]
        return found

    def until_attempted(self, *conversations: str, patience_s: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + patience_s
        for c in conversations:
            while not self.attempts(c):
                assert time.monotonic() < deadline, f"no attempt at {c}\n{self.log[-3000:]}"
                time.sleep(0.1)

    def invalid(self, conversation_id: str) -> dict[str, str]:
        """Of each metric that does not fit its type, why."""
        answer = self.client.get(f"/v1/conversations/{self.project}/{conversation_id}/events")
        events = [one for one in answer.json()["events"] if one["kind"] == "metric"]
        return {
            one["event"]["name"]: one["invalid"] or one["event"]["invalid"]
            for one in events
            if one["invalid"] or one["event"].get("invalid")
        }
