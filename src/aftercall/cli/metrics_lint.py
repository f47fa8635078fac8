"""Lint of a folder: its metrics.yaml, its code, and what the server says calls wrote."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from aftercall.cli.extraction_lint import CODES as EXTRACTION_CODES
from aftercall.cli.extraction_lint import findings_in
from aftercall.errors import InvalidInput
from aftercall.metrics import builtin
from aftercall.metrics.lint import Finding, Subject, Used, lint, scan_folder
from aftercall.metrics.lint.lint import CODES
from aftercall.runtime.metrics_file import FILE, read_specs

_DAYS = {"h": 1 / 24, "d": 1, "w": 7, "mo": 30}


def findings_of(
    folder: Path, metrics: Sequence[dict[str, Any]] | None, last: str, ignore: Collection[str]
) -> tuple[list[Finding], list[str]]:
    """Findings, the worst first, and files that could not be read. ``metrics``: items of GET /v1/metrics.

    Raises InvalidInput: no such folder, no such code, a file that cannot be read.
    """
    if not folder.is_dir():
        raise InvalidInput(f"{folder} is no folder", code="AGENT_NOT_FOUND")
    codes = CODES | EXTRACTION_CODES
    wrong = [code for code in ignore if code not in codes]
    if wrong:
        raise InvalidInput(f"{wrong[0]!r} is no code of a finding; there are {', '.join(sorted(codes))}")
    if not (folder / FILE).is_file():
        raise InvalidInput(f"{folder / FILE} is not there: nothing to look at", code="METRICS_INVALID")
    file = read_specs(folder)
    scan = scan_folder(folder)
    used = None if metrics is None else {one["name"]: _used(one["usage"]) for one in metrics if _seen(one)}
    subject = Subject(
        file.specs, scan, used, days=_days(last), lines=file.lines, builtins=frozenset(builtin.BY_NAME)
    )
    extracted = [one for one in findings_in(file) if one.code not in ignore]
    return extracted + lint(subject, ignore), list(scan.unreadable)  # theirs are errors: the worst first


def _seen(item: dict[str, Any]) -> bool:
    """What is only registered, and was not written, is no name of a call."""
    usage = item["usage"]
    return bool(usage["writes"] or usage["invalid"] or usage["nulls"])


def _used(usage: dict[str, Any]) -> Used:
    values = {one["value"]: one["conversations"] for one in usage["values"]}
    return Used(
        usage["conversations"],
        usage["writes"],
        usage["invalid"],
        values,
        not usage["more_values"],
        usage["invalid_values"],
    )


def _days(last: str) -> int:
    told = re.fullmatch(r"(\d+)(h|d|w|mo)", last)
    return 36_500 if told is None else max(1, round(int(told[1]) * _DAYS[told[2]]))
