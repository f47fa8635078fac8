"""Plans, findings and metrics as lines for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from aftercall.metrics.lint import Finding

_MARKS = {"add": "+", "change": "~", "remove": "-"}
_LONGEST = 70


def told_plan(plan: dict[str, Any]) -> Iterator[str]:
    """Every change, what it does to the values there are, and what was changed behind the file's back."""
    for change in plan["changes"]:
        yield from _change(change)
    for drift in plan["drift"]:
        told = ", ".join(_difference(one) for one in drift["differences"])
        after = "the file says so too" if drift["kept"] else "applying takes it back"
        yield f"! {drift['name']}: changed since the last apply: {told}; {after}"
    if plan["unmanaged"]:
        names = ", ".join(plan["unmanaged"][:8]) + (", ..." if len(plan["unmanaged"]) > 8 else "")
        yield f"{len(plan['unmanaged'])} in the registry and not in the file, left alone: {names}"
    yield _sum(plan)


def _change(change: dict[str, Any]) -> Iterator[str]:
    mark, name = _MARKS[change["action"]], change["name"]
    if change["action"] == "remove":
        yield f"{mark} {name}: deactivate; its column and its values stay"
    elif change["action"] == "add":
        yield f"{mark} {name}: {change['type']}"
    else:
        yield f"{mark} {name}: {', '.join(_difference(one) for one in change['differences'])}"
    preview = change["preview"]
    if preview and preview["conversations"]:
        yield f"    {_outcome(preview)}"
        for sample in preview["samples"]:
            if sample["becomes"] is None:
                yield f"    {_short(sample['written'])} ({sample['conversations']}): {sample['reason']}"


def _outcome(preview: dict[str, Any]) -> str:
    total, checked = preview["conversations"], preview["checked"]
    of = f"of {total}" if checked == total else f"of the newest {checked} of {total}"
    return (
        f"{of} conversations that wrote it {preview['converts']} convert,"
        f" {preview['invalid']} become invalid, {preview['null']} stay unknown"
    )


def _difference(one: dict[str, Any]) -> str:
    return f"{one['field']} {_short(one['before'])} -> {_short(one['after'])}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _sum(plan: dict[str, Any]) -> str:
    counts = dict.fromkeys(_MARKS, 0)
    for change in plan["changes"]:
        counts[change["action"]] += 1
    if not plan["changes"]:
        return f"nothing to do: {plan['unchanged']} are as the file says"
    return (
        f"{counts['add']} to add, {counts['change']} to change, {counts['remove']} to deactivate,"
        f" {plan['unchanged']} as they are"
    )


def questions(plan: dict[str, Any]) -> bool:
    """Whether somebody should look first: values are read anew, or something is taken away or back."""
    if any(not drift["kept"] for drift in plan["drift"]):
        return True
    return any(
        change["action"] == "remove" or (change["reprojects"] and _has_values(change))
        for change in plan["changes"]
    )


def _has_values(change: dict[str, Any]) -> bool:
    """Where nobody counted (there were too many changes for that) there may be some."""
    preview = change["preview"]
    return change["action"] == "change" if preview is None else bool(preview["conversations"])


def told_findings(findings: Sequence[Finding]) -> Iterator[str]:
    for one in findings:
        place = f" [{one.place}]" if one.place else ""
        yield f"{one.severity} {one.code}{place}: {one.message}"
        yield f"    {one.effect}"
        yield f"    {one.suggestion}"
        for line in (one.patch or "").splitlines():
            yield f"      | {line}"
    errors, warnings = (sum(one.severity == kind for one in findings) for kind in ("error", "warning"))
    yield f"{errors} errors, {warnings} warnings, {len(findings) - errors - warnings} hints"


def row(item: dict[str, Any]) -> tuple[str, ...]:
    """name, type, calls, last written, meaning."""
    usage = item["usage"]
    notes = [item["kind"]] if item["kind"] != "registered" else ["entered by itself"] if item["auto"] else []
    notes += [] if item["active"] else ["deactivated"]
    notes += [f"changed since the last apply: {', '.join(item['drifted'])}"] if item["drifted"] else []
    means = item["definition"] + (f" ({'; '.join(notes)})" if notes else "")
    return (
        item["name"],
        item["type"],
        "" if usage is None else str(usage["conversations"]),
        "" if usage is None else str(usage["last_written"] or "never")[:16].replace("T", " "),
        means.strip(),
    )


def told_metric(item: dict[str, Any]) -> Iterator[str]:
    """Every field that says something, then what was written."""
    for field, value in item.items():
        if field != "usage" and value not in (None, "", [], {}):
            yield f"{field}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
    usage = item["usage"]
    if usage is None:
        return
    yield (
        f"written in {usage['conversations']} conversations, {usage['writes']} times, last"
        f" {usage['last_written'] or 'never'}; {usage['invalid']} do not fit, {usage['nulls']} say unknown"
    )
    if usage["numbers"]:
        yield ", ".join(f"{name} {value:g}" for name, value in usage["numbers"].items())
    for one in usage["values"]:
        yield f"  {one['conversations']:>8}  {_short(one['value'])}"
    if usage["more_values"]:
        yield "  and others"
