"""The server's HTTP API as the commands use it: JSON in, JSON out, our errors instead of statuses."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from aftercall.cli.exits import Refusal
from aftercall.errors import InternalError, InvalidInput, Unavailable

_NO_PARAMETER = None


def segment(value: str) -> str:
    """A value as one segment of a path; ids may contain anything, slashes included."""
    return quote(value, safe="")


class Api:
    """Raises Refusal (4xx, 501), Unavailable (no answer, 503) or InternalError (5xx)."""

    def __init__(self, client: httpx.Client, server: str, home: Path) -> None:
        self.client = client
        self.server = server
        """The server's name for this command's own records: "local", or its URL."""
        self.home = home
        """Where this command keeps such records."""

    def get(self, path: str, *, project: str | None = None, **params: Any) -> Any:
        sent = {key: value for key, value in params.items() if value is not _NO_PARAMETER}
        return self._ask("GET", path, project, params=sent)

    def post(self, path: str, body: Any = None, *, project: str | None = None) -> Any:
        return self._ask("POST", path, project, json=body)

    def patch(self, path: str, body: Any, *, project: str | None = None) -> Any:
        return self._ask("PATCH", path, project, json=body)

    def put(self, path: str, body: Any, *, project: str | None = None) -> Any:
        return self._ask("PUT", path, project, json=body)

    def delete(self, path: str, *, project: str | None = None) -> Any:
        return self._ask("DELETE", path, project)

    def project(self, wanted: str | None) -> str:
        """``wanted``, else AFTERCALL_PROJECT, else the only project there is."""
        wanted = wanted or os.environ.get("AFTERCALL_PROJECT")
        if wanted:
            return wanted
        slugs = [project["slug"] for project in self.projects()]
        if len(slugs) == 1:
            return str(slugs[0])
        if not slugs:
            raise InvalidInput(
                "there is no project yet: `aftercall projects create NAME` makes one", code="PROJECT_MISSING"
            )
        raise InvalidInput(
            f"there are several projects ({', '.join(slugs[:10])}): say which with --project",
            code="PROJECT_MISSING",
        )

    def account(self, slug: str) -> str:
        """The account that the project is of; for one there is none of, the server's answer will say so."""
        found = (project["account_id"] for project in self.projects() if project["slug"] == slug)
        return next(found, "default")

    def projects(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/v1/projects")["projects"]
        return found

    def _ask(self, method: str, path: str, project: str | None, **request: Any) -> Any:
        headers = {"x-aftercall-project": project} if project else {}
        try:
            response = self.client.request(method, path, headers=headers, **request)
        except httpx.TransportError as error:
            raise Unavailable(
                f"the server at {self.client.base_url} does not answer ({error}): is it running?"
                " `aftercall serve` starts one",
                code="UNREACHABLE",
            ) from error
        return answered(response)


def answered(response: httpx.Response) -> Any:
    """What a response says, or the error that it tells of."""
    try:
        body = response.json() if response.content else None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InternalError(
            f"what answers at {response.url} is no aftercall server (status {response.status_code})",
            code="WRONG_SERVER",
        ) from error
    if response.is_success:
        return body
    told = body if isinstance(body, dict) else {}
    message = str(told.get("error_message") or f"the server answered {response.status_code}")
    code = str(told.get("error_code") or "REFUSED")
    if response.status_code == 503:
        raise Unavailable(message, code=code)
    if response.status_code >= 500 and response.status_code != 501:
        raise InternalError(f"{message} (error id {told.get('error_id')})", code=code)
    raise Refusal(message, code=code, http_status=response.status_code)
