"""What each method of a conversation says on the wire, and what an agent project reads back."""

from __future__ import annotations

import asyncio
import gc
import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from aftercall.errors import InvalidInput
from aftercall.sdk import AgentResponse, Conversation, UserInput, WrongType
from aftercall.testing import FakeConversation, RecordingSink, recording


def last(conv: FakeConversation) -> dict[str, Any]:
    return conv.events[-1]


def test_the_start_tells_every_fact() -> None:
    conv = FakeConversation(
        id="call-1",
        project="clinic",
        channel="chat",
        environment="sandbox",
        caller_number="+441",
        callee_number="+442",
        language="en-GB",
        variant_id="v1",
        variant_name="warm",
        direction="inbound",
        attributes={"crm": 7, "when": datetime(2026, 3, 1)},
        tags=["vip"],
        agent_version="1.2",
    )
    conv.start(at="2026-03-01T09:30:00Z", language="en-US")
    (start,) = conv.events
    assert start.pop("id")
    assert start == {
        "kind": "start",
        "conversation_id": "call-1",
        "at": 1772357400000,
        "seq": 1,
        "channel": "chat",
        "environment": "sandbox",
        "from_number": "+441",
        "to_number": "+442",
        "language": "en-US",
        "variant_id": "v1",
        "variant_name": "warm",
        "direction": "inbound",
        "attributes": {"crm": 7, "when": "2026-03-01T00:00:00"},
        "tags": ["vip"],
        "agent_version": "1.2",
    }


def test_facts_are_read_by_the_names_that_agent_projects_know() -> None:
    conv = recording(env="pre-release", caller_number="+441", to_number="+442", channel_type="sms")
    assert (conv.env, conv.environment) == ("pre-release", "pre-release")
    assert (conv.caller_number, conv.from_number) == ("+441", "+441")
    assert (conv.callee_number, conv.to_number) == ("+442", "+442")
    assert (conv.channel, conv.channel_type) == ("sms", "sms")
    assert conv.language is None
    conv.set_language("fr")
    conv.set_variant("B")
    assert (conv.language, conv.variant_name) == ("fr", "B")
    assert [event["kind"] for event in conv.events[1:]] == ["update", "update"]
    with pytest.raises(AttributeError, match="update"):
        conv.language = "de"


def test_without_an_id_a_new_one() -> None:
    first, second = Conversation(client=RecordingSink()), Conversation(client=RecordingSink())
    assert len(first.id) == 36
    assert first.id < second.id or first.id[:13] == second.id[:13]
    assert first.id != second.id


def test_an_id_of_a_provider() -> None:
    assert Conversation(client=RecordingSink(), id="CA123").id == "CA123"
    sink = RecordingSink("production")
    number = Conversation(client=sink, id=12345)  # type: ignore[arg-type]
    assert number.id == "12345"
    long = Conversation(client=sink, id="x" * 600)
    assert len(long.id) <= 512
    assert long.id == Conversation(client=sink, id="x" * 600).id
    assert long.id != Conversation(client=sink, id="x" * 601).id
    with pytest.raises(WrongType, match="512"):
        Conversation(client=RecordingSink(), id="x" * 600)


def test_facts_without_a_start_are_told_but_not_a_beginning() -> None:
    conv = FakeConversation(id="of-another-process", language="en")
    conv.write_metric("M")
    conv.write_metric("M")
    update, first, second = conv.events
    assert (update["kind"], update["language"]) == ("update", "en")
    assert not {"started_at", "channel", "environment"} & update.keys()
    assert (first["seq"], second["seq"]) == (2, 3)


def test_a_second_process_does_not_number() -> None:
    conv = FakeConversation(id="of-another-process", numbered=False)
    conv.write_metric("M")
    conv.end()
    assert all("seq" not in event for event in conv.events)
    assert "last_seq" not in last(conv)
    assert len({event["id"] for event in conv.events}) == 2


