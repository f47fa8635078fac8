"""Settings of a project: project.py agents.py keys.py webhooks.py, and people.py of the account.

menu.py   which of them there are, and who may see each
"""
