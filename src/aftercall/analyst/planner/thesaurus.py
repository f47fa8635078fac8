"""Words that people on the phone business use for each other. Each line is a group; a word may be in several.

Only a help to find a metric by other words than its own: a word of a metric's name, display name or synonyms
always goes before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from aftercall.analyst.planner.stems import stem

_GROUPS = """
book schedule reserve booking reservation
appointment visit
cancel cancellation
move reschedule rescheduling postpone
human person representative rep operator staff somebody someone
request ask want demand insist
verify authenticate identify authentication verification identification identity
pay payment paid spend spent
process complete succeed through
decline reject refuse deny declined rejected
insurance insurer coverage policy carrier
fee charge
emergency urgent urgency emergencies
follow-up followup
sentiment mood feeling emotion tone feel felt
resolution outcome
resolved solved fixed settled
unresolved unsolved
reason topic intent purpose motive cause subject
treatment procedure
sms text message
waiting waitlist wait
question inquiry enquiry query
billing bill invoice
dispute contest challenge
abandon abandoned
risk likelihood
share portion
known existing registered recognised recognized
machine voicemail
slot opening availability
need require
negative unhappy angry frustrated upset annoyed
positive happy pleased
handoff transfer handover
language lingo
order purchase
refund reimbursement
complaint complain
delivery shipping shipment
score rating
"""

_BY_STEM: dict[str, set[str]] = defaultdict(set)
for _line in _GROUPS.strip().splitlines():
    _stems = {stem(_word) for _word in _line.split()}
    for _one in _stems:
        _BY_STEM[_one] |= _stems - {_one}

RELATED: Mapping[str, frozenset[str]] = {one: frozenset(others) for one, others in _BY_STEM.items()}
"""By stem, the stems that may be meant by it."""
