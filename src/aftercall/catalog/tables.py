"""The rows as SQLAlchemy knows them. Nothing outside this room sees one: see the records beside them.

Times are integers, UTC milliseconds since 1970; JSON is text (see ``text.encode_json``). A change here
needs a migration: see ``schema``.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import BigInteger, ForeignKey, Index, MetaData, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    # Every constraint has a name on both databases, so that a later migration can drop it by name.
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[type, Text]] = {str: Text()}


class AccountRow(Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[int] = mapped_column(BigInteger)


class ProjectRow(Base):
    __tablename__ = "projects"
    __table_args__ = (UniqueConstraint("account_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    slug: Mapped[str]
    name: Mapped[str]
    timezone: Mapped[str]
    currency: Mapped[str]
    created_at: Mapped[int] = mapped_column(BigInteger)
    registry_revision: Mapped[int] = mapped_column(default=0)
    settings: Mapped[str]


class ApiKeyRow(Base):
    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"))
    prefix: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[int] = mapped_column(BigInteger)
    last_used_at: Mapped[int | None] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)


class MetricRow(Base):
    __tablename__ = "metrics"
    __table_args__ = (
        UniqueConstraint("project_id", "name"),
        Index("uq_metrics_project_id_column", "project_id", text("lower(column_name)"), unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    name: Mapped[str]
    column_name: Mapped[str]
    type: Mapped[str]
    options: Mapped[str]
    empty_values: Mapped[str]
    display_name: Mapped[str]
    definition: Mapped[str]
    unit: Mapped[str]
    auto: Mapped[bool]
    active: Mapped[bool]
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    better: Mapped[str] = mapped_column(server_default="none")
    group_prefix: Mapped[str] = mapped_column(server_default="")
    expected_sources: Mapped[str] = mapped_column(server_default="[]")
    rate_base: Mapped[str] = mapped_column(server_default="null")
    synonyms: Mapped[str] = mapped_column(server_default="[]")
    owner: Mapped[str] = mapped_column(server_default="")
    extraction: Mapped[str] = mapped_column(server_default="null")
    applied: Mapped[str | None]


class RatioRow(Base):
    __tablename__ = "ratios"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    name: Mapped[str]
    numerator: Mapped[str]
    denominator: Mapped[str]
    multiplier: Mapped[float]
    display_name: Mapped[str]
    definition: Mapped[str]
    unit: Mapped[str]
    better: Mapped[str]
    group_prefix: Mapped[str]
    synonyms: Mapped[str]
    owner: Mapped[str]
    active: Mapped[bool]
    applied: Mapped[str | None]
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class SettingRow(Base):
    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    updated_at: Mapped[int] = mapped_column(BigInteger)
