"""The rows of backfills, and of the versions that extractions have had."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from aftercall.catalog.tables import Base


class BackfillRow(Base):
    __tablename__ = "backfills"
    __table_args__ = (Index("ix_backfills_project_id_created_at", "project_id", "created_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    task: Mapped[str]
    made_by: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str | None]
    resume_at: Mapped[int | None] = mapped_column(BigInteger)
    cursor_at: Mapped[int | None] = mapped_column(BigInteger)
    cursor_id: Mapped[str | None]
    stalls: Mapped[int]
    total: Mapped[int]
    done: Mapped[int]
    result: Mapped[str]
    pilot: Mapped[str]
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)


class BackfillNoteRow(Base):
    """Something of one conversation: apart, so that erasing it leaves the backfill alone."""

    __tablename__ = "backfill_notes"
    __table_args__ = (Index("ix_backfill_notes_project_id_conversation_id", "project_id", "conversation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    backfill_id: Mapped[str] = mapped_column(ForeignKey("backfills.id"), index=True)
    project_id: Mapped[int]
    conversation_id: Mapped[str]
    kind: Mapped[str]
    body: Mapped[str]


class ExtractionVersionRow(Base):
    __tablename__ = "extraction_versions"
    __table_args__ = (Index("ix_extraction_versions_project_id_name", "project_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    name: Mapped[str]
    type: Mapped[str]
    options: Mapped[str]
    definition: Mapped[str]
    extraction: Mapped[str]
    made_at: Mapped[int] = mapped_column(BigInteger)
    made_by: Mapped[str]
