"""What gives a metric its meaning: more fields, the state of the last apply, and ratios."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _metrics()
    _ratios()


def _metrics() -> None:
    for name, default in (
        ("better", "none"),
        ("group_prefix", ""),
        ("expected_sources", "[]"),
        ("rate_base", "null"),
        ("synonyms", "[]"),
        ("owner", ""),
        ("extraction", "null"),
    ):
        # The default fills the rows of before; code always gives every field.
        op.add_column("metrics", sa.Column(name, sa.Text, nullable=False, server_default=default))
    op.add_column("metrics", sa.Column("applied", sa.Text, nullable=True))


def _ratios() -> None:
    op.create_table(
        "ratios",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("project_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("numerator", sa.Text, nullable=False),
        sa.Column("denominator", sa.Text, nullable=False),
        sa.Column("multiplier", sa.Double, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("better", sa.Text, nullable=False),
        sa.Column("group_prefix", sa.Text, nullable=False),
        sa.Column("synonyms", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("applied", sa.Text, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ratios"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_ratios_project_id"),
        sa.UniqueConstraint("project_id", "name", name="uq_ratios_project_id_name"),
    )
