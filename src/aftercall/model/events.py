"""The wire schema: everything that can be said of a conversation, one struct per kind of event.

One JSON object per event; ``kind`` tells which struct. Fields not named here survive: the store keeps
every event as it was sent. Times (``at``, ``started_at``, ...) are epoch milliseconds in UTC, or ISO 8601
text. Durations and latencies are milliseconds. Events may come late, twice and in any order: the id
alone says whether two are the same event, and the first to arrive is kept.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec
from msgspec import UNSET, UnsetType

SCHEMA_VERSION = 1
"""Goes up when a field changes its meaning. New optional fields and new kinds do not raise it."""

Source = Literal["agent", "extraction", "human", "system", "import"]
"""Who says so. Where two disagree: human > agent > extraction > import > system, then time, then seq."""

SOURCE_RANK: dict[str, int] = {"system": 0, "import": 1, "extraction": 2, "agent": 3, "human": 4}

Speaker = Literal["user", "agent"]
Time = int | float | str


class Event(msgspec.Struct, tag_field="kind", kw_only=True, omit_defaults=True, gc=False):
    """What every event has."""

    conversation_id: str
    """Any text of 1-512 characters, unique within the project; often the provider's call id."""
    id: str | None = None
    """Of this event, 1-200 characters, unique within the conversation. Sent twice = counted once. Without
    one the server makes one up, so that a retry would count twice: send ids if you retry."""
    at: Time | None = None
    """When it happened. Without it: when the server received it."""
    seq: int = 0
    """1, 2, 3... within the conversation, in the order the agent process said things; 0 = unknown."""
    source: Source = "agent"
    lineage: dict[str, Any] | None = None
    """For extracted values: definition version, extractor, model, prompt hash, tokens, cost, latency."""


class Facts(Event, kw_only=True, omit_defaults=True, gc=False):
    """What is known of the conversation as a whole. Later statements override field by field."""

    started_at: Time | None = None
    """The moment the conversation began; moves the conversation if it corrects an earlier one."""
    channel: str | None = None
    """voice, chat, sms, whatsapp... Default voice."""
    environment: str | None = None
    """live, pre-release or sandbox. Default live."""
    direction: str | None = None
    """inbound or outbound."""
    from_number: str | None = None
    to_number: str | None = None
    language: str | None = None
    """BCP 47, such as en-GB."""
    variant_id: str | None = None
    variant_name: str | None = None
    agent_version: str | None = None
    """The version of the agent project that ran it."""
    tags: list[str] | None = None
    attributes: dict[str, Any] | None = None
    """Integration attributes: anything the provider or CRM attached."""


class Start(Facts, tag="start", kw_only=True, omit_defaults=True, gc=False):
    """The conversation begins; without ``started_at`` it began at ``at``."""


class Update(Facts, tag="update", kw_only=True, omit_defaults=True, gc=False):
    """A fact learned or changed during the conversation: language, variant, tags..."""


class Turn(Event, tag="turn", kw_only=True, omit_defaults=True, gc=False):
    """One speaker's utterance. ``at`` is when the speaker began."""

    speaker: Speaker
    text: str
    index: int | None = None
    """The provider's own count of it: an attribute, not an identity."""
    ended_at: Time | None = None
    interrupted: bool = False
    """True when the user spoke into the agent (barge-in)."""
    latency_ms: float | None = None
    """From the end of the user's speech to the agent's first sound, milliseconds."""
    dtmf: str | None = None
    language: str | None = None
    translated_text: str | None = None
    """The same in the project's language, where the call is in another."""
    is_silence: bool = False
    """The user said nothing before the timeout."""
    is_ood: bool = False
    """Out of domain: the agent had no way to handle it."""
    intents: list[Any] | None = None
    entities: list[Any] | None = None


class Metric(Event, tag="metric", kw_only=True, omit_defaults=True, gc=False):
    """One write of a metric. No ``value`` at all means it happened; ``null`` means nothing is known."""

    name: str
    value: Any | UnsetType = UNSET
    write_once: bool = False
    """Keep the first value ever written under this name, whatever is written later."""
    invalid: str | None = None
    """Set by the SDK when the agent wrote something that is no metric value: why. ``value`` is its text."""
    evidence: Any | None = None
    """For extracted values: turn and verbatim quote."""


