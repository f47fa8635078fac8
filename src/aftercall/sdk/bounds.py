"""What a server takes of one event, in numbers. The standard library only: the child that runs a project's
functions (runtime/child) imports this on the project's own interpreter."""

from __future__ import annotations

FIELD_CHARACTERS = 1_000
TEXT_CHARACTERS = 262_144
EVENT_BYTES = 1_048_576
TAGS = 200
ID_CHARACTERS = 200
