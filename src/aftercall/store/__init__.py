"""The columnar engine: open it, commit events, project them into rows, read them back.

The way of the data, file by file:

    incoming.py    an event that ingest found good, with its columns worked out
    committer.py   group commit: many requests, one insert per table, then acknowledge
    shard.py       the committing threads; loader.py reads stored events back for them
    fold.py        all events of a conversation -> what is true of it now
    projection.py  that -> a row of the wide table, rows of turns; changes.py: which of them to write
    registry.py    which metrics a project has, and the columns of its wide table
    sweep.py       heals what a crash or a second writer left behind
    reader.py      rows and events -> what the API shows
"""