class FunctionCall(Event, tag="function_call", kw_only=True, omit_defaults=True, gc=False):
    """A function (tool) the agent called. ``at`` is when it began."""

    name: str
    arguments: Any | None = None
    result: Any | None = None
    error: str | None = None
    duration_ms: float | None = None


class Flow(Event, tag="flow", kw_only=True, omit_defaults=True, gc=False):
    """A move to another flow or step; ``flow`` null means the flow was left."""

    flow: str | None = None
    step: str | None = None
    label: str | None = None


class State(Event, tag="state", kw_only=True, omit_defaults=True, gc=False):
    """A change of ``conv.state``: keys set (in the tagged codec of model/codec.py) and keys deleted."""

    set: dict[str, Any] = {}
    deleted: list[str] = []


class Log(Event, tag="log", kw_only=True, omit_defaults=True, gc=False):
    content: str
    level: str = "info"
    is_pii: bool = False
    fields: dict[str, Any] | None = None


class Sms(Event, tag="sms", kw_only=True, omit_defaults=True, gc=False):
    content: str | None = None
    to: str | None = None
    template: str | None = None


class Handoff(Event, tag="handoff", kw_only=True, omit_defaults=True, gc=False):
    """The conversation went to a person or another line."""

    destination: str | None = None
    reason: str | None = None
    utterance: str | None = None
    route: str | None = None
    sip_headers: dict[str, Any] | None = None


class Failure(Event, tag="error", kw_only=True, omit_defaults=True, gc=False):
    """Something broke in the agent or behind it."""

    message: str
    traceback: str | None = None
    where: str | None = None


class End(Event, tag="end", kw_only=True, omit_defaults=True, gc=False):
    """The conversation is over; without ``ended_at`` it ended at ``at``."""

    ended_at: Time | None = None
    reason: str | None = None
    """Technical: completed, user_hangup, agent_hangup, handoff, voicemail, error, lost..."""
    last_seq: int | None = None
    """The highest seq the agent process used, so that the server can tell whether anything is missing."""


class PostCall(Event, tag="postcall", kw_only=True, omit_defaults=True, gc=False):
    """The outcome of one attempt to analyse the conversation after its end."""

    attempt: str
    status: Literal["ok", "failed"]
    duration_ms: float | None = None
    error: str | None = None
    traceback: str | None = None


class Custom(Event, tag="custom", kw_only=True, omit_defaults=True, gc=False):
    """Anything else worth keeping: API responses, generated events, attachments, provider extras."""

    name: str
    data: Any | None = None


class Retraction(Event, tag="retraction", kw_only=True, omit_defaults=True, gc=False):
    """An earlier event should not have been said: it no longer counts, though it stays in the history."""

    target: str
    """The id of that event, which may arrive later than this."""
    reason: str | None = None


class Erasure(Event, tag="erasure", kw_only=True, omit_defaults=True, gc=False):
    """The conversation is to be forgotten: every copy is deleted and nothing more is accepted for its id."""

    reason: str | None = None


AnyEvent = (
    Start
    | Update
    | Turn
    | Metric
    | FunctionCall
    | Flow
    | State
    | Log
    | Sms
    | Handoff
    | Failure
    | End
    | PostCall
    | Custom
    | Retraction
    | Erasure
)

EVENT_TYPES: dict[str, type[Event]] = {str(cls.__struct_config__.tag): cls for cls in get_args(AnyEvent)}
KINDS = tuple(EVENT_TYPES)


class Batch(msgspec.Struct, omit_defaults=True):
    """The body of ``POST /v1/ingest``."""

    events: list[msgspec.Raw]
    schema: int = SCHEMA_VERSION


encoder = msgspec.json.Encoder()
event_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
batch_decoder: msgspec.json.Decoder[Batch] = msgspec.json.Decoder(Batch)
