"""The rows of post-call work: webhooks, what was delivered to them, and the processes that work."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from aftercall.catalog.tables import Base


class WebhookRow(Base):
    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    name: Mapped[str]
    url: Mapped[str]
    secret: Mapped[str]
    active: Mapped[bool]
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class DeliveryRow(Base):
    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_project_id_created_at", "project_id", "created_at"),
        Index("ix_deliveries_status_next_try_at", "status", "next_try_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    conversation_id: Mapped[str]
    attempt: Mapped[str]
    status: Mapped[str]
    tries: Mapped[int]
    tries_left: Mapped[int]
    response_code: Mapped[int | None]
    error: Mapped[str | None]
    next_try_at: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class WorkerRow(Base):
    __tablename__ = "workers"

    executor_id: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[int] = mapped_column(BigInteger)
    beat_at: Mapped[int] = mapped_column(BigInteger)
