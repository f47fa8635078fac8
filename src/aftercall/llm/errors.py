"""What a model call can end with.

AftercallError
├── ChatCompletionError   502  asked, and there is no usable answer; ``code`` says why
│   └── SpendCapReached   429  not asked: the project's money for today could be passed
└── NotAvailable          501
    └── ModelNotConfigured      not asked: no model is configured; also a NotImplementedError
"""

from __future__ import annotations

from typing import ClassVar

from aftercall.errors import AftercallError, NotAvailable


class ChatCompletionError(AftercallError):
    """A model was asked and there is no usable answer.

    Codes: MODEL_RATE_LIMITED, MODEL_QUOTA_EXCEEDED, MODEL_UNAVAILABLE, MODEL_UNREACHABLE, MODEL_TIMEOUT,
    MODEL_UNAUTHORIZED, MODEL_NOT_FOUND, MODEL_INPUT_TOO_LONG, MODEL_REQUEST_REJECTED, MODEL_BAD_ANSWER (not
    what the protocol says), MODEL_REFUSED, MODEL_TRUNCATED, MODEL_EMPTY, MODEL_JSON_INVALID (no JSON object
    in the text), MODEL_OUTPUT_INVALID (not of the type that was asked for, after all repairs), MODEL_GAVE_UP
    (an agent's run of several requests), MODEL_LEDGER_FAILED, MODEL_REDACTION_FAILED, MODEL_CLOSED.

    The message never holds a key, nor text of ours; what the provider said may be in it, shortened.
    """

    status: ClassVar[int] = 502
    default_code: ClassVar[str] = "MODEL_FAILED"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        retry_after_s: float | None = None,
        passing: bool = False,
    ) -> None:
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s
        """Seconds that the provider asked to wait, when it did."""
        self.passing = passing
        """Whether the same call can succeed later by itself (rate limits, outages, timeouts)."""


class SpendCapReached(ChatCompletionError):
    """The call could take the project over its daily spend cap. The day is UTC's; ``passing`` is True."""

    status = 429
    default_code = "SPEND_CAP_REACHED"


class ModelNotConfigured(NotAvailable, NotImplementedError):
    """No model stands behind the name. What projects expect of a ``prompt_llm`` that is not turned on."""

    default_code = "MODEL_NOT_CONFIGURED"
