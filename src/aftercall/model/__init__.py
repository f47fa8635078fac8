"""The nouns everything else speaks of: events on the wire, values, turns, times, ids.

Imports nothing of ours but errors. See docs/concepts.md for the words.
"""
