"""Fields that are filled after the call: typed, with evidence and lineage, by a model or by rules.

field = make_field("ISSUE_RESOLVED", "boolean", extract="Was the caller's issue resolved?")
results = extract(Call.of(conversation_id, events), [field], {"llm": LlmExtractor(session)})
"""

from __future__ import annotations

from aftercall.extraction.agreement import Agreement, compare
from aftercall.extraction.asked import answers_of, asked_fields
from aftercall.extraction.call import Call
from aftercall.extraction.declared import check_declared, declared_field
from aftercall.extraction.examples import check_examples
from aftercall.extraction.field import Field, make_field
from aftercall.extraction.found import Found, Quote
from aftercall.extraction.llm import LlmExtractor
from aftercall.extraction.redaction import Redactor, Shown
from aftercall.extraction.rules.extractor import RulesExtractor
from aftercall.extraction.run import Extractor, Results, extract

__all__ = [
    "Agreement",
    "Call",
    "Extractor",
    "Field",
    "Found",
    "LlmExtractor",
    "Quote",
    "Redactor",
    "Results",
    "RulesExtractor",
    "Shown",
    "answers_of",
    "asked_fields",
    "check_declared",
    "check_examples",
    "compare",
    "declared_field",
    "extract",
    "make_field",
]