def test_turns_and_history() -> None:
    conv = recording()
    conv.add_turn("agent", "Hello", ended_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC), latency_ms=420)
    conv.add_turn(
        "caller", "Hi", interrupted=True, dtmf="1#", is_ood=True, intents=["greet"], index=3, language="en"
    )
    conv.add_turn("user", "", is_silence=True)
    agent, user, silence = conv.events_of("turn")
    assert (agent["speaker"], agent["text"], agent["latency_ms"], agent["ended_at"]) == (
        "agent",
        "Hello",
        420,
        1772357400000,
    )
    assert (user["speaker"], user["interrupted"], user["dtmf"], user["index"]) == ("user", True, "1#", 3)
    assert (user["intents"], user["is_ood"], user["language"]) == (["greet"], True, "en")
    assert silence["is_silence"] is True
    assert conv.history == [AgentResponse("Hello"), UserInput("Hi"), UserInput("")]
    assert "AgentResponse" in str(conv.history[0].__class__)
    assert [said.role for said in conv.history] == ["agent", "user", "user"]
    assert conv.history[1].to_dict() == {"type": "UserInput", "text": "Hi"}
    assert [said.to_string() for said in conv.history] == ["Agent: Hello", "User: Hi", "User: "]


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        (datetime(2026, 3, 1, 9, 30), 1772357400000),
        (datetime(2026, 3, 1, 10, 30, tzinfo=timezone(timedelta(hours=1))), 1772357400000),
        (1772357400000, 1772357400000),
        (1772357400000.9, 1772357400000),
        ("2026-03-01T09:30:00", 1772357400000),
    ],
)
def test_times(value: Any, ms: int) -> None:
    conv = recording()
    conv.add_turn("user", "x", at=value)
    assert last(conv)["at"] == ms


def test_seconds_are_told_from_milliseconds() -> None:
    with pytest.raises(WrongType, match="looks like seconds"):
        recording().add_turn("user", "x", at=1772357400.5)
    conv = recording(mode="production")
    conv.add_turn("user", "x", at=1772357400)
    assert last(conv)["at"] == 1772357400000


@pytest.mark.parametrize(
    "call",
    [
        lambda conv: conv.add_turn("robot", "x"),
        lambda conv: conv.add_turn("user", None),
        lambda conv: conv.add_turn("user", "x", latency_ms="fast"),
        lambda conv: conv.add_turn("user", "x", latency_ms=float("nan")),
        lambda conv: conv.add_turn("user", "x", latency=3),
        lambda conv: conv.add_turn("user", "x", at="yesterday"),
        lambda conv: conv.record_function_call(None),
        lambda conv: conv.handoff(7),
        lambda conv: conv.goto_flow(["F"]),
        lambda conv: conv.custom(""),
        lambda conv: conv.start(colour="red"),
        lambda conv: conv.update(tags="vip"),
        lambda conv: conv.end(3),
    ],
)
def test_mistakes_raise_in_development_and_are_told_on_the_conversation_in_production(call: Any) -> None:
    with pytest.raises(WrongType) as raised:
        call(recording())
    assert isinstance(raised.value, InvalidInput)
    conv = recording(mode="production")
    call(conv)
    assert conv.sink.faults == []
    assert [event["level"] for event in conv.events_of("log")] == ["warning"]
    assert len(conv.events) == 3  # the start, the warning, and what was said as well as it could be


def test_complaints_do_not_fill_a_conversation() -> None:
    conv = recording(mode="production")
    for _ in range(500):
        conv.add_turn("robot", "x")
    assert len(conv.events_of("log")) == 100
    assert len(conv.events_of("turn")) == 500


def test_further_fields_of_a_turn_survive_but_cannot_forge_an_event() -> None:
    conv = recording(mode="production")
    conv.add_turn("user", "x", mood="calm", seq=99, kind="end", conversation_id="other")
    turn = conv.events_of("turn")[0]
    assert turn["mood"] == "calm"
    assert turn["conversation_id"] == conv.id
    assert turn["seq"] != 99


