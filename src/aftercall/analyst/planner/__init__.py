"""A question in English -> a Plan, by a grammar over the registry. No model, no list of sentences.

    Planner(access).plan("What share of callers asked for a human last week?")

tokens, stems      the question as words, with their places
times, dates       when: expressions of time in the project's zone
phrases, wanted    what is wanted: count, rate, top, trend, list, why...
vocabulary, lexicon, match  which metrics, options and fields the words name
conditions         words as conditions: negation, comparison with a number, what was mentioned
roles, rows, shares, measured, build  what is measured, of which calls, by what: the Query
follow_up          what a short question changes of the one before it
typos, refusals    what was not understood, and what could be asked instead
"""

from aftercall.analyst.planner.plan import Plan, Understood
from aftercall.analyst.planner.planner import Planner

__all__ = ["Plan", "Planner", "Understood"]
