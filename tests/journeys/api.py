"""Asks servers over HTTP, as any client would."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import httpx

from tests.servers import Server

Json = dict[str, Any]


class Api:
    """One server; `at` follows it through restarts."""

    def __init__(self, server: Server) -> None:
        self._http = httpx.Client(timeout=60, trust_env=False)
        self.at(server)

    def at(self, server: Server) -> None:
        self.server = server
        self._http.base_url = httpx.URL(server.url)
        self._http.headers["x-api-key"] = server.key

    def create_project(self, slug: str) -> None:
        assert self._http.post("/v1/projects", json={"slug": slug}).status_code == 201

    def post(self, project: str, events: list[Json]) -> httpx.Response:
        body = json.dumps({"schema": 1, "events": events})
        return self._http.post("/v1/ingest", content=body, headers={"x-aftercall-project": project})

    def told(self, project: str, events: list[Json]) -> tuple[int, int, list[tuple[int, str]]]:
        """Accepted, duplicates, and (position, code) of what was refused."""
        answer = self.post(project, events)
        assert answer.status_code in (200, 422), answer.text
        verdict = answer.json() if answer.status_code == 200 else answer.json()["data"]
        refused = [(one["position"], one["code"]) for one in verdict["rejected"]]
        return verdict["accepted"], verdict["duplicates"], refused

    def get(self, project: str, conversation_id: str) -> Json | None:
        """The agents API's conversation, None where there is none."""
        answer = self._http.get(f"/v1/agents/{project}/conversations/{quote(conversation_id, safe='')}")
        if answer.status_code == 404:
            assert answer.json()["error_code"] == "CONVERSATIONS_NOT_FOUND", answer.text
            return None
        return _good(answer)

    def list(self, project: str, environment: str = "live", limit: int = 5000, **which: str) -> list[Json]:
        """All v3 conversations of an environment, page by page."""
        found: list[Json] = []
        cursor: dict[str, str] = {}
        while True:
            params = {"client_env": environment, "limit": str(limit), **which, **cursor}
            page = _good(self._http.get(f"/v3/default/{project}/conversations", params=params))
            found += page["conversations"]
            if page["cursor"] is None:
                return found
            cursor = {"cursor": page["cursor"]}

    def registry(self, project: str) -> dict[str, tuple[str, str]]:
        """Name to (type, column)."""
        metrics = _good(self._http.get(f"/v1/projects/{project}/registry"))["metrics"]
        return {metric["name"]: (metric["type"], metric["column"]) for metric in metrics}

    def meter(self, name: str) -> float:
        """The sum of a Prometheus counter or gauge over its labels."""
        lines = self._http.get("/metrics").text.splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1]) for line in lines if line.partition("{")[0].split(" ")[0] == name
        )

    def close(self) -> None:
        self._http.close()


def _good(answer: httpx.Response) -> Json:
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found
