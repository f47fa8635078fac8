"""What Alembic runs: always on the connection, and inside the transaction, that ``schema`` hands over."""

from __future__ import annotations

from alembic import context

from aftercall.catalog.schema import VERSION_TABLE
from aftercall.catalog.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
