"""The post-call work of this server: what webhooks are told, and where secrets and models are found."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from aftercall.catalog.catalog import Catalog
from aftercall.catalog.projects import Project
from aftercall.config import Config
from aftercall.jobs import Backfills, Jobs, Settings
from aftercall.jobs.secrets import Secrets
from aftercall.llm import Door
from aftercall.store.reader import Found
from aftercall.store.store import Store
from aftercall.web.api.privacy import View
from aftercall.web.api.render import agent_item

_EVERYTHING = View(transcripts=True, pii=True)


class PostCall:
    """Begins at once and returns: what is slow to open is opened in a thread of its own. ``close`` before
    catalog and store. Raises InvalidInput for a setting that makes no sense."""

    def __init__(
        self, config: Config, catalog: Catalog, store: Store, settings: Settings | None = None
    ) -> None:
        self.door = Door(config.home)
        """To the models; nothing of it is imported or opened before the first call."""
        self.jobs = Jobs(
            config,
            catalog,
            store,
            render=for_webhook,
            door=self.door,
            get_secret=Secrets(config.home).get,
            settings=settings,
        )
        self.backfills = Backfills(
            catalog,
            store,
            door=self.door,
            busy=lambda: self.jobs.running > 0,
            stop_s=self.jobs.settings.stop_s,
        )
        self.jobs.start()
        self.backfills.start()

    def close(self) -> None:
        with ExitStack() as closing:  # the last entered first, each of them whatever the others do
            closing.callback(self.door.close)
            closing.callback(self.jobs.close)
            closing.callback(self.backfills.close)


def for_webhook(found: Found, project: Project) -> dict[str, Any]:
    """The conversation as GET /v1/agents/{agentId}/conversations/{conversationId} answers a key that may see
    everything: whoever entered the webhook's address is an administrator."""
    return agent_item(found, project, _EVERYTHING)
