"""What agent functions do to a conversation, and what is recorded of it."""

from __future__ import annotations

from tests.runtime.conftest import NewRunner, of_kind
from tests.runtime.stored import CONFIG, START, snapshot


def test_the_kinds_of_value_of_a_metric_stay_apart(runner: NewRunner) -> None:
    outcome = runner(
        end_function="""
        def end_function(conv):
            conv.write_metric("HAPPENED")
            conv.write_metric("NONE", None)
            conv.write_metric("TRUE", True)
            conv.write_metric("ONE", 1)
            conv.write_metric("REAL", 1.0)
            conv.write_metric("TEXT", value="1", write_once=True)
            conv.write_metric("LIST", [1])
            conv.write_metric("NAN", float("nan"))
            conv.write_metric("SURROGATE", "\\ud800")
            conv.write_metric(7)
        """
    )("end_function")
    assert outcome.ok
    told = {event["name"]: event for event in of_kind(outcome, "metric")}
    assert told["HAPPENED"] == {"name": "HAPPENED"}
    assert told["NONE"] == {"name": "NONE", "value": None}
    kinds = [(type(told[name]["value"]), told[name]["value"]) for name in ("TRUE", "ONE", "REAL")]
    assert kinds == [(bool, True), (int, 1), (float, 1.0)]
    assert told["TEXT"] == {"name": "TEXT", "value": "1", "write_once": True}
    assert told["LIST"] == {"name": "LIST", "value": "[1]", "invalid": "a list is no metric value"}
    assert {name for name, event in told.items() if "invalid" in event} == {"LIST", "NAN", "SURROGATE", "7"}


def test_events_are_complete_and_of_the_source_they_are_written_for(runner: NewRunner) -> None:
    project = runner(
        end_function="def end_function(conv):\n    conv.write_metric('A')\n    conv.write_metric('B')\n"
    )
    end = project.pool.end(project.agent, snapshot(), prefix="attempt-7")
    assert [(e["id"], e["conversation_id"], e["source"]) for e in end.events] == [
        ("attempt-7-1", "call-1", "extraction"),
        ("attempt-7-2", "call-1", "extraction"),
    ]
    assert all(event["at"] > START for event in end.events)
    assert {event["source"] for event in project("end_function").events} == {"agent"}


def test_logs_take_anything(runner: NewRunner) -> None:
    outcome = runner(
        tell="""
        class Evil:
            def __str__(self):
                raise RuntimeError("no")

        def tell(conv):
            conv.log.info("plain")
            conv.log.warning("private", True, number="+44")
            conv.log.error("broke", error=ValueError("x"), evil=Evil(), level="mine", when={1, 2})
        """
    )("tell")
    assert outcome.ok
    plain, private, broke = outcome.logs
    assert plain.items() >= {"level": "info", "content": "plain", "is_pii": False}.items()
    assert plain["logger"] == "conversation_logger"
    assert private.items() >= {"level": "warning", "is_pii": True, "number": "+44"}.items()
    assert (broke["level"], broke["error"], broke["when"]) == ("error", "ValueError: x", [1, 2])
    assert "could not be read" in broke["evil"]


def test_plog_is_there_and_binds_fields_for_the_time_of_a_function(runner: NewRunner) -> None:
    outcome = runner(
        tell="""
        import plog

        plog.info("while importing")

        @plog.tmp_bind(api_integration="tables")
        def inner(conv, a):
            plog.warning("inside", a=a)
            return a

        @plog.tmp_bind(outer=1)
        def tell(conv: Conversation, a: int = 3):
            result = inner(conv, a)
            plog.error("outside", is_pii=True)
            return result
        """
    )("tell")
    assert outcome.value == 3
    inside, outside = outcome.logs
    assert inside.items() >= {"logger": "plog", "api_integration": "tables", "outer": 1, "a": 3}.items()
    assert outside["is_pii"] is True and "api_integration" not in outside


