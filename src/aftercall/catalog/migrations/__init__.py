"""Alembic's folder: ``env.py`` and ``versions/``. See ``aftercall.catalog.schema`` for how it is run."""
