"""What people see in a browser: server-rendered pages in one shell. docs/pages.md says how to add one.

routes.py       every page, in one list
sections.py     the navigation: what there is, and what is still to come
here.py         who looks at a page, at which project, and how a page answers
page_route.py   failures as pages;  forms.py  what a form sent;  notices.py  what is said after it
environment.py  Jinja;  assets.py  scripts and styles under their hash
docs.py         /docs, the API's own page

sign_in.py enter.py invitation.py set_up.py account.py   coming in, and one's own account
home.py soon.py                                        where one lands, and what is not built yet
settings/       project, people, keys, agents, webhooks
"""
