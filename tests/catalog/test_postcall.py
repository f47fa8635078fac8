"""Webhooks, the log of deliveries, and the processes that work: on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from aftercall.catalog import Catalog, Project
from aftercall.catalog.deliveries import NewDelivery
from aftercall.errors import InvalidInput, NotFound
from aftercall.model.times import now_ms

URL = "https://crm.example/hooks?x=1"


def new(project: Project, hook: int, name: str = "dl_1") -> NewDelivery:
    return NewDelivery(name, hook, project.id, "call-1", "pc-3.1")


def test_a_webhook_is_made_with_a_secret_and_kept(catalog: Catalog, other: Catalog, project: Project) -> None:
    made = catalog.webhooks.create(project.id, URL)
    assert (made.url, made.name, made.active) == (URL, "crm.example", True)
    assert len(made.secret) > 60
    assert made.secret not in repr(made)
    assert other.webhooks.get(made.id) == made
    assert catalog.webhooks.create(project.id, URL, secret="s" * 16, name="CRM").secret == "s" * 16
    assert [hook.name for hook in other.webhooks.list(project.id)] == ["crm.example", "CRM"]


def test_a_webhook_changes_field_by_field(catalog: Catalog, project: Project) -> None:
    made = catalog.webhooks.create(project.id, URL)
    changed = catalog.webhooks.update(made.id, active=False)
    assert (changed.active, changed.url, changed.secret) == (False, URL, made.secret)
    again = catalog.webhooks.update(made.id, url="http://b.example", name="B", active=True, secret="t" * 20)
    assert (again.active, again.url, again.name, again.secret) == (True, "http://b.example", "B", "t" * 20)
    assert catalog.webhooks.all() == (again,)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "crm.example",
        "ftp://crm.example",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user:secret@crm.example",
        "https://crm.example:99999",
        "https://crm.example:0",
        "https://crm.example/a b",
        "https://crm.example/\nx-forged: 1",
        "https://crm.exämple",
        "https://[::1",
        "https://crm.example/" + "x" * 2000,
        7,
    ],
)
def test_addresses_that_cannot_be_used(catalog: Catalog, project: Project, address: str) -> None:
    with pytest.raises(InvalidInput):
        catalog.webhooks.create(project.id, address)
    assert catalog.webhooks.list(project.id) == ()


def test_a_secret_must_be_long_enough(catalog: Catalog, project: Project) -> None:
    with pytest.raises(InvalidInput, match="16"):
        catalog.webhooks.create(project.id, URL, secret="short")


@pytest.mark.parametrize("number", [0, -1, 7, 2**40])
def test_what_is_not_there(catalog: Catalog, number: int) -> None:
    for act in (catalog.webhooks.get, lambda n: catalog.webhooks.update(n, active=False)):
        with pytest.raises(NotFound) as caught:
            act(number)
        assert caught.value.code == "WEBHOOK_NOT_FOUND"
    with pytest.raises(NotFound):
        catalog.deliveries.get(str(number))
    with pytest.raises(NotFound):
        catalog.webhooks.create(999, URL)


def test_a_delivery_is_entered_once(catalog: Catalog, other: Catalog, project: Project) -> None:
    hook = catalog.webhooks.create(project.id, URL).id
    [first] = catalog.deliveries.add([new(project, hook)], tries=3)
    assert (first.status, first.tries, first.tries_left, first.conversation_id) == ("pending", 0, 3, "call-1")
    assert other.deliveries.add([new(project, hook)], tries=3) == (first,)
    catalog.deliveries.note("dl_1", tries=1, status="delivered", response_code=204)
    assert catalog.deliveries.add([new(project, hook)], tries=3) == ()
    assert other.deliveries.get("dl_1").response_code == 204
    assert catalog.deliveries.counts() == {"delivered": 1}


def test_a_try_counts_once_however_often_it_is_noted(catalog: Catalog, project: Project) -> None:
    hook = catalog.webhooks.create(project.id, URL).id
    catalog.deliveries.add([new(project, hook)], tries=3)
    for _ in range(2):
        noted = catalog.deliveries.note("dl_1", tries=1, status="pending", error="HTTP 500", next_try_at=5)
    assert (noted.tries, noted.tries_left, noted.next_try_at, noted.error) == (1, 2, 5, "HTTP 500")
    catalog.deliveries.note("dl_1", tries=2, status="delivered", response_code=200)
    late = catalog.deliveries.note("dl_1", tries=3, status="failed")
    assert (late.status, late.tries, late.next_try_at) == ("delivered", 2, None)
    again = catalog.deliveries.again("dl_1", tries=3)
    assert (again.status, again.tries, again.tries_left) == ("pending", 2, 3)


def test_the_log_in_pages_and_by_what_is_asked(catalog: Catalog, project: Project) -> None:
    hook = catalog.webhooks.create(project.id, URL).id
    names = [f"dl_{number}" for number in range(5)]
    catalog.deliveries.add([new(project, hook, name) for name in names], tries=1)
    catalog.deliveries.note("dl_3", tries=1, status="failed", error="no")
    seen: list[str] = []
    before = None
    while page := catalog.deliveries.list(project.id, limit=2, before=before):
        seen += [one.id for one in page]
        before = (page[-1].created_at, page[-1].id)
    assert seen == names[::-1]
    assert [one.id for one in catalog.deliveries.list(project.id, status="failed")] == ["dl_3"]
    assert catalog.deliveries.list(project.id, conversation_id="call-2") == ()
    assert len(catalog.deliveries.list(project.id, webhook_id=hook, conversation_id="call-1")) == 5
    assert catalog.deliveries.list(project.id + 1) == ()


def test_overdue_ones_are_found_and_old_ones_forgotten(catalog: Catalog, project: Project) -> None:
    hook = catalog.webhooks.create(project.id, URL).id
    catalog.deliveries.add([new(project, hook, "dl_a"), new(project, hook, "dl_b")], tries=2)
    catalog.deliveries.note("dl_b", tries=1, status="delivered")
    later = now_ms() + 1
    assert [one.id for one in catalog.deliveries.overdue(later)] == ["dl_a"]
    assert catalog.deliveries.overdue(0) == ()
    assert catalog.deliveries.forget(later) == 1
    assert [one.id for one in catalog.deliveries.list(project.id)] == ["dl_a"]


def test_heartbeats(catalog: Catalog, other: Catalog) -> None:
    catalog.workers.beat("a-0")
    catalog.workers.beat("b-0")
    assert catalog.workers.silent(now_ms() - 1000) == ()
    assert other.workers.silent(now_ms() + 1000) == ("a-0", "b-0")
    other.workers.beat("a-0")
    catalog.workers.forget("b-0")
    assert catalog.workers.silent(now_ms() + 1000) == ("a-0",)
