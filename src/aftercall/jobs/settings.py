"""How post-call work is done: where its jobs are kept, its delays and its bounds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from aftercall.catalog.projects import Project
from aftercall.config import Config
from aftercall.errors import InvalidInput
from aftercall.runtime.limits import MIB, Limits

LOST_AFTER_MINUTES = 30.0
WORKERS = 4
MAX_WORKERS = 64
SECONDS = int(Limits().seconds)
MEMORY_MB = Limits().memory_bytes // MIB


@dataclass(frozen=True, slots=True)
class Settings:
    home: Path
    url: str
    """AFTERCALL_JOBS_URL: sqlite:///file or postgresql://... of DBOS's own tables. Default: the catalog's
    PostgreSQL, else AFTERCALL_HOME/jobs.db."""
    allow_private: bool = False
    """AFTERCALL_WEBHOOK_ALLOW_PRIVATE=1: webhooks may reach addresses inside the network."""
    workers: int = WORKERS
    """AFTERCALL_POSTCALL_WORKERS: processes per agent version, as many of its end_functions run at once."""
    seconds: float = SECONDS
    """AFTERCALL_POSTCALL_SECONDS: of one run of an end_function, waiting for models included."""
    memory_mb: int = MEMORY_MB
    """AFTERCALL_POSTCALL_MEMORY_MB: of the process that runs it, and all it starts."""
    poll_s: float = 0.5
    """How often the store is asked what is due; sooner while there is more than was taken."""
    fresh_s: float = 1.0
    """How long it may take until a new agent version or webhook is noticed."""
    concurrency: int = 64
    """Jobs under way in this process. Most wait: for a worker process, a model, a commit."""
    per_project: int = 32
    """Jobs handed out and not finished, per project: one whose model is slow must not hold up the others."""
    grace_s: float = 30.0
    """How long after a call's last event its missing ones are waited for."""
    settle_s: float = 2.0
    """How long a call that was analysed before must be quiet before it is analysed again."""
    backoff_s: tuple[float, ...] = (5.0, 20.0, 60.0, 180.0)
    """Between the tries of one piece of work: one more try than there are pauses."""
    delivery_backoff_s: tuple[float, ...] = (5.0, 30.0, 120.0, 600.0, 3_600.0, 4 * 3_600.0, 12 * 3_600.0)
    """Between the tries of one delivery: eight tries within a day."""
    delivery_timeout_s: float = 10.0
    """For one request to a webhook, from looking up its name to its answer."""
    beat_s: float = 5.0
    dead_after_s: float = 20.0
    """A process not heard of for this long is taken for dead, and what it had begun is taken over."""
    housekeeping_s: float = 15.0
    """How often lost calls, dead processes and overdue deliveries are looked for."""
    stop_s: float = 5.0
    """How long jobs under way may take to finish when the server stops; its next start repeats the rest."""

    @property
    def tries(self) -> int:
        return len(self.backoff_s) + 1

    @classmethod
    def of(cls, config: Config, env: Mapping[str, str] | None = None) -> Settings:
        """Raises InvalidInput naming the variable that is wrong."""
        env = os.environ if env is None else env
        url = env.get("AFTERCALL_JOBS_URL") or _beside(config)
        if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://", "postgres://")):
            raise InvalidInput(
                "AFTERCALL_JOBS_URL must begin with sqlite:/// or postgresql://", code="CONFIG_INVALID"
            )
        return cls(
            home=config.home,
            url=url,
            allow_private=env.get("AFTERCALL_WEBHOOK_ALLOW_PRIVATE", "") in ("1", "yes", "true"),
            workers=_number(env, "AFTERCALL_POSTCALL_WORKERS", WORKERS, 1, MAX_WORKERS),
            seconds=_number(env, "AFTERCALL_POSTCALL_SECONDS", SECONDS, 1, 3_600),
            memory_mb=_number(env, "AFTERCALL_POSTCALL_MEMORY_MB", MEMORY_MB, 64, 1_048_576),
        )


def lost_after_ms(project: Project) -> int | None:
    """After how much silence a call of the project counts as lost; None: never.

    The project's setting ``lost_after_minutes`` (0: never), else 30 minutes.
    """
    told = project.settings.get("lost_after_minutes", LOST_AFTER_MINUTES)
    minutes = told if isinstance(told, int | float) and not isinstance(told, bool) else LOST_AFTER_MINUTES
    return int(minutes * 60_000) if minutes > 0 else None


def _beside(config: Config) -> str:
    if config.catalog_url.startswith("postgres"):
        return config.catalog_url
    return f"sqlite:///{quote(str(config.home / 'jobs.db'))}"


def _number(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = env.get(name) or str(default)
    if text.isascii() and text.isdigit() and least <= int(text) <= most:
        return int(text)
    raise InvalidInput(f"{name} is {text!r}: use a number from {least} to {most}", code="CONFIG_INVALID")
