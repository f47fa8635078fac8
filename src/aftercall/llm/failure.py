"""What went wrong, from what a provider's library raised. Imports pydantic-ai: only ever imported lazily."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_ai import exceptions as raised

from aftercall.llm.errors import ChatCompletionError
from aftercall.llm.route import Route
from aftercall.llm.secret import scrub

SHOWN_CHARACTERS = 300


@dataclass(frozen=True)
class Failure:
    code: str
    message: str
    passing: bool = False
    """Worth another try."""
    retry_after_s: float | None = None
    maybe_billed: bool = False
    """The request was sent and its answer lost: a provider may have done the work."""

    def error(self) -> ChatCompletionError:
        return ChatCompletionError(
            self.message, code=self.code, retry_after_s=self.retry_after_s, passing=self.passing
        )


_KINDS: list[tuple[type[Exception], str, str, bool]] = [
    (raised.ModelRateLimitError, "MODEL_RATE_LIMITED", "asks to slow down", True),
    (raised.ModelQuotaExceededError, "MODEL_QUOTA_EXCEEDED", "says the account's credit is used up", False),
    (raised.ModelUnavailableError, "MODEL_UNAVAILABLE", "is unavailable", True),
    (raised.ModelServerError, "MODEL_UNAVAILABLE", "failed", True),
    (raised.ModelAuthenticationError, "MODEL_UNAUTHORIZED", "does not accept the key", False),
    (raised.ModelNotFoundError, "MODEL_NOT_FOUND", "does not know the model, or the address is wrong", False),
    (raised.ModelContextWindowExceededError, "MODEL_INPUT_TOO_LONG", "finds the input too long", False),
    (raised.ModelRequestRejectedError, "MODEL_REQUEST_REJECTED", "rejects the request", False),
    (raised.ContentFilterError, "MODEL_REFUSED", "refused to answer", False),
]  # fmt: skip
"""The first that fits: a subclass stands before its base."""
_TRY_AGAIN = frozenset({408, 409, 425})


def explain(error: Exception, route: Route, key: str | None) -> Failure:
    """The key and what looks like one are taken out of what the provider said."""
    where = f"endpoint {route.endpoint_name!r} (model {route.model!r})"
    if isinstance(error, (TimeoutError, raised.ModelTimeoutError, raised.ModelRequestTimeout)):
        message = f"{where} did not answer within {route.endpoint.timeout_s:g} s"
        return Failure("MODEL_TIMEOUT", message, passing=True, maybe_billed=True)
    if isinstance(error, raised.ModelConnectionError):
        sent = error.phase not in ("connect", "pool")
        problem = "closed the connection without an answer" if sent else "cannot be reached"
        return Failure("MODEL_UNREACHABLE", f"{where} {problem}", passing=True, maybe_billed=sent)
    for kind, code, problem, passing in _KINDS:
        if isinstance(error, kind):
            return Failure(code, where + f" {problem}" + _said(error, key), passing, _retry_after(error))
    if isinstance(error, raised.ModelHTTPError):
        passing = error.status_code in _TRY_AGAIN
        message = f"{where} answered {error.status_code}{_said(error, key)}"
        return Failure("MODEL_REQUEST_REJECTED", message, passing, _retry_after(error))
    message = f"{where} answered with something that is no completion ({type(error).__name__})"
    return Failure("MODEL_BAD_ANSWER", message, passing=True, maybe_billed=True)


def explain_run(error: raised.AgentRunError, route: Route) -> ChatCompletionError:
    """What a run of several requests ended with, when no single request failed."""
    where = f"endpoint {route.endpoint_name!r} (model {route.model!r})"
    if isinstance(error, raised.OutputTokenLimitExceeded):
        message = f"the answer of {where} is cut off: raise max_output_tokens"
        return ChatCompletionError(message, code="MODEL_TRUNCATED")
    if isinstance(error, raised.UnexpectedModelBehavior):
        message = f"the answers of {where} do not fit what was asked for{_misfits(error.__cause__)}"
        return ChatCompletionError(message, code="MODEL_OUTPUT_INVALID")
    return ChatCompletionError(
        f"the run at {where} was given up: {type(error).__name__}", code="MODEL_GAVE_UP"
    )


def _misfits(cause: BaseException | None) -> str:
    """Fields and reasons, without the values: those are the model's words about somebody's call."""
    found: list[Any] = []
    if isinstance(cause, ValidationError):
        found = cause.errors(include_url=False, include_context=False, include_input=False)
    elif isinstance(cause, raised.ToolRetryError) and isinstance(cause.tool_retry.content, list):
        found = cause.tool_retry.content
    shown = [f"{'.'.join(map(str, item['loc']))[:60] or 'answer'}: {item['msg'][:100]}" for item in found]
    return ": " + "; ".join(shown[:5]) if shown else ""


def _retry_after(error: Exception) -> float | None:
    return error.retry_after if isinstance(error, raised.ModelAPIError) else None


def _said(error: Exception, key: str | None) -> str:
    """The provider's own sentence: it is often the only thing that says which setting is wrong."""
    body: Any = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    text = inner.get("message") if isinstance(inner, dict) else inner
    if not isinstance(text, str) or not text.strip():
        return ""
    shown = scrub(" ".join(text.split()), key)
    return f': "{shown[:SHOWN_CHARACTERS]}{"..." if len(shown) > SHOWN_CHARACTERS else ""}"'
