"""Hypothesis strategies for what nobody should send: wrong types, huge numbers, NaN, NUL, half surrogate
pairs, bytes that are no UTF-8, impossible clocks, in events that are otherwise nearly right."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from aftercall.model.events import EVENT_TYPES, KINDS
from tests.web.calls import START

NAN, LONE, RAW = "@@nan@@", "@@lone@@", "@@raw@@"
"""Stand-ins within an event, put into its JSON text afterwards: no JSON writer makes these."""

texts = st.text(max_size=30) | st.sampled_from(
    [
        "",
        "\0",
        "a\0b",
        LONE,
        RAW,
        "🙂",
        "\u202e",
        "'; DROP TABLE events; --",
        "{x:String}",
        "<script>",
        "%00",
        "x" * 2_000,
    ]
)
huge = st.sampled_from([2**53, 2**63, 2**64, -(2**63) - 1, 10**30, -(10**400), 1e308, -1e-320, 10**4_000])
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | huge
values = st.recursive(
    scalars | texts | st.just(NAN),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
times = (
    st.integers(START - 10**6, START + 10**6)
    | st.sampled_from(
        ["2026-03-01T09:30:00Z", "2026-03-01", "0001-01-01", "9999-12-31T23:59:59-23:59", "soon", ""]
    )
    | st.sampled_from([0, -1, 1e300, 10**30, 253402300800000, 946684799999])
)
NEARLY: dict[str, Any] = {
    "conversation_id": st.sampled_from(["one", "two", "three"]) | texts,
    "id": st.sampled_from(["a", "b", "c"]) | texts,
    "at": times,
    "started_at": times,
    "ended_at": times,
    "seq": st.integers(-3, 2**53 + 2),
    "last_seq": st.integers(-3, 2**53 + 2),
    "source": st.sampled_from(["agent", "human", "import", "system", "extraction", "nobody"]),
    "speaker": st.sampled_from(["user", "agent", "bot"]),
    "name": st.sampled_from(["BOOKED", "WAIT", "WAIT?", "Größe"]) | texts,
    "index": st.integers(0, 2),
    "target": st.sampled_from(["a", "b", "c"]),
    "tags": st.lists(texts, max_size=3),
    "set": st.dictionaries(
        texts, values | st.sampled_from([{"$datetime": "x"}, {"$timedelta": [1e308]}]), max_size=3
    ),
}


def event_of(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """All fields there or not, most of them nearly right, some of the wrong type."""
    fields = EVENT_TYPES[kind].__struct_fields__
    nearly = {name: NEARLY.get(name, texts) | values for name in fields}
    needed: dict[str, Any] = {
        name: NEARLY.get(name, texts)
        for name in ("conversation_id", "speaker", "text", "name", "content", "message", "target")
        if name in fields
    }
    must: dict[str, Any] = {"kind": st.just(kind), **needed}
    return st.fixed_dictionaries(must, optional={k: v for k, v in nearly.items() if k not in needed})


# Not erasure: it would rightly take the neighbours' conversations away.
events = (
    st.sampled_from([kind for kind in KINDS if kind != "erasure"]).flatmap(event_of)
    | values
    | st.dictionaries(texts, values, max_size=4)
)


def written(event: Any) -> bytes:
    """Its JSON, with what no JSON may hold."""
    text = json.dumps(event).encode()
    return (
        text.replace(f'"{NAN}"'.encode(), b"NaN")
        .replace(LONE.encode(), b"\\ud800")
        .replace(RAW.encode(), b"\xff\xfe")
    )
