"""The demo: an invented dental clinic, its phone agent and its callers.

clinic.py   who works there and what is said
call.py     one call as steps on its own clock
scenes.py   what people call about
past.py     a clock for calls of the past
player.py   the agent process: plays them through the SDK
run.py      `aftercall demo`: the server, and the player beside it
"""
