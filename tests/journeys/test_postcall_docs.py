"""docs/postcall.md does what it says."""

from __future__ import annotations

import hashlib
import hmac
import time
from pathlib import Path
from typing import Any

import pytest

from aftercall.jobs import signature
from aftercall.jobs.attempt import PRINTED
from aftercall.jobs.settings import LOST_AFTER_MINUTES, Settings
from tests.docs import Reader, blocks_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "postcall.md"


@pytest.mark.slow
def test_every_block_runs(tmp_path: Path) -> None:
    home = {"AFTERCALL_HOME": str(tmp_path / "home"), "AFTERCALL_PORT": "0"}
    with Reader(PAGE, tmp_path, home) as reader:
        reader.read()
    printed = "\n".join(reader.output)
    assert "whsec_" in printed
    assert "https://crm.example.com/hooks/aftercall" in printed


def test_the_receiver_of_the_page_knows_what_is_genuine() -> None:
    (block,) = (one for one in blocks_of(PAGE) if one.file == "receiver.py")
    names: dict[str, Any] = {}
    exec(compile(block.source, str(PAGE), "exec"), names)  # noqa: S102 - our own page
    is_genuine = names["is_genuine"]

    def headers(at: int, body: bytes, secret: str = "s3cret") -> dict[str, str]:
        return {
            signature.TIMESTAMP_HEADER: str(at),
            signature.SIGNATURE_HEADER: signature.sign(secret, at, body),
        }

    now = int(time.time())
    assert is_genuine("s3cret", headers(now, b"{}"), b"{}")
    assert not is_genuine("s3cret", headers(now, b"{}"), b"{ }")
    assert not is_genuine("s3cret", headers(now, b"{}", "other"), b"{}")
    assert not is_genuine("s3cret", headers(now - 3_600, b"{}"), b"{}")
    assert not is_genuine("s3cret", {**headers(now, b"{}"), signature.TIMESTAMP_HEADER: "soon"}, b"{}")
    by_hand = hmac.new(b"s3cret", f"{now}.".encode() + b"{}", hashlib.sha256).hexdigest()
    assert by_hand == headers(now, b"{}")[signature.SIGNATURE_HEADER]


def test_the_numbers_are_those_of_the_code() -> None:
    page, settings = PAGE.read_text(), Settings(Path("/h"), "sqlite:////h/jobs.db")
    assert (
        settings.backoff_s == (5, 20, 60, 180)
        and "5 seconds, 20 seconds, one minute and three minutes" in page
    )
    assert settings.delivery_backoff_s == (5, 30, 120, 600, 3_600, 4 * 3_600, 12 * 3_600)
    assert "after 5 and 30\nseconds, 2 and 10 minutes, 1, 4 and 12 hours" in page
    for told in (
        f"for {LOST_AFTER_MINUTES:g} minutes",
        f"waited for, {settings.grace_s:g} seconds",
        f"within {settings.delivery_timeout_s:g} seconds",
        f"{settings.concurrency} per server, {settings.per_project} per project",
        f"{PRINTED:,} characters",
        f"| {settings.seconds:g} s, {settings.memory_mb} MiB |",
        f"| Functions of one version at once | {settings.workers} |",
        f"noticed within {settings.dead_after_s:g} seconds",
    ):
        assert told in page, told
