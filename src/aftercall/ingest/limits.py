"""Every bound on what comes in. docs/api.md states them; the tests hold the two together."""

from __future__ import annotations

MIB = 1024 * 1024

BODY_BYTES = 16 * MIB
"""Of one ingest request, as sent and (with Content-Encoding: gzip) unpacked."""
SMALL_BODY_BYTES = 2 * MIB
"""Of a request to any other endpoint."""
EVENTS = 50_000
"""In one request."""
EVENT_BYTES = MIB
"""The JSON of one event."""
TEXT_CHARACTERS = 262_144
"""Of one text in an event: what was said, a log line, a traceback, a metric's text value."""
FIELD_CHARACTERS = 1_000
"""Of the short fields: channel, language, numbers, variant, destination..."""
CONVERSATION_ID_CHARACTERS = 512
EVENT_ID_CHARACTERS = 200
TAGS = 200
LAST_SEQ = 2**53
"""Above it, programs whose numbers are doubles no longer tell one seq from the next."""
DEPTH = 160
"""Levels of objects and arrays in one event: state nests 40 deep, and each level takes up to three."""
REJECT_PAYLOAD_BYTES = MIB
"""How much of a refused event is kept."""
