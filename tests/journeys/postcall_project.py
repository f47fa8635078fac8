"""An agent project that uses everything RUNTIME.md lists, and tells what it found as metrics."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from tests.runtime.conftest import GEN
from tests.runtime.stored import CONFIG, DO, READ, UTILS
from tests.runtime.test_loading import BROKEN, IMPORTS

PEOPLE = """
from dataclasses import dataclass
from enum import Enum

class Mood(Enum):
    CALM = "calm"

@dataclass
class Patient:
    name: str
    mood: Mood

    def greeting(self):
        return f"{self.name} is {self.mood.value}"

def people(conv):
    return None
"""

FLOW = """
from functions.names import CITY
from .other import OTHER

def offer(conv, flow, day="Friday", *, note=None):
    flow.goto_step("Confirm", label="yes")
    return [CITY, day, note, flow.current_step]
"""

THROUGH = """
def through_the_flow(conv, flow, day):
    both = [flow.functions.offer(conv, flow, day), flow.functions.offer(note=1)]
    return "; ".join(" ".join(map(str, one)) for one in both) + f" {conv.current_step}"
"""

END = """
import functions.names
from . import names
from .people import Patient, Mood
from flows.book.functions.slot import SLOT
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from zoneinfo import ZoneInfo
import os, plog

READ, DO, UTILS = @READ@, @DO@, @UTILS@

def ask(conv, what):
    return conv.utils.prompt_llm(f"[{conv.id}] {what}", return_json=True)

class Response:
    status_code, url, text = 500, "https://api.example.com/slots", "down"

def state_survives(conv):
    state = conv.state
    took = (datetime.now() - state.call_start).total_seconds()
    aware = datetime.now(timezone.utc) - state.aware
    assert 0 <= took < 86_400 and 0 <= aware.total_seconds() < 86_400
    assert isinstance(state.patient, Patient) and state.patient.mood is Mood.CALM
    assert state.zone == ZoneInfo("Europe/London") and state.seen == {1, 2}
    assert state.nothing is None and "nothing" not in state and state.get("nothing", 5) == 5
    try:
        state["nothing"]
    except KeyError:
        pass
    state.tries += 1
    state.touched = {"by": "end_function"}
    return state.patient.greeting()

@plog.tmp_bind(part="doing")
def do_everything(conv):
    plog.info("before doing")
    conv.say("One moment")
    conv.goto_flow("Book a visit")
    conv.exit_flow()
    conv.goto_csat_flow()
    conv.set_variant("paris")
    conv.set_language("fr-FR")
    conv.set_voice(ElevenLabsVoice(provider_voice_id="v1"))
    conv.send_sms(to_number="+1", from_number="+2", content="Hi")
    conv.send_sms_template(conv.caller_number, "booked")
    conv.send_email(to="a@example.com", body="Text", subject="Subject")
    conv.call_handoff("BILLING", reason="refund", utterance="Bye", sip_headers={"X": 1}, route="+3")
    conv.discard_recording()
    conv.set_csat_eligibility(False, reason="handoff")
    conv.log_api_response(Response())
    conv.add_attachments([{"title": "Menu", "content_url": "https://example.com/menu"}])
    conv.set_response_suggestions(["Yes", "No"])
    conv.generate_external_event(send_to_llm=True)

def end_function(conv: Conversation):
    missing = [name for name in READ + DO if not hasattr(conv, name)]
    missing += [name for name in UTILS if not callable(getattr(conv.utils, name))]
    conv.write_metric("MISSING", ", ".join(missing) or "nothing")
    conv.write_metric("IMPORTS", f"{names is functions.names} {SLOT}")
    called = [conv.functions.absolute(), conv.functions.names(conv), conv.functions.across()]
    conv.write_metric("CALLED", " ".join(called))
    conv.write_metric("FLOW", conv.functions.through_the_flow(day="Monday"))
    conv.write_metric("STATE", state_survives(conv))
    history = [str(type(said).__name__) for said in conv.history if "AgentResponse" in str(said.__class__)]
    conv.write_metric("AGENT_SAID", len(history))
    conv.write_metric("SAID", conv.history[-1].to_string())
    conv.write_metric("LAST_QA", [m.value for m in reversed(conv.metric_events) if m.name == "QA"][0])
    variant = [conv.variant_name, conv.variant.timezone, conv.real_time_config["flag"]]
    conv.write_metric("VARIANT", " ".join(variant))
    secrets = [conv.utils.get_secret("calendar-key"), conv.utils.get_secret("both")["user"]]
    conv.write_metric("SECRET", " ".join(secrets))
    conv.write_metric("HIDDEN", not any("SECRET" in name or "AFTERCALL" in name for name in os.environ))
    email = conv.utils.validate_entity("ann@example.com", conv.utils.EmailConfig())
    conv.write_metric("VALID", email.is_valid)
    conv.write_metric("HAPPENED")
    conv.write_metric("NOTHING_KNOWN", None)
    conv.write_metric("FALSE", False)
    conv.write_metric("TEXT_ONE", "1")
    conv.write_metric("ONCE", "first", write_once=True)
    conv.write_metric("ONCE", "second", write_once=True)
    conv.write_metric("LIST", [1, 2])
    do_everything(conv)
    with ThreadPoolExecutor(4) as threads:
        for answer in threads.map(lambda what: ask(conv, what), ["REASON", "MOOD", "OUTCOME", "LENGTH"]):
            for key, value in answer.items():
                conv.write_metric(key, value)
    conv.log.warning("done", False, error=ValueError("no harm"), when={1, 2})
    print("printed by end_function")
    return {"utterance": "ignored"}
"""


def write(folder: Path) -> Path:
    """The folder, with the project in it."""
    end = END
    for name, value in {"@READ@": READ, "@DO@": DO, "@UTILS@": UTILS}.items():
        end = end.replace(name, repr(value))
    files = {
        **IMPORTS,
        **BROKEN,
        **CONFIG,
        "project.yaml": "project_id: clinic\naccount_id: a-1\n",
        "_gen/__init__.py": "raise RuntimeError('stubs do not run')\n",
        "functions/people.py": PEOPLE,
        "functions/through_the_flow.py": THROUGH,
        "flows/book/flow_config.yaml": "name: Book a visit\nstart_step: Ask\n",
        "flows/book/functions/offer.py": FLOW,
        "functions/end_function.py": end,
    }
    for name, source in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = dedent(source).lstrip("\n")
        path.write_text(GEN + text if name.endswith(".py") and "_gen" not in text else text)
    return folder
