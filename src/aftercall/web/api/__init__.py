"""The REST API, one file per noun. Shapes of answers are in models.py, and are what /openapi.json says.

ingest.py         POST /v1/ingest
rejects.py        refused events: list, mend, replay, drop
conversations.py  the v3 list that existing clients use;  agents.py  the /v1/agents list and get
render.py         a conversation as those two show it;  privacy.py  what a key's scopes hide
cursor.py         the place of a page in the list;  filters.py  the v3 list's parameters
events.py         everything told of one conversation, with what is invalid and why
projects.py keys.py registry (in projects.py)   metadata
later.py          what answers 501 for now
health.py         /healthz /readyz /metrics
"""