def test_doing_is_recorded(runner: NewRunner) -> None:
    outcome = runner(
        CONFIG,
        tell="""
        class Response:
            status_code, url, text = 500, "https://api.example.com/slots", "down"

        def tell(conv):
            conv.say("One moment")
            conv.goto_flow("Cancel")
            conv.exit_flow()
            conv.goto_csat_flow()
            conv.set_variant("paris")
            conv.set_language("fr-FR")
            conv.set_voice(ElevenLabsVoice(provider_voice_id="v1", speed=1.1))
            conv.send_sms(to_number="+1", from_number="+2", content="Hi")
            conv.send_sms_template(conv.caller_number, "booked")
            conv.send_email(to="a@example.com", body="Text", subject="Subject")
            conv.call_handoff("BILLING", reason="refund", utterance="Bye", sip_headers={"X": 1}, route="+3")
            conv.discard_recording()
            conv.set_csat_eligibility(False, reason="handoff")
            conv.log_api_response(Response())
            conv.add_attachments([{"title": "Menu", "content_url": "https://example.com/menu"}])
            conv.set_response_suggestions(["Yes", "No"])
            event_id = conv.generate_external_event(send_to_llm=True)
            return [conv.language, conv.variant_name, conv.variant.timezone, len(conv.sms_queue),
                    conv.sms_queue[0].content, conv.attachments[0].title, len(event_id) > 8,
                    conv.current_flow]
        """,
    )("tell", snapshot=snapshot())
    assert outcome.ok, outcome.traceback
    assert outcome.value == ["fr-FR", "paris", "Europe/Paris", 2, "Hi", "Menu", True, "csat"]
    assert of_kind(outcome, "flow") == [{"flow": "Cancel"}, {}, {"flow": "csat"}]
    assert of_kind(outcome, "update") == [{"variant_name": "paris"}, {"language": "fr-FR"}]
    assert of_kind(outcome, "sms") == [
        {"to": "+1", "from_number": "+2", "content": "Hi"},
        {"to": "+441632960001", "template": "booked"},
    ]
    assert of_kind(outcome, "handoff") == [
        {
            "destination": "BILLING",
            "reason": "refund",
            "utterance": "Bye",
            "sip_headers": {"X": 1},
            "route": "+3",
        }
    ]
    custom = {event["name"]: event["data"] for event in of_kind(outcome, "custom")}
    assert custom["say"] == {"utterance": "One moment"}
    assert custom["set_voice"] == {
        "voice": {"provider": "elevenlabs", "provider_voice_id": "v1", "speed": 1.1}
    }
    assert custom["email"] == {"to": "a@example.com", "subject": "Subject", "body": "Text"}
    assert custom["csat_eligibility"] == {"eligible": False, "reason": "handoff"}
    assert custom["api_response"] == {
        "status_code": 500,
        "url": "https://api.example.com/slots",
        "body": "down",
    }
    assert custom["attachments"]["attachments"][0]["title"] == "Menu"
    assert custom["response_suggestions"] == {"suggestions": ["Yes", "No"]}
    assert custom["discard_recording"] == {}
    assert custom["external_event"]["send_to_llm"] is True


def test_what_is_longer_than_a_server_takes_is_cut_and_said_so(runner: NewRunner) -> None:
    outcome = runner(
        end_function="""
        def end_function(conv):
            conv.write_metric("SUMMARY", "s" * 5_000)
            conv.write_metric("NOVEL", "n" * 300_000)
            conv.log.info("l" * 300_000)
            conv.call_handoff("d" * 2_000)
            conv.log_api_response({"items": ["x" * 100] * 15_000})
        """
    )("end_function")
    assert outcome.ok, outcome.traceback
    summary, novel = of_kind(outcome, "metric")
    assert summary == {"name": "SUMMARY", "value": "s" * 5_000}
    assert len(novel["value"]) == 262_144 and "300000 characters" in novel["invalid"]
    assert len(outcome.logs[0]["content"]) == 262_144
    assert len(of_kind(outcome, "handoff")[0]["destination"]) == 1_000
    assert len(str(of_kind(outcome, "custom"))) < 1_000
    notes = [entry["content"] for entry in outcome.logs[1:]]
    assert notes[0] == "log: content had 300000 characters; cut to 262144"
    assert notes[1] == "handoff: destination had 2000 characters; cut to 1000"
    assert notes[2].startswith("custom: data had ")
    assert len({event["id"] for event in outcome.events}) == len(outcome.events) == 8
