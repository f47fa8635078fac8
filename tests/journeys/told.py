"""What may be told of a conversation: Hypothesis strategies for events of every kind, most of them odd.

Times are few and close together, so that ties, echoes and corrections meet all the time; some lie in
another month, which is another partition of the store.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from aftercall.model.times import now_ms

DAY = 86_400_000
BASE = (now_ms() // DAY - 3) * DAY
"""Midnight, three days ago."""
MOMENTS = [BASE + i * 1_000 for i in range(12)] + [BASE + 1, BASE - 45 * DAY, BASE - 400 * DAY]
STARTS = [BASE - 1, BASE - 45 * DAY, BASE - 46 * DAY, BASE - 400 * DAY, BASE + 500, BASE + DAY]
WRONG_CLOCKS = [0, 915_148_800_000, 9_000_000_000_000]
"""1970, 1999 and 2255: no clock that goes right told these."""
METRICS = ["BOOKED", "BOOKED", "REASON", "SCORE", "Größe der Gruppe", "a`b;--"]
VALUES = [
    True,
    False,
    1,
    0,
    2.5,
    -3,
    12_345_678,
    "yes",
    "No",
    "2.50",
    "billing",
    "",
    "Ünïcode \x07 '\"\\",
    None,
    ["a", 1],
]

moments = st.sampled_from(MOMENTS)
sources = st.sampled_from(["agent"] * 6 + ["human", "extraction", "import", "system"])
words = st.sampled_from(["", "hello", "I'd like to book", "sí, mañana", "one two three", "\x00 NUL", "🙂"])
flags = st.sampled_from([False, False, True])


def said(
    kind: str, required: dict[str, Any] | None = None, **optional: Any
) -> st.SearchStrategy[dict[str, Any]]:
    """An event of this kind without ids; each of the optional fields is there or not."""
    must = {"kind": st.just(kind), "at": moments, **(required or {})}
    return st.fixed_dictionaries(must, optional={"seq": st.integers(0, 9), "source": sources, **optional})


FACTS: dict[str, Any] = {
    "started_at": st.sampled_from(STARTS + WRONG_CLOCKS),
    "channel": st.sampled_from(["voice", "chat", "sms"]),
    "environment": st.sampled_from(["live", "live", "sandbox"]),
    "direction": st.sampled_from(["inbound", "outbound"]),
    "from_number": st.sampled_from(["+441632960000", "anonymous"]),
    "to_number": st.just("+441632960111"),
    "language": st.sampled_from(["en-GB", "es-ES"]),
    "variant_id": st.sampled_from(["v1", "v2"]),
    "variant_name": st.sampled_from(["calm", "brisk"]),
    "agent_version": st.just("abc123"),
    "tags": st.lists(st.sampled_from(["vip", "test", "ß"]), max_size=2),
    "attributes": st.dictionaries(
        st.sampled_from(["crm", "note"]), st.sampled_from([1, "x", None]), max_size=2
    ),
}
KINDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "start": said("start", **FACTS),
    "update": said("update", **FACTS),
    "turn": said(
        "turn",
        {"speaker": st.sampled_from(["user", "agent"]), "text": words},
        index=st.integers(0, 2),
        interrupted=flags,
        is_silence=flags,
        is_ood=flags,
        latency_ms=st.sampled_from([0, 812.5]),
        ended_at=st.sampled_from([*MOMENTS[:3], MOMENTS[5] + 250, *WRONG_CLOCKS]),
        dtmf=st.just("12#"),
        translated_text=st.just("good day"),
        intents=st.just(["book"]),
    ),
    "metric": said(
        "metric",
        {"name": st.sampled_from(METRICS)},
        value=st.sampled_from(VALUES),
        write_once=st.booleans(),
    ),
    "bad_metric": said(
        "metric", {"name": st.sampled_from(METRICS), "value": st.just("<object>"), "invalid": st.just("why")}
    ),
    "function_call": said(
        "function_call",
        {"name": st.sampled_from(["book", "look up", "ç`--"])},
        error=st.just("no slot"),
        arguments=st.just({"day": "Mon"}),
    ),
    "flow": said(
        "flow", flow=st.sampled_from(["booking", "main", None]), step=st.sampled_from(["ask", "pay", ""])
    ),
    "state": said(
        "state",
        set=st.dictionaries(st.sampled_from(["a", "b", "ç"]), st.sampled_from([1, "x", [1, {"y": None}]])),
        deleted=st.lists(st.sampled_from(["a", "b"]), max_size=1),
    ),
    "log": said("log", {"content": words}, is_pii=flags),
    "sms": said("sms", content=words),
    "handoff": said(
        "handoff",
        destination=st.sampled_from(["billing", "front desk"]),
        reason=st.sampled_from(["asked", ""]),
    ),
    "error": said("error", {"message": words}),
    "end": said(
        "end",
        ended_at=st.sampled_from([BASE + 60_000, BASE - 44 * DAY, *WRONG_CLOCKS]),
        reason=st.sampled_from(["completed", "user_hangup"]),
        last_seq=st.integers(0, 12),
    ),
    "postcall": said(
        "postcall",
        {"attempt": st.just("1"), "status": st.sampled_from(["ok", "failed"]), "at": st.just(BASE + 90_000)},
    ),
    "custom": said(
        "custom", {"name": st.just("api_response")}, data=st.just({"ok": True}), unknown=st.just(1)
    ),
}
"""The kinds that say something of a call. Retractions and erasures are rules of their own."""

RIVALS = ["metric", "metric", "metric", "start", "update", "end", "handoff", "turn", "state"]
"""Kinds of which one event may overrule another."""

rivals = st.sampled_from(RIVALS).flatmap(lambda kind: st.lists(KINDS[kind], min_size=4, max_size=9))
"""Several events of one kind."""
anything = st.one_of([KINDS["turn"], KINDS["metric"], KINDS["metric"], *KINDS.values()])
