"""A plan carried out: text with its numbers, a table, a chart hint, the conversations, how it was computed.

    Analyst(access).ask("How many callers asked for a human last week?")

claims.py     every number of a text: where it comes from; and the check of texts that others wrote
amounts.py    numbers as people read them, with their units
wheres.py     conditions and ranges in words
sentences.py  an Answer in sentences
analyst.py    plan, ask, compose
"""

from aftercall.analyst.answer.analyst import Analyst, Answered
from aftercall.analyst.answer.claims import Claim, Claims

__all__ = ["Analyst", "Answered", "Claim", "Claims"]