def test_function_calls() -> None:
    conv = recording()
    conv.record_function_call("find", {"day": "mon"}, [1, 2], duration_ms=12.5, at=1772357400000)
    conv.record_function_call("book", error=ValueError("no slot"))
    found, failed = conv.events_of("function_call")
    assert (found["arguments"], found["result"], found["duration_ms"]) == ({"day": "mon"}, [1, 2], 12.5)
    assert found["at"] == 1772357400000
    assert failed["error"] == "ValueError: no slot"


def test_timing_a_block() -> None:
    conv = recording()
    with conv.function_call("find", {"day": "mon"}) as call:
        call.result = "10:00"
    with pytest.raises(KeyError), conv.function_call("book"):
        raise KeyError("gone")
    found, failed = conv.events_of("function_call")
    assert found["result"] == "10:00"
    assert found["duration_ms"] >= 0
    assert failed["error"] == "KeyError: 'gone'"


def test_timing_functions_plain_and_async() -> None:
    conv = recording()

    @conv.timed
    def find(conv: Any, day: str, *, limit: int = 3) -> str:
        return f"{day}:{limit}"

    @conv.timed
    async def book(slot: str) -> str:
        await asyncio.sleep(0)
        raise RuntimeError(slot)

    assert find(conv, "mon", limit=1) == "mon:1"
    assert find.__name__ == "find"
    with pytest.raises(RuntimeError):
        asyncio.run(book("10:00"))
    found, failed = conv.events_of("function_call")
    assert (found["name"], found["arguments"], found["result"]) == (
        "find",
        {"day": "mon", "limit": 1},
        "mon:1",
    )
    assert (failed["name"], failed["arguments"], failed["error"]) == (
        "book",
        {"slot": "10:00"},
        "RuntimeError: 10:00",
    )


def test_flows_and_steps() -> None:
    conv = recording()
    conv.goto_flow("Booking")
    assert (conv.current_flow, conv.current_step) == ("Booking", None)
    conv.goto_step("Ask date", "why")
    assert (conv.current_flow, conv.current_step) == ("Booking", "Ask date")
    conv.exit_flow()
    assert (conv.current_flow, conv.current_step) == (None, None)
    moves = [(move.get("flow"), move.get("step"), move.get("label")) for move in conv.events_of("flow")]
    assert moves == [("Booking", None, None), ("Booking", "Ask date", "why"), (None, None, None)]


def test_handoffs() -> None:
    conv = recording()
    conv.call_handoff("desk", "complex", "One moment", {"X-Id": "7"}, "sip:desk")
    handoff = last(conv)
    expected = {"destination": "desk", "reason": "complex", "utterance": "One moment", "route": "sip:desk"}
    assert expected.items() <= handoff.items()
    assert handoff["sip_headers"] == {"X-Id": "7"}
    assert conv.handoff("desk") == last(conv)["id"]


def test_text_messages() -> None:
    conv = recording()
    conv.send_sms(to_number="+441", from_number="+442", content="Your link")
    conv.send_sms_template("+441", "confirmation")
    message, template = conv.events_of("sms")
    assert (message["to"], message["content"], message["from_number"]) == ("+441", "Your link", "+442")
    assert (template["to"], template["template"]) == ("+441", "confirmation")


def test_logs() -> None:
    conv = recording()
    conv.log.info("Booked", True, clinic="Leeds", error=ValueError("x"), level="mine")
    conv.log.warning(content="odd", is_pii=False)
    conv.log.error("bad")
    info, warning, error = conv.events_of("log")
    assert (info["content"], info.get("level", "info"), info["is_pii"]) == ("Booked", "info", True)
    assert info["fields"] == {"clinic": "Leeds", "error": "ValueError: x", "level": "mine"}
    assert (warning["content"], warning["level"], "is_pii" in warning) == ("odd", "warning", False)
    assert error["level"] == "error"


