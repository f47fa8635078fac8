"""Events on their way in: judged one by one, committed together, acknowledged.

limits.py      every bound, in one place
judge.py       the bytes of one event -> an Incoming, or a rejection that says why
explain.py     what the decoder complained of -> a sentence that teaches
split.py       finds the good neighbours where one event breaks the whole request's JSON
intake.py      a request: judge -> commit -> answer
replay.py      refused events, judged again
"""
