"""Webhooks hear of every result: signed, once, again when they did not take it, and all of it in the log."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Iterator

import pytest

from aftercall.catalog.deliveries import Delivery
from aftercall.catalog.projects import Project
from aftercall.errors import NotFound, Unavailable
from tests.jobs.desk import Desk, raised, wrote
from tests.jobs.receiver import Receiver, Request, receiver, status


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


def until_done(desk: Desk, project: Project, count: int = 1) -> list[Delivery]:
    """The log, newest first, once it holds so many and none is pending."""

    def done() -> list[Delivery]:
        log = list(desk.catalog.deliveries.list(project.id))
        return log if len(log) >= count and all(one.status != "pending" for one in log) else []

    found: list[Delivery] = desk.until(done, "deliveries")
    return found


def check_signature(request: Request, secret: str) -> None:
    """As docs/postcall.md tells receivers to."""
    sent_at = request.headers["x-aftercall-timestamp"]
    expected = hmac.new(secret.encode(), f"{sent_at}.".encode() + request.body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(request.headers["x-aftercall-signature"], expected)
    assert abs(time.time() - int(sent_at)) < 60


def test_a_result_is_told_once_and_signed(desk: Desk, server: Receiver) -> None:
    project = desk.project(lambda work: wrote(work, REASON="billing"))
    hook = desk.catalog.webhooks.create(project.id, server.url)
    c = desk.call(project)
    [one] = until_done(desk, project)
    assert (one.status, one.tries, one.response_code, one.error) == ("delivered", 1, 204, None)
    [request] = server.requests
    check_signature(request, hook.secret)
    assert request.headers["x-aftercall-event"] == "conversation.analyzed"
    assert request.headers["x-aftercall-delivery"] == request.json["delivery_id"] == one.id
    assert request.json["conversation"] == {"id": c, "project_id": project.slug}
    assert request.json["analysis"] == {"attempt": one.attempt, "status": "ok", "error": None}
    desk.restart_jobs()
    other = desk.call(project)
    until_done(desk, project, 2)
    assert [request.json["conversation"]["id"] for request in server.requests] == [c, other]


def test_a_project_with_nothing_but_a_webhook_is_told_too(desk: Desk, server: Receiver) -> None:
    project = desk.project()
    desk.catalog.webhooks.create(project.id, server.url)
    desk.step.scripts[project.id] = lambda work: None  # type: ignore[assignment, return-value]
    c = desk.call(project)
    until_done(desk, project)
    assert server.requests[0].json["conversation"]["id"] == c
    assert desk.until_status(project, c, "ok").version is None


def test_every_active_webhook_hears_of_every_new_result(desk: Desk, server: Receiver) -> None:
    project = desk.project(lambda work: wrote(work, A=work.task.attempt))
    hooks = [desk.catalog.webhooks.create(project.id, server.url + str(i)) for i in range(3)]
    desk.catalog.webhooks.update(hooks[2].id, active=False)
    c = desk.call(project)
    until_done(desk, project, 2)
    desk.jobs.replay(project, c)
    log = until_done(desk, project, 4)
    assert sorted(request.path for request in server.requests) == ["/hook0"] * 2 + ["/hook1"] * 2
    assert len({one.id for one in log}) == 4
    assert len({one.attempt for one in log}) == 2


def test_a_failure_is_told_when_nothing_more_will_be_tried(desk: Desk, server: Receiver) -> None:
    project = desk.project(lambda work: raised(work, "ValueError: no"))
    desk.catalog.webhooks.create(project.id, server.url)
    c = desk.call(project)
    desk.until_status(project, c, "failed")
    until_done(desk, project)
    [request] = server.requests
    assert request.json["analysis"]["status"] == "failed"
    assert request.json["analysis"]["error"] == "ValueError: no"


def test_what_is_not_taken_is_sent_again_under_its_id(desk: Desk, server: Receiver) -> None:
    answers = iter([status(500, b"down"), status(302, location="http://x/"), status(200)])
    server.script = lambda handler, request: next(answers)(handler, request)
    project = desk.project(lambda work: wrote(work, A=1))
    hook = desk.catalog.webhooks.create(project.id, server.url)
    desk.call(project)
    [one] = until_done(desk, project)
    assert (one.status, one.tries, one.response_code) == ("delivered", 3, 200)
    assert {request.headers["x-aftercall-delivery"] for request in server.requests} == {one.id}
    for request in server.requests:
        check_signature(request, hook.secret)


def test_it_is_given_up_and_can_be_sent_by_hand(desk: Desk, server: Receiver) -> None:
    server.script = status(503, b"full")
    project = desk.project(lambda work: wrote(work, A=1))
    desk.catalog.webhooks.create(project.id, server.url)
    c = desk.call(project)
    [one] = until_done(desk, project)
    assert (one.status, one.tries, one.error) == ("failed", 3, "HTTP 503: full")
    assert desk.standing(project, c).status == "ok"  # the call itself is none the worse for it
    server.script = status(204)
    assert desk.jobs.redeliver(one.id).status == "pending"
    [again] = until_done(desk, project)
    assert (again.id, again.status, again.tries) == (one.id, "delivered", 4)
    with pytest.raises(NotFound):
        desk.jobs.redeliver("dl_nobody")


def test_what_was_erased_or_switched_off_meanwhile_is_not_sent(desk: Desk, server: Receiver) -> None:
    server.script = status(500)
    erased, off = (desk.project(lambda work: wrote(work, A=1)) for _ in range(2))
    desk.catalog.webhooks.create(erased.id, server.url)
    hook = desk.catalog.webhooks.create(off.id, server.url)
    c = desk.call(erased)
    desk.call(off)
    for project in (erased, off):
        assert until_done(desk, project)[0].status == "failed"
    desk.tell(erased, {"kind": "erasure", "conversation_id": c})
    desk.catalog.webhooks.update(hook.id, active=False)
    before = len(server.requests)
    for project, reason in ((erased, "erased"), (off, "switched off")):
        desk.jobs.redeliver(desk.catalog.deliveries.list(project.id)[0].id)
        [one] = until_done(desk, project)
        assert one.status == "dropped"
        assert one.error is not None and reason in one.error
    assert len(server.requests) == before


def test_a_receiver_that_hangs_holds_up_nobody_else(desk: Desk, server: Receiver) -> None:
    hold = threading.Event()
    slow, quick = (desk.project(lambda work: wrote(work, A=1)) for _ in range(2))
    with receiver() as hanging:
        hanging.script = lambda handler, request: hold.wait(30) and None
        desk.catalog.webhooks.create(slow.id, hanging.url)
        desk.catalog.webhooks.create(quick.id, server.url)
        for _ in range(20):
            desk.call(slow)
        desk.until(lambda: hanging.connections, "the slow one is called")
        desk.call(quick)
        until_done(desk, quick)
        assert len(server.requests) == 1
        assert any(one.status == "pending" for one in desk.catalog.deliveries.list(slow.id))
        hold.set()


def test_a_delivery_whose_job_got_lost_is_found_in_the_log(
    desk: Desk, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aftercall.jobs.deliveries.OVERDUE_S", 0.3)
    project = desk.project(lambda work: wrote(work, A=1))
    desk.catalog.webhooks.create(project.id, server.url)
    with monkeypatch.context() as lost:
        lost.setattr("aftercall.jobs.durable.Durable.enqueue", _only_analyses())
        c = desk.call(project)
        desk.until_status(project, c, "ok")
        desk.until(lambda: desk.catalog.deliveries.list(project.id))
        assert server.requests == []
    [one] = until_done(desk, project)
    assert (one.status, len(server.requests)) == ("delivered", 1)


def _only_analyses():  # type: ignore[no-untyped-def]
    """Jobs for deliveries vanish, as when DBOS's tables were lost."""
    from aftercall.jobs.durable import Durable
    from aftercall.jobs.task import Analyse

    real = Durable.enqueue

    def enqueue(self: Durable, tasks, delay_s=None):  # type: ignore[no-untyped-def]
        real(self, [task for task in tasks if isinstance(task, Analyse)], delay_s)

    return enqueue


def test_the_inside_is_refused_at_once_and_said_so(desk: Desk, server: Receiver) -> None:
    project = desk.project(lambda work: wrote(work, A=1))
    desk.catalog.webhooks.create(project.id, server.url)
    desk.jobs._deliverer._sender._allow_private = False
    try:
        desk.call(project)
        [one] = until_done(desk, project)
    finally:
        desk.jobs._deliverer._sender._allow_private = True
    assert (one.status, one.tries, server.connections) == ("failed", 1, 0)
    assert one.error is not None and "AFTERCALL_WEBHOOK_ALLOW_PRIVATE" in one.error


def test_jobs_that_have_not_started_say_so(desk: Desk) -> None:
    jobs = desk._new_jobs()
    with pytest.raises(Unavailable) as caught:
        jobs.wait_ready(timeout=0.01)
    assert caught.value.code == "JOBS_NOT_READY"
    jobs.close()
