"""metrics.Query: the only way to ask for a number. Dashboards, the API, the CLI and the analyst all do.

query.py answer.py   what is asked and what comes back;  strict.py  how a wrong question is refused
pipe.py              validate | rewrite | render | run | shape: the whole way, readable in one file
"""
