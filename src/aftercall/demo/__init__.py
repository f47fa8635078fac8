"""The demo: the example's dental clinic, its agent and its callers.

run.py       `aftercall demo`: the server, and the callers beside it
agent.py     hands the example's agent project to the server
simulator/   who calls, what is said, and which of the agent's functions run
"""