def test_custom_events_corrections_and_retractions() -> None:
    conv = recording()
    event_id = conv.custom("crm.lookup", {"found": True})
    assert last(conv)["data"] == {"found": True}
    conv.retract(event_id, "wrong caller")
    assert (last(conv)["target"], last(conv)["reason"]) == (event_id, "wrong caller")
    conv.correct_start("2026-03-01T09:30:00Z", direction="outbound")
    assert last(conv)["kind"] == "update"
    assert (last(conv)["started_at"], last(conv)["direction"]) == (1772357400000, "outbound")
    assert conv.direction == "outbound"


def test_errors_carry_their_traceback() -> None:
    conv = recording()
    try:
        raise ValueError("bad")
    except ValueError as error:
        conv.error(error, where="lookup")
    assert last(conv)["message"] == "ValueError: bad"
    assert "test_errors_carry_their_traceback" in last(conv)["traceback"]
    assert last(conv)["where"] == "lookup"
    conv.error("text only")
    assert "traceback" not in last(conv)
    conv.error("text", traceback="line 1")
    assert last(conv)["traceback"] == "line 1"


def test_the_end_says_how_many_events_there_were_and_hurries() -> None:
    conv = recording()
    conv.write_metric("M")
    conv.end("user_hangup", at=1772357400000)
    assert last(conv)["kind"] == "end"
    assert (last(conv)["seq"], last(conv)["last_seq"], last(conv)["at"]) == (3, 3, 1772357400000)
    assert last(conv)["reason"] == "user_hangup"
    assert conv.sink.hurried == 1


def test_with_a_conversation() -> None:
    with FakeConversation() as conv:
        conv.add_turn("user", "x")
    assert [event["kind"] for event in conv.events] == ["start", "turn", "end"]
    assert last(conv)["reason"] == "completed"
    with FakeConversation() as conv:
        conv.start(language="en")
        conv.end("user_hangup")
    assert [event["kind"] for event in conv.events] == ["start", "start", "end"]


def test_with_a_conversation_that_breaks() -> None:
    conv = FakeConversation()
    with pytest.raises(ZeroDivisionError), conv:
        _ = 1 / 0
    assert [event["kind"] for event in conv.events] == ["start", "error", "end"]
    assert conv.events[1]["message"] == "ZeroDivisionError: division by zero"
    assert "1 / 0" in conv.events[1]["traceback"]
    assert last(conv)["reason"] == "error"


def test_with_a_conversation_whose_task_is_cancelled() -> None:
    conv = FakeConversation()

    async def call() -> None:
        async with conv:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(call())
    assert [event["kind"] for event in conv.events] == ["start", "end"]
    assert last(conv)["reason"] == "cancelled"


def test_numbers_and_order_with_many_threads_and_conversations() -> None:
    sink = RecordingSink("production")
    conversations = [Conversation(client=sink, id=f"call-{number}") for number in range(5)]
    gate = threading.Barrier(8)

    def work(thread: int) -> None:
        gate.wait()
        for number in range(200):
            conversation = conversations[(thread + number) % 5]
            conversation.write_metric("M", number)
            conversation.add_turn("user", "x")
            conversation.state[f"{thread}-{number % 7}"] = number

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for conversation in conversations:
        conversation.end()
    events = sink.events
    for conversation in conversations:
        own = [event for event in events if event["conversation_id"] == conversation.id]
        assert sorted(event["seq"] for event in own) == list(range(1, len(own) + 1))
        assert len({event["id"] for event in own}) == len(own)
        assert own[-1]["last_seq"] == len(own)
    assert len({event["id"] for event in events}) == len(events) == 8 * 200 * 3 + 5


def test_conversations_that_are_forgotten_are_freed() -> None:
    from aftercall.sdk.fork import _members

    sink = RecordingSink()
    before = len(_members)
    for _ in range(100):
        Conversation(client=sink).write_metric("M")
    gc.collect()
    assert len(_members) <= before + 1


def test_extending_it() -> None:
    class Mine(Conversation):
        def say(self, text: str) -> None:
            self.custom("say", {"text": text})

    sink = RecordingSink()
    Mine(client=sink).say("hello")
    assert sink.events[-1]["data"] == {"text": "hello"}
