"""The built-in columns of the wide table: one row per conversation, before any metric.

One object per column with all its facts, in the order in which they are shown. The store makes the
table from this list, the API and the analyst read meanings and units from it.
"""

from __future__ import annotations

from typing import NamedTuple


class Builtin(NamedTuple):
    name: str
    sql_type: str
    about: str
    unit: str = ""

    @property
    def internal(self) -> bool:
        """Our own bookkeeping: no part of an export unless it is asked for."""
        return self.name in _INTERNAL or self.name.startswith("write_")


_INTERNAL = frozenset(
    [
        "postcall_due_at",
        "postcall_tries",
        "events_told",
        "seqs_missing",
        "last_event_at",
        "last_received_at",
        "events",
        "version",
        "is_deleted",
    ]
)


COLUMNS_VERSION = 2
"""Goes up when a built-in column is added or changes its meaning: rows made before that are made again from
their events, in the background (store/reprojection.py). At most 255."""

_TEXT = "LowCardinality(String) DEFAULT ''"
_MAYBE = "LowCardinality(Nullable(String))"
_MAYBE_TIME = "Nullable(DateTime64(3, 'UTC'))"
_SECONDS = "Nullable(Float64)"
_NAMES = "Array(LowCardinality(String))"

BUILTINS: tuple[Builtin, ...] = (
    Builtin("conversation_id", "String", "The id the agent process or its provider gave"),
    Builtin("started_at", "DateTime64(3, 'UTC')", "When it began", "UTC"),
    Builtin("ended_at", _MAYBE_TIME, "When it ended; NULL while in progress", "UTC"),
    Builtin("in_progress", "Bool", "No end has been told yet"),
    Builtin("duration", "Nullable(Float64)", "From start to end; NULL while in progress", "s"),
    Builtin("agent_duration", "Nullable(Float64)", "From start to handoff, else to end", "s"),
    Builtin("environment", _TEXT, "live, pre-release or sandbox"),
    Builtin("channel", _TEXT, "voice, chat, sms..."),
    Builtin("direction", _MAYBE, "inbound or outbound"),
    Builtin("language", _MAYBE, "The last language told, BCP 47"),
    Builtin("variant_id", _MAYBE, "Which variant of the agent, by id"),
    Builtin("variant_name", _MAYBE, "Which variant of the agent, by name"),
    Builtin("agent_version", _MAYBE, "Version of the agent project that ran it"),
    Builtin("from_number", "Nullable(String)", "Who called"),
    Builtin("to_number", "Nullable(String)", "Which number or line was called"),
    Builtin("num_turns", "UInt32", "Pairs of user and agent, as the Conversations API counts", "turns"),
    Builtin("num_utterances", "UInt32", "Single utterances of either side", "utterances"),
    Builtin("num_user_utterances", "UInt32", "Single utterances of the user", "utterances"),
    Builtin("num_agent_utterances", "UInt32", "Single utterances of the agent", "utterances"),
    Builtin("num_user_words", "UInt32", "Words of the user, divided by white space", "words"),
    Builtin("num_agent_words", "UInt32", "Words of the agent, divided by white space", "words"),
    Builtin("user_talk_seconds", _SECONDS, "How long the user spoke; NULL where no turn tells an end", "s"),
    Builtin("agent_talk_seconds", _SECONDS, "How long the agent spoke; NULL where no turn tells an end", "s"),
    Builtin("latency_avg", _SECONDS, "Mean latency of the agent's turns; NULL where none tells it", "s"),
    Builtin("latency_max", _SECONDS, "Longest latency of the agent's turns; NULL where none tells it", "s"),
    Builtin("first_response", _SECONDS, "From the start to the agent's first words; NULL without any", "s"),
    Builtin("num_silences", "UInt32", "User turns in which nothing was said", "turns"),
    Builtin("num_ood", "UInt32", "User turns out of the agent's domain", "turns"),
    Builtin("num_interruptions", "UInt32", "Agent utterances the user spoke into", "utterances"),
    Builtin("num_function_calls", "UInt32", "Functions the agent called", "calls"),
    Builtin("num_function_errors", "UInt32", "Function calls that failed", "calls"),
    Builtin("function_names", _NAMES, "Functions called, each once, in the order of their first call"),
    Builtin("function_failures", _NAMES, "Functions of which a call failed, each once"),
    Builtin("flows", _NAMES, "Flows visited, each once, in order"),
    Builtin("steps", _NAMES, "Steps visited, each once, in order"),
    Builtin("num_errors", "UInt32", "Errors reported by the agent process", "errors"),
    Builtin("handoff", "Bool", "It went to a person or another line"),
    Builtin("num_handoffs", "UInt32", "Handoffs told", "handoffs"),
    Builtin("handoff_reason", _MAYBE, "Why, of the last handoff"),
    Builtin("handoff_destination", _MAYBE, "Where to, of the last handoff"),
    Builtin("ended_reason", _MAYBE, "Technical reason of the end"),
    Builtin("tags", "Array(LowCardinality(String))", "Labels given at the start or later"),
    Builtin("attributes", "String", "Integration attributes, a JSON object"),
    Builtin("state", "String", "The conversation's state at its end, a plain JSON object"),
    Builtin("metrics_written", "Array(LowCardinality(String))", "Every metric name written, known or not"),
    Builtin("metrics_invalid", "Array(LowCardinality(String))", "Names whose winning value does not fit"),
    Builtin("metrics_null", "Array(LowCardinality(String))", "Names whose winning value says: not known"),
    # One place in each for every write of a metric that counts: not taken back, not of a superseded attempt.
    Builtin("write_names", _NAMES, "Metrics written, one place per write, in order"),
    Builtin("write_sources", _NAMES, "Who wrote: agent, extraction, human, system or import"),
    Builtin("write_times", "Array(DateTime64(3, 'UTC')) CODEC(ZSTD(1))", "When it was written", "UTC"),
    Builtin("write_types", _NAMES, "boolean, number, integer, text, null or invalid, as the metric's type"),
    Builtin("write_numbers", "Array(Float64) CODEC(ZSTD(1))", "The number; of booleans 1 or 0; else 0"),
    Builtin("write_texts", "Array(String) CODEC(ZSTD(1))", "The value as text; what does not fit as it came"),
    # Of what was extracted; empty of all other writes. No place at all where no write has any.
    Builtin("write_statuses", _NAMES, "ok, unknown, not_applicable, ungrounded or failed"),
    Builtin("write_versions", _NAMES, "Version of the definition by which it was extracted"),
    Builtin("write_extractors", _NAMES, "Who extracted it: rules, llm, or code that ran after the call"),
    Builtin("postcall_status", _TEXT, "pending, ok or failed; empty while in progress"),
    Builtin("postcall_due_at", _MAYBE_TIME, "From when post-call work is due; NULL: none is", "UTC"),
    Builtin("postcall_at", _MAYBE_TIME, "When its newest attempt ended", "UTC"),
    Builtin("postcall_attempts", "UInt32", "Attempts ever made", "attempts"),
    Builtin("postcall_tries", "UInt32", "Which try the newest attempt was", "attempts"),
    Builtin("postcall_error", "Nullable(String)", "Why the newest attempt failed, in one line"),
    Builtin("postcall_version", _MAYBE, "Version of the agent project whose results count"),
    Builtin("events_told", "UInt32", "Events of the call itself: no post-call results, no labels", "events"),
    Builtin("seqs_missing", "UInt32", "Events the agent numbered that have not arrived", "events"),
    Builtin("last_event_at", "DateTime64(3, 'UTC')", "The latest event's own time", "UTC"),
    Builtin("last_received_at", "DateTime64(3, 'UTC')", "When the server last heard of it", "UTC"),
    Builtin("events", "UInt32", "Events this row was made from", "events"),
    # events * 2^32 + COLUMNS_VERSION * 2^24 + registry revision
    Builtin("version", "UInt64", "Of two rows of a conversation the one with the most knowledge wins"),
    Builtin("is_deleted", "UInt8", "1: the row was moved or erased"),
)

BUILTIN_COLUMNS: frozenset[str] = frozenset(column.name for column in BUILTINS)
