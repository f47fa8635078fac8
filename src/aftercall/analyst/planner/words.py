"""English words by what they do in a question. Words that change nothing, and words that bridge a name."""

from __future__ import annotations

from aftercall.analyst.planner.stems import stem

_HARMLESS = """
a an the this that these those there here it its they them their theirs he she his her we us our ours you
your i me my mine am is are was were be been being do does did done doing have has had having get gets
got getting can could would shall should may might must will of to in on at for from with as into onto
upon please kindly just also too again exactly about approximately roughly around overall currently now
so then well ok okay hey hi hello thanks thank actually really basically simply quickly still even ever
yet already tell give show see know find look want wants need needs like let pull display report present
provide what which who whom whose how where when many much any some all every each other happen happens
happened happening occur occurs occurred take takes took taking place come comes came coming go goes went
going result results resulted resulting end ends ended ending lead leads led make makes made receive
receives received handle handles handled record recorded flag flagged mark marked say true yes set turn
turns call calls called calling conversation conversations dialog dialogs dialogue contact contacts
interaction interactions caller callers people person user users customer customers client clients number
numbers figure figures value values data metric metrics statistic statistics stats info total amount and
or but by per than out up over within during across among amongst between while both one ones case cases
time times things thing way back down off if whether such same respectively we're only because due ask
asks asked asking breakdown distribution split mix broken grouped group segmented segment money according
respective basis reach reached rang ring rings phoned dialled dialed folks patients patient collect
collected use uses used using arrive arrived arrives log logged speaking desk team department queue list
latest newest recent recently lately looking looks seen sum project system agent bot assistant ai clinic
company business side part parts kind kinds type types sort sorts rate rates date dates period volume
real live actual speak speaks spoke anybody anyone somebody someone everybody everyone instead far break
breaks
"""
HARMLESS = frozenset(_HARMLESS.split())
"""Alone they change nothing of what is asked. Where they do (``by``, ``call`` in a name), a rule of the
grammar has taken them before."""

_BRIDGES = """
a an the of to for in on is are was were be been being has have had do does did get gets got that their
they them it its his her our your my we as who which from at when there this should with
"""
BRIDGES = frozenset(_BRIDGES.split())
"""May stand between two words of one name: "appointments that were booked"."""

_GENERIC = {
    "call": 0.15,
    "caller": 0.15,
    "conversation": 0.15,
    "count": 0.3,
    "number": 0.3,
    "rate": 0.3,
    "flag": 0.2,
    "need": 0.35,
    "is": 0.05,
    "has": 0.05,
    "was": 0.05,
    "of": 0.05,
    "to": 0.05,
    "the": 0.05,
    "a": 0.05,
    "by": 0.05,
    "for": 0.05,
    "user": 0.25,
    "customer": 0.25,
    "client": 0.25,
    "agent": 0.4,
    "total": 0.2,
    "type": 0.3,
    "status": 0.4,
    "name": 0.4,
    "level": 0.4,
    "detail": 0.3,
    "bot": 0.2,
    "assistant": 0.2,
    "per": 0.1,
    "first": 0.3,
    "patient": 0.4,
    "question": 0.4,
    "ratio": 0.3,
    "over": 0.1,
    "amount": 0.4,
    "value": 0.5,
    "time": 0.25,
    "day": 0.3,
    "week": 0.3,
    "hour": 0.3,
    "month": 0.3,
    "end": 0.3,
    "fail": 0.3,
    "failure": 0.3,
    "failing": 0.3,
    "no": 0.3,
    "not": 0.3,
    "without": 0.3,
    "more": 0.1,
    "than": 0.1,
    "in": 0.1,
    "on": 0.05,
    "with": 0.05,
    "from": 0.05,
    "that": 0.05,
    "how": 0.05,
    "and": 0.05,
    "an": 0.05,
    "out": 0.2,
    "up": 0.3,
    "back": 0.4,
    "again": 0.4,
}
GENERIC = {stem(word): weight for word, weight in _GENERIC.items()}
"""Weight of words, by stem, that say little in a name; others weigh 1, or less where many names have them."""

_NOUNS = """
people persons person callers caller customers customer users user clients client individuals calls call
conversations conversation contacts contact interactions interaction
"""
NOUNS = frozenset(_NOUNS.split())
"""Whoever calls, and what they do: alone they never name a metric of several words."""

_NEGATIVE = """
no not without never none nor neither
"""
NEGATIVE = frozenset(_NEGATIVE.split())
"""In a name (NO_SLOT_FOUND) they must be in the question too."""

_UNCERTAIN = """
may march second sat sun mon
"""
UNCERTAIN = frozenset(_UNCERTAIN.split())

_VERBS = """
is are was were be been did do does done had have has got get gets ended end ends resulted result results
went go goes led lead leads came come turned asked ask made make contained
"""
VERBS = frozenset(_VERBS.split())
"""After "what share of X": what stands behind one of these is what is counted."""
