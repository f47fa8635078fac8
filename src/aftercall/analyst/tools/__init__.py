"""What a question may be answered with, whoever asks: the planner, a person, a model. Nothing becomes SQL.

    Tools(access).call("query", {"query": {"measures": [{"metric": "duration", "agg": "p95"}]}})

arguments.py   what each tool takes: strict models
draw.py        a sample of the conversations of a query, by a stated seed
tools.py       the tools themselves
"""

from aftercall.analyst.tools.tools import Tools

__all__ = ["Tools"]
