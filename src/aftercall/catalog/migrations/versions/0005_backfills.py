"""Backfills with what they show, and the versions that a metric's extraction has had."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_FIRST = """\
INSERT INTO extraction_versions (project_id, name, type, options, definition, extraction, made_at, made_by)
SELECT project_id, name, type, options, definition, extraction, updated_at, '' FROM metrics
WHERE extraction != 'null' ORDER BY id"""


def upgrade() -> None:
    _backfills()
    _notes()
    op.create_table(
        "extraction_versions",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("project_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("extraction", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_extraction_versions"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_extraction_versions_project_id"),
    )
    op.create_index("ix_extraction_versions_project_id_name", "extraction_versions", ["project_id", "name"])
    op.execute(_FIRST)  # what was declared before anybody kept a history


def _backfills() -> None:
    op.create_table(
        "backfills",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Integer, nullable=False),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("resume_at", sa.BigInteger, nullable=True),
        sa.Column("cursor_at", sa.BigInteger, nullable=True),
        sa.Column("cursor_id", sa.Text, nullable=True),
        sa.Column("stalls", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("pilot", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=True),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_backfills"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_backfills_project_id"),
    )
    op.create_index("ix_backfills_project_id_created_at", "backfills", ["project_id", "created_at"])
    op.create_index("ix_backfills_state", "backfills", ["state"])


def _notes() -> None:
    op.create_table(
        "backfill_notes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("backfill_id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Integer, nullable=False),
        sa.Column("conversation_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_backfill_notes"),
        sa.ForeignKeyConstraint(["backfill_id"], ["backfills.id"], name="fk_backfill_notes_backfill_id"),
    )
    op.create_index("ix_backfill_notes_backfill_id", "backfill_notes", ["backfill_id"])
    op.create_index(
        "ix_backfill_notes_project_id_conversation_id", "backfill_notes", ["project_id", "conversation_id"]
    )
