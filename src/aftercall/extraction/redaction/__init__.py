"""Personal data out of a text before it leaves the machine, and quotes of that text back to what was said."""

from __future__ import annotations

from aftercall.extraction.redaction.names import NameDetector, introduced_names, names_in
from aftercall.extraction.redaction.redactor import Redactor
from aftercall.extraction.redaction.shown import Shown

__all__ = ["NameDetector", "Redactor", "Shown", "introduced_names", "names_in"]
