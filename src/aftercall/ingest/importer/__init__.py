"""Importing files of conversations: JSON Lines in, events out through the same door as everybody's.

The way of a line, file by file:

    lines.py         a file or a pipe, plain or gzip -> numbered lines
    conversation.py  a line -> a conversation of the right shape, or the reason why not
    clock.py         its times, with the missing ones worked out
    mapping.py       it -> wire events with ids that are the same in every run
    derived.py       what its tools and labels say, as metrics, errors and handoffs
    batches.py       events -> request bodies
    sender.py        request bodies -> the server, again and again until it answers
    progress.py      how far an import came, kept on disk
    aside.py         the lines that could not be taken, kept in a file of their own
    run.py           all of it, in order

docs/import.md says what becomes of what.
"""

from aftercall.ingest.importer.run import Import, Plan, Summary
from aftercall.ingest.importer.sender import Sender

__all__ = ["Import", "Plan", "Sender", "Summary"]
