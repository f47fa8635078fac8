"""What an answer means: only an account of every event acknowledges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.errors import Unprocessable, error_body
from aftercall.sdk.verdict import Answer, Meaning, judge
from tests.sdk.fakes import acknowledged, refused


def answer(status: int, told: Any) -> Answer:
    return Answer(status, {}, msgspec.json.encode(told))


def test_all_accepted() -> None:
    verdict = judge(acknowledged(3), 3)
    assert verdict.meaning is Meaning.ACKNOWLEDGED
    assert verdict.rejected == []


def test_some_rejected() -> None:
    verdict = judge(acknowledged(3, 1), 3)
    assert verdict.meaning is Meaning.ACKNOWLEDGED
    assert [(one.position, one.code, one.reason) for one in verdict.rejected] == [(1, "BAD", "no")]


def test_nothing_accepted_comes_as_422_with_the_verdicts_as_data() -> None:
    data = {"accepted": 0, "duplicates": 0, "rejected": [{"position": 0, "code": "BAD", "reason": "no"}]}
    verdict = judge(answer(422, error_body(Unprocessable("none", data=data))), 1)
    assert verdict.meaning is Meaning.ACKNOWLEDGED
    assert len(verdict.rejected) == 1


@pytest.mark.parametrize(
    "told",
    [
        {"accepted": 2, "duplicates": 0, "rejected": []},
        {"accepted": 4, "duplicates": 0, "rejected": []},
        {"accepted": 2, "duplicates": 0, "rejected": [{"position": 3, "code": "x"}]},
        {"accepted": 2, "duplicates": 0, "rejected": [{"position": -1, "code": "x"}]},
        {"accepted": 2, "duplicates": 0, "rejected": ["x"]},
        {"accepted": "3", "duplicates": 0, "rejected": []},
        {"accepted": 3},
        {"ok": True},
        [],
        "ok",
    ],
)
def test_a_friendly_answer_that_does_not_account_for_all_is_no_acknowledgement(told: Any) -> None:
    assert judge(answer(200, told), 3).meaning is Meaning.RETRY


def test_a_page_of_html_is_no_acknowledgement() -> None:
    assert judge(Answer(200, {}, b"<html>Welcome to the hotel WiFi</html>"), 1).meaning is Meaning.RETRY


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (400, Meaning.SPLIT),
        (413, Meaning.SPLIT),
        (422, Meaning.SPLIT),
        (401, Meaning.CONFIGURATION),
        (403, Meaning.CONFIGURATION),
        (404, Meaning.CONFIGURATION),
        (301, Meaning.CONFIGURATION),
        (405, Meaning.CONFIGURATION),
        (408, Meaning.RETRY),
        (429, Meaning.RETRY),
        (500, Meaning.RETRY),
        (502, Meaning.RETRY),
        (503, Meaning.RETRY),
        (599, Meaning.RETRY),
    ],
)
def test_statuses(status: int, meaning: Meaning) -> None:
    verdict = judge(refused(status, "SOME_CODE"), 3)
    assert verdict.meaning is meaning
    assert str(status) in verdict.reason
    assert "SOME_CODE" in verdict.reason
    assert judge(Answer(status, {}, b"<html>"), 3).meaning is meaning


@pytest.mark.parametrize("code", ["PROJECT_REQUIRED", "SCHEMA_TOO_NEW"])
def test_what_is_wrong_with_the_client_is_not_the_events_fault(code: str) -> None:
    assert judge(refused(400, code), 3).meaning is Meaning.CONFIGURATION
    assert judge(refused(422, code), 3).meaning is Meaning.CONFIGURATION


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("99999999999999", 3600.0),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("1.5", None),
    ],
)
def test_retry_after_seconds(told: str, seconds: float | None) -> None:
    assert judge(refused(503, retry_after=told), 1).retry_after_s == seconds


def test_retry_after_a_date() -> None:
    later = datetime.now(UTC) + timedelta(seconds=90)
    told = judge(refused(429, retry_after=format_datetime(later, usegmt=True)), 1).retry_after_s
    assert told is not None
    assert 80 < told <= 90
    past = datetime.now(UTC) - timedelta(seconds=90)
    assert judge(refused(429, retry_after=format_datetime(past)), 1).retry_after_s == 0.0


@given(status=st.integers(200, 599), body=st.binary(max_size=50), header=st.text(max_size=20))
def test_no_answer_is_too_odd(status: int, body: bytes, header: str) -> None:
    verdict = judge(Answer(status, {"retry-after": header}, body), 2)
    assert verdict.meaning is not Meaning.ACKNOWLEDGED
