"""One error shape, whoever noticed: the router, the framework, a key check, a handler, the store."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI

from aftercall.config import Config
from aftercall.errors import InternalError, Unavailable
from aftercall.web.app import create_app
from tests.servers import Server
from tests.web.asgi import ask
from tests.web.calls import assert_error

CASES = [
    ("GET", "/nowhere", {}, 404, "ROUTE_NOT_FOUND"),
    ("DELETE", "/v1/ingest", {}, 405, "METHOD_NOT_ALLOWED"),
    ("GET", "/v1/projects", {"headers": {"x-api-key": ""}}, 401, "UNAUTHORIZED"),
    ("GET", "/v1/projects", {"headers": {"x-api-key": "ac_live_" + "0" * 64}}, 401, "UNAUTHORIZED"),
    ("GET", "/v3/default/nobody/conversations", {}, 404, "PROJECT_NOT_FOUND"),
    ("GET", "/v3/default/NO SLUG!/conversations", {}, 404, "PROJECT_NOT_FOUND"),
    ("GET", "/v3/elsewhere/nobody/conversations", {}, 403, "FORBIDDEN"),
    ("POST", "/v1/ingest", {"json": {"events": []}}, 400, "PROJECT_REQUIRED"),
    ("GET", "/v1/rejects?limit=x", {}, 400, "INVALID_INPUT"),
    ("POST", "/v1/projects", {"content": b"{"}, 400, "INVALID_BODY"),
    ("POST", "/v1/projects", {"json": {"slug": "a", "slag": 1}}, 400, "INVALID_BODY"),
    ("POST", "/v1/projects", {"json": {"slug": "No Slug"}}, 400, "INVALID_SLUG"),
    ("POST", "/v1/keys", {"json": {"name": "x", "scopes": ["reed"]}}, 400, "INVALID_BODY"),
    ("DELETE", "/v1/keys/999999", {}, 404, "KEY_NOT_FOUND"),
    ("DELETE", "/v1/keys/x", {}, 400, "INVALID_INPUT"),
    ("GET", "/adk/v1/accounts/default/projects/a/custom-metrics", {}, 404, "PROJECT_NOT_FOUND"),
    ("POST", "/adk/v1/accounts/default/projects/a/custom-metrics", {"json": {}}, 400, "INVALID_BODY"),
    ("PATCH", "/adk/v1/accounts/other/projects/a/custom-metrics/X", {"json": {}}, 403, "FORBIDDEN"),
    ("GET", "/adk/v1/accounts/default/projects/a/custom-metrics/export", {}, 404, "PROJECT_NOT_FOUND"),
    ("POST", "/adk/v1/accounts/default/projects/a/custom-metrics/import", {}, 400, "INVALID_BODY"),
    ("GET", "/v1/metrics", {}, 400, "PROJECT_REQUIRED"),
    ("GET", "/v1/agents/a/conversations/c/audio", {}, 501, "NOT_AVAILABLE"),
    ("GET", "/v1/agents/a/conversations/c/audio?direction=up", {}, 400, "INVALID_INPUT"),
]


@pytest.mark.parametrize(("method", "path", "request_", "status", "code"), CASES, ids=lambda v: str(v)[:40])
def test_every_failure_has_the_one_shape(
    server: Server, method: str, path: str, request_: dict[str, object], status: int, code: str
) -> None:
    answer = server.client().request(method, path, **request_)  # type: ignore[arg-type]
    assert len(assert_error(answer, status, code)) > 10


def test_good_answers_carry_the_correlation_header_too(server: Server) -> None:
    first, second = (server.client().get("/v1/projects") for _ in range(2))
    assert first.status_code == 200
    assert len(first.headers["X-PolyAI-Correlation-Id"]) == 32
    assert first.headers["X-PolyAI-Correlation-Id"] != second.headers["X-PolyAI-Correlation-Id"]


def failing_app(home: Path, error: Exception) -> FastAPI:
    config = Config.from_env({"AFTERCALL_HOME": str(home)})
    app = create_app(config)

    @app.get("/fails")
    async def fails() -> None:
        raise error

    return app


def test_an_unexpected_failure_says_nothing_of_the_inside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answer = ask(failing_app(tmp_path, KeyError("secret-detail")), "/fails")
    message = assert_error(answer, 500, "INTERNAL_ERROR")
    assert "secret-detail" not in answer.text
    assert answer.json()["error_id"] in message
    (record,) = [record for record in caplog.records if record.name == "aftercall.web.errors"]
    assert answer.json()["error_id"] in record.getMessage()
    assert record.exc_info is not None


def test_a_failure_of_ours_is_logged_with_its_id(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    answer = ask(failing_app(tmp_path, InternalError("the registry is upside down")), "/fails")
    assert_error(answer, 500, "INTERNAL_ERROR")
    assert answer.json()["error_id"] in caplog.text


def test_who_is_told_to_wait_is_told_how_long(tmp_path: Path) -> None:
    answer = ask(failing_app(tmp_path, Unavailable("busy")), "/fails")
    assert_error(answer, 503, "UNAVAILABLE")
    assert answer.headers["Retry-After"] == "1"


def test_before_it_is_open_the_server_says_so(tmp_path: Path) -> None:
    app = create_app(Config.from_env({"AFTERCALL_HOME": str(tmp_path)}))
    assert ask(app, "/healthz").json() == {"status": "alive"}
    assert "starting" in assert_error(ask(app, "/readyz"), 503, "NOT_READY")
    assert_error(ask(app, "/v1/projects", {"x-api-key": "x"}), 503, "UNAVAILABLE")
    app.state.services.stop_taking()
    assert "stopping" in assert_error(ask(app, "/readyz"), 503, "NOT_READY")
