"""The REST API, one file per noun. Shapes of answers are in models.py, and are what /openapi.json says.

ingest.py         POST /v1/ingest
rejects.py        refused events: list, mend, replay, drop
conversations.py  the v3 list that existing clients use;  agents.py  the /v1/agents list and get
render.py         a conversation as those two show it;  privacy.py  what a key's scopes hide
cursor.py         the place of a page in the list;  filters.py  the v3 list's parameters
events.py         everything told of one conversation, with what is invalid and why
attempts.py       post-call attempts of a conversation, replay;  postcall.py  of a project
backfills.py      declared fields of calls that are long over;  backfills_models.py backfills_examples.py
webhooks.py       who hears of results;  deliveries.py  the log of what they were sent
agent_versions.py the code that runs after calls
postcall_models.py postcall_examples.py   shapes and examples of these
projects.py keys.py registry (in projects.py)   metadata;  project_settings.py   what a project sets
metrics.py        what a project measures: list, get, define, change, values, preview
registry.py       all of it as one metrics.yaml: plan, apply, export, lint
metric_versions.py metric_versions_models.py   what an extraction's definition was, and what another changed
custom_metrics.py the same registry as existing clients know it
metric_changes.py metric_items.py metric_models.py metric_examples.py   their common parts, shapes, examples
health.py         /healthz /readyz /metrics
"""
