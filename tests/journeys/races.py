"""What tests of several servers share: events, requests at the same moment, and waiting for agreement."""

from __future__ import annotations

import threading
from typing import Any

from aftercall.catalog.catalog import Catalog
from tests.journeys.api import Api
from tests.journeys.compare import check_agent_item, check_list, check_tables, erased_are_gone, wait_until
from tests.journeys.stored import stored_project
from tests.journeys.told import BASE
from tests.journeys.world import World
from tests.reference import Event, Project

HEALED_WITHIN_S = 60
"""The sweep pauses 2 s, or 50 times as long as it took: on a slow machine with many projects that adds up."""


def event(conversation: str, id_: str, kind: str, second: int, **fields: Any) -> Event:
    told = {"conversation_id": conversation, "id": id_, "kind": kind, "at": BASE + second * 1000}
    return {**told, **fields}


def at_once(servers: World, slug: str, batches: list[list[Event]]) -> None:
    """Each batch through a server of its own (in turn), all at the same moment."""
    failures: list[BaseException] = []
    gate = threading.Barrier(len(batches))

    def tell(api: Api, batch: list[Event]) -> None:
        try:
            gate.wait(30)
            accepted, duplicates, refused = api.told(slug, batch)
            assert accepted + duplicates + len(refused) == len(batch)
            assert all(code == "ERASED" for _, code in refused), refused
        except BaseException as failure:
            failures.append(failure)
            raise

    threads = [
        threading.Thread(target=tell, args=(servers.apis[n % len(servers.apis)], batch))
        for n, batch in enumerate(batches)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert not failures, failures[0]


def agree(servers: World, slug: str) -> Project:
    """Within the sweep's interval tables and every server's API say what the stored events mean."""
    failures: list[AssertionError] = []

    def settled() -> bool:
        try:
            check(servers, slug)
        except AssertionError as failure:
            failures.append(failure)
            return False
        return True

    try:
        wait_until(settled, HEALED_WITHIN_S)
    except AssertionError:
        raise failures[-1] from None
    return check(servers, slug)


def check(servers: World, slug: str) -> Project:
    assert servers.read is not None
    registry = servers.apis[0].registry(slug)
    project_id = number_of(servers, slug)
    types = {name: type_ for name, (type_, _) in registry.items()}
    project = stored_project(servers.read, project_id, types)
    assert erased_are_gone(servers.read, project_id, project)
    check_tables(servers.read, project_id, project, {name: column for name, (_, column) in registry.items()})
    for api in servers.apis:
        check_list(api.list(slug, include_latency="true"), project, "live")
        for id_ in list(project.told)[:3]:
            check_agent_item(api.get(slug, id_), project.shown(id_))
    return project


def number_of(servers: World, slug: str) -> int:
    with Catalog.open(servers.catalog_url, migrate=False) as catalog:
        return catalog.projects.get(slug).id
