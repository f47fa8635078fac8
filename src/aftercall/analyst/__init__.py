"""From a question in plain words to numbers and conversations, without a model.

access.py     where metrics, numbers and transcripts come from: within the process here, or over HTTP
tools/        what a question may be answered with: list metrics, query, search, sample, read. No SQL
planner/      a grammar over the registry: question -> Plan, with how each word of it was understood
answer/       Plan and numbers -> text, table, chart hint; each number in the text is traced
sampling.py   drawing conversations and what a sample says of its pool; themes.py: what they speak of
"""
