"""The rows of dashboards."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from aftercall.catalog.tables import Base


class DashboardRow(Base):
    """``body`` is JSON: what stands on it. ``version`` goes up with each change of name or body."""

    __tablename__ = "dashboards"
    __table_args__ = (Index("ix_dashboards_project_id_position", "project_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    name: Mapped[str]
    position: Mapped[int]
    is_default: Mapped[bool]
    version: Mapped[int]
    body: Mapped[str]
    updated_by: Mapped[str]
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    deleted_at: Mapped[int | None] = mapped_column(BigInteger)
