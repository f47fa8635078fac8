"""In production nothing an agent passes breaks its call, and all it says are events that a server takes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aftercall.ingest.judge import Judge
from aftercall.model.events import event_decoder
from aftercall.model.times import now_ms
from aftercall.sdk import Conversation
from aftercall.sdk.intake import encode
from aftercall.testing import RecordingSink
from tests.sdk.evil import EVIL, Maker, anything, real, texts

METHODS = {
    "write_metric": 2,
    "add_turn": 2,
    "record_function_call": 5,
    "flow": 3,
    "goto_flow": 1,
    "goto_step": 2,
    "handoff": 2,
    "call_handoff": 5,
    "send_sms": 4,
    "send_sms_template": 2,
    "set_language": 1,
    "set_variant": 1,
    "custom": 2,
    "error": 2,
    "retract": 2,
    "correct_start": 1,
    "start": 1,
    "end": 2,
}
"""Method -> how many positional arguments it takes."""
KEYWORDS = (
    *("at", "ended_at", "interrupted", "latency_ms", "dtmf", "intents", "is_ood", "index", "seq", "kind"),
    *(
        "tags",
        "attributes",
        "language",
        "started_at",
        "channel",
        "unknown",
        "self",
        "conversation_id",
        "source",
    ),
)


def said(sink: RecordingSink) -> list[Any]:
    """Every event as the wire schema decodes it, and each one accepted by a server's own judge."""
    bodies = [msgspec.json.encode(event) for event in sink.events]
    judged = Judge(now_ms(), may_erase=False).all(bodies)
    assert [(refused.code, refused.reason) for refused in judged.rejections] == []
    return [event_decoder.decode(body) for body in bodies]


def production() -> tuple[Conversation, RecordingSink]:
    sink = RecordingSink("production")
    return Conversation(client=sink), sink


@given(name=st.one_of(texts, anything), value=anything, write_once=st.one_of(st.booleans(), anything))
def test_write_metric(name: Any, value: Any, write_once: Any) -> None:
    conv, sink = production()
    conv.write_metric(real(name), real(value), write_once=real(write_once))
    assert sink.faults == []
    assert [event.name for event in said(sink) if type(event).__name__ == "Metric"]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), name=st.sampled_from(sorted(METHODS)))
def test_every_method(data: st.DataObject, name: str) -> None:
    conv, sink = production()
    count = METHODS[name]
    args = data.draw(st.lists(anything, min_size=count, max_size=count))
    given_by_position = {"add_turn": (), "start": ("at",), "correct_start": ("started_at",)}
    keywords: dict[str, Any] = {}
    if name in given_by_position:
        names = [keyword for keyword in KEYWORDS if keyword not in given_by_position[name]]
        keywords = data.draw(st.dictionaries(st.sampled_from(names), anything, max_size=4))
    getattr(conv, name)(*real(args), **real(keywords))
    assert sink.faults == []
    assert said(sink)


@given(
    level=st.sampled_from(["info", "warning", "error"]),
    args=st.lists(anything, max_size=4),
    fields=st.dictionaries(st.sampled_from(["content", "is_pii", "level", "self", "error", "x"]), anything),
)
def test_log(level: str, args: list[Any], fields: dict[str, Any]) -> None:
    conv, sink = production()
    getattr(conv.log, level)(*real(args), **real(fields))
    assert sink.faults == []
    (line,) = said(sink)
    assert line.level == level


@given(key=texts, value=anything)
def test_state(key: str, value: Any) -> None:
    conv, sink = production()
    conv.state[key] = real(value)
    conv.end()
    assert sink.faults == []
    assert said(sink)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=50)
@given(told=st.dictionaries(st.sampled_from([*KEYWORDS, "id", "project", "variant_id", "env"]), anything))
def test_the_conversation_itself(told: dict[str, Any]) -> None:
    sink = RecordingSink("production")
    told.pop("self", None)
    conv = Conversation(client=sink, **real(told))
    conv.start()
    conv.end()
    assert sink.faults == []
    assert {type(event).__name__ for event in said(sink)} >= {"Start", "End"}


@pytest.mark.parametrize("evil", EVIL)
def test_evil_objects_in_every_place(evil: Maker) -> None:
    make = evil.make
    conv, sink = production()
    for name, count in METHODS.items():
        getattr(conv, name)(*[make() for _ in range(count)])
    conv.log.info(make(), make(), x=make())
    conv.state.x = make()
    conv.custom("deep", {"a": [make()]})
    assert sink.faults == []
    assert len(said(sink)) > len(METHODS)


def test_a_fault_of_the_sdk_itself_is_kept_from_the_call_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("our own")

    conv, sink = production()
    monkeypatch.setattr("aftercall.sdk.conversation.read_speaker", broken)
    assert conv.add_turn("user", "x") == ""
    assert [(what, type(error)) for what, error in sink.faults] == [("add_turn", ZeroDivisionError)]
    sink.mode = "development"
    with pytest.raises(ZeroDivisionError):
        conv.add_turn("user", "x")


def test_a_wrong_number_of_arguments_is_a_fault_like_any_other() -> None:
    conv, sink = production()
    conv.add_turn("user")  # type: ignore[call-arg]
    conv.handoff("desk", "why", "too many")  # type: ignore[misc]
    assert [what for what, _ in sink.faults] == ["add_turn", "handoff"]


def test_items_encode_as_they_were_put() -> None:
    conv, sink = production()
    items: list[Any] = []
    sink.put = lambda item, size=0: items.append(item)  # type: ignore[method-assign]
    conv.write_metric("A", 1)
    conv.write_metric("B", "x")
    assert [msgspec.json.decode(encode(item))["name"] for item in items] == ["A", "B"]
