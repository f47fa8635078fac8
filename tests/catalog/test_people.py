"""People, sessions, one-time links and the throttle, on both databases."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from aftercall.catalog import Catalog, Project
from aftercall.catalog.links import LIFETIME_MS, Links
from aftercall.catalog.people import People
from aftercall.catalog.roles import ROLES, scopes_of
from aftercall.catalog.sessions import IDLE_MS, LONGEST_MS, MOST, SEEN_EVERY_MS, Sessions
from aftercall.catalog.throttle import FIRST_WAIT_MS, FORGOTTEN_MS, LONGEST_WAIT_MS, Throttle
from aftercall.errors import Conflict, InvalidInput, NotFound

PASSWORD = "correct horse battery"


class Clock:
    """A wall clock that stands still until told (UTC milliseconds)."""

    def __init__(self) -> None:
        self.at = 1_800_000_000_000

    def __call__(self) -> int:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def people(catalog: Catalog, clock: Clock) -> People:
    return People(catalog.database, clock)


@pytest.fixture
def sessions(catalog: Catalog, clock: Clock) -> Sessions:
    return Sessions(catalog.database, clock)


@pytest.fixture
def links(catalog: Catalog, clock: Clock) -> Links:
    return Links(catalog.database, clock)


def test_a_person_signs_in_by_name_in_any_case(people: People, clock: Clock) -> None:
    made = people.create(" Ada@Example.COM ", name="Ada", role="editor", password=PASSWORD)
    assert (made.login, made.name, made.role, made.created_at) == (
        "ada@example.com",
        "Ada",
        "editor",
        clock.at,
    )
    assert people.with_password("ADA@example.com", PASSWORD) == made
    for login, password in (
        ("ada@example.com", PASSWORD + "x"),
        ("ada@example.com", ""),
        ("nobody", PASSWORD),
        ("", ""),
        ("\ud800", "\ud800"),
        ("a" * 5000, PASSWORD),
    ):
        assert people.with_password(login, password) is None


def test_a_password_is_kept_as_an_argon2id_hash_only(catalog: Catalog, people: People) -> None:
    people.create("ada", password=PASSWORD)
    with catalog.read() as session:
        stored = session.scalar(text("SELECT password_hash FROM people"))
    assert isinstance(stored, str)
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


def test_without_a_password_nobody_signs_in(people: People) -> None:
    people.create("ada")
    assert not people.anyone_has_a_password()
    assert people.with_password("ada", "") is None
    assert people.with_password("ada", "the password of nobody") is None


def test_a_hash_by_old_parameters_is_made_anew(catalog: Catalog, people: People) -> None:
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    made = people.create("ada")
    with catalog.write() as session:
        session.execute(text("UPDATE people SET password_hash = :weak"), {"weak": weak})
    assert people.with_password("ada", PASSWORD) is not None
    with catalog.read() as session:
        assert session.scalar(text("SELECT password_hash FROM people")) != weak
    assert people.with_password("ada", PASSWORD) == people.get(made.id)


@pytest.mark.parametrize(
    "password", ["short", "", "aaaaaaaaaaaaaa", "x" * 201, "ada-byron-1", "ADA-BYRON-1", "a\0" * 9]
)
def test_a_weak_password_is_refused(people: People, password: str) -> None:
    with pytest.raises(InvalidInput):
        people.create("ada-byron-1", password=password)
    assert people.list() == ()


@pytest.mark.parametrize("login", ["", "   ", "two words", "a" * 201, "a\0b", "\u202e\n", 7, None])
def test_a_sign_in_name_has_a_form(people: People, login: Any) -> None:
    with pytest.raises(InvalidInput):
        people.create(login)


def test_a_sign_in_name_is_taken_once(people: People) -> None:
    people.create("ada")
    other = people.create("grace")
    with pytest.raises(Conflict, match="ada") as caught:
        people.create("ADA")
    assert caught.value.code == "LOGIN_TAKEN"
    with pytest.raises(Conflict):
        people.update(other.id, login="Ada")
    assert people.get(other.id).login == "grace"


def test_a_role_that_does_not_exist(people: People) -> None:
    with pytest.raises(InvalidInput, match="viewer, editor, admin"):
        people.create("ada", role="owner")


def test_what_each_role_may(people: People) -> None:
    assert scopes_of("viewer", pii=False) == {"read", "read:transcripts"}
    assert scopes_of("editor", pii=True) == {"read", "read:transcripts", "edit", "read:pii"}
    for role in ROLES:
        principal = people.create(role, role=role).principal
        assert principal.may("read")
        assert principal.may("admin") == (role == "admin")
        assert principal.may("edit") == (role != "viewer")
        assert principal.may("read:pii") == (role == "admin")
        assert principal.may("ingest") == (role == "admin")


def test_projects_are_those_given_and_admins_have_all(
    catalog: Catalog, people: People, project: Project
) -> None:
    other = catalog.projects.create("moon")
    some = people.create("ada", projects=[project.id])
    assert some.projects == {project.id}
    assert some.principal.reaches(project.account_id, project.id)
    assert not some.principal.reaches(project.account_id, other.id)
    assert people.give_projects(some.id, [other.id]).projects == {other.id}
    assert people.give_projects(some.id, []).projects == frozenset()
    assert people.give_projects(some.id, None).projects is None
    people.give_projects(some.id, [other.id])
    assert people.update(some.id, role="admin").projects is None
    with pytest.raises(NotFound):
        people.create("grace", projects=[other.id, 4_000])
    assert [one.login for one in people.list()] == ["ada"]


def test_projects_of_another_account_cannot_be_given(catalog: Catalog, people: People) -> None:
    catalog.accounts.create("acme")
    theirs = catalog.projects.create("secret", account="acme")
    with pytest.raises(NotFound):
        people.create("ada", projects=[theirs.id])
    someone = people.create("grace", account="acme", projects=[theirs.id])
    assert (someone.account_slug, people.list()) == ("acme", ())


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"active": False}])
def test_the_last_administrator_stays(people: People, change: dict[str, Any]) -> None:
    first = people.local_admin()
    with pytest.raises(Conflict) as caught:
        people.update(first.id, **change)
    assert caught.value.code == "LAST_ADMIN"
    assert people.get(first.id) == first
    people.create("second", role="admin")
    people.update(first.id, **change)


def test_two_administrators_cannot_switch_each_other_off(people: People) -> None:
    ids = [people.create(name, role="admin").id for name in ("ada", "grace")]

    def off(person_id: int) -> bool:
        try:
            people.update(person_id, active=False)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(off, ids)) == [False, True]
    assert sum(one.active for one in people.list()) == 1


def test_the_local_admin_is_made_once(people: People) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda _: people.local_admin().id, range(8)))
    assert len(made) == len(people.list()) == 1
    admin = people.local_admin()
    assert (admin.login, admin.role, admin.has_password) == ("admin", "admin", False)
    people.update(admin.id, login="ada")
    assert people.local_admin().id == admin.id


def test_the_local_admin_does_not_take_a_name(people: People) -> None:
    people.create("admin", role="viewer")
    assert people.local_admin().login == "admin2"


def test_a_session_lasts_while_it_is_used(people: People, sessions: Sessions, clock: Clock) -> None:
    ada = people.create("ada")
    token = sessions.begin(ada.id, "Firefox\x00\n on Linux")
    began = clock.at
    found = sessions.find(token)
    assert found is not None
    assert (found[0].id, found[1].browser, found[1].created_at) == (ada.id, "Firefox on Linux", began)
    while clock.at + IDLE_MS - 1 < began + LONGEST_MS:
        clock.at += IDLE_MS - 1
        assert sessions.find(token) is not None
    clock.at = began + LONGEST_MS
    assert sessions.find(token) is None


def test_a_session_that_is_not_used_ends(people: People, sessions: Sessions, clock: Clock) -> None:
    token = sessions.begin(people.create("ada").id)
    clock.at += IDLE_MS
    assert sessions.find(token) is None
    assert sessions.list(people.list()[0].id) == ()


def test_use_is_noted_now_and_then(people: People, sessions: Sessions, clock: Clock) -> None:
    ada = people.create("ada")
    token = sessions.begin(ada.id)
    began = clock.at
    clock.at += SEEN_EVERY_MS - 1
    sessions.find(token)
    assert sessions.list(ada.id)[0].seen_at == began
    clock.at += 1
    sessions.find(token)
    assert sessions.list(ada.id)[0].seen_at == people.get(ada.id).seen_at == clock.at


@pytest.mark.parametrize("token", [None, "", "x", "A" * 43, "\ud800" * 43, "A" * 10_000, 7, b"A" * 43])
def test_what_is_no_session(sessions: Sessions, token: Any) -> None:
    assert sessions.find(token) is None
    sessions.end(token)


def test_only_hashes_of_sessions_and_links_are_kept(
    catalog: Catalog, people: People, sessions: Sessions, links: Links
) -> None:
    ada = people.create("ada")
    for table, token in (
        ("sessions", sessions.begin(ada.id)),
        ("one_time_links", links.create("enter", ada.id)),
    ):
        with catalog.read() as session:
            rows = session.execute(text(f"SELECT * FROM {table}")).all()
        assert token not in str(rows)
        assert hashlib.sha256(token.encode()).hexdigest() in str(rows)


def test_sessions_end_one_by_one_and_all_but_one(people: People, sessions: Sessions) -> None:
    ada, grace = people.create("ada"), people.create("grace")
    mine = [sessions.begin(ada.id) for _ in range(3)]
    hers = sessions.begin(grace.id)
    sessions.end(mine[0])
    assert [sessions.find(token) is not None for token in mine] == [False, True, True]
    sessions.end_all(ada.id, but=mine[2])
    assert [sessions.find(token) is not None for token in mine] == [False, False, True]
    sessions.end_all(ada.id)
    assert sessions.find(mine[2]) is None
    assert sessions.find(hers) is not None


def test_a_person_has_so_many_sessions_at_most(people: People, sessions: Sessions, clock: Clock) -> None:
    ada = people.create("ada")
    tokens = []
    for _ in range(MOST + 2):
        clock.at += 1
        tokens.append(sessions.begin(ada.id))
    alive = [sessions.find(token) is not None for token in tokens]
    assert alive == [False, False] + [True] * MOST


def test_what_changes_holds_from_the_next_request_on(people: People, sessions: Sessions) -> None:
    people.local_admin()
    ada = people.create("ada", role="admin", password=PASSWORD)
    token = sessions.begin(ada.id)
    people.update(ada.id, role="viewer")
    found = sessions.find(token)
    assert found is not None
    assert found[0].role == "viewer"
    people.update(ada.id, active=False)
    assert sessions.find(token) is None
    assert people.with_password("ada", PASSWORD) is None
    people.update(ada.id, active=True)
    assert sessions.find(token) is None  # it was ended, not only hidden
    assert people.with_password("ada", PASSWORD) is not None


def test_a_new_password_ends_sessions_and_links(people: People, sessions: Sessions, links: Links) -> None:
    ada = people.create("ada", password=PASSWORD)
    session, invitation = sessions.begin(ada.id), links.create("invitation", ada.id)
    people.set_password(ada.id, "another long one")
    assert sessions.find(session) is None
    assert links.find("invitation", invitation) is None
    assert people.with_password("ada", PASSWORD) is None
    assert people.with_password("ada", "another long one") is not None
    with pytest.raises(InvalidInput):
        people.set_password(ada.id, "short")


@pytest.mark.parametrize("kind", ["enter", "invitation"])
def test_a_link_works_once_and_for_a_time(people: People, links: Links, clock: Clock, kind: Any) -> None:
    ada = people.create("ada")
    token = links.create(kind, ada.id)
    assert links.find(kind, token) == ada
    assert links.find("enter" if kind == "invitation" else "invitation", token) is None
    assert links.use(kind, token) == ada
    assert links.use(kind, token) is None
    assert links.find(kind, token) is None
    late = links.create(kind, ada.id)
    clock.at += LIFETIME_MS[kind]
    assert links.use(kind, late) is None


def test_of_many_who_use_a_link_at_once_one_comes_in(people: People, links: Links) -> None:
    token = links.create("enter", people.create("ada").id)
    with ThreadPoolExecutor(6) as pool:
        came = [one for one in pool.map(lambda _: links.use("enter", token), range(12)) if one]
    assert len(came) == 1


def test_a_new_invitation_ends_the_one_before(people: People, links: Links, clock: Clock) -> None:
    ada = people.create("ada")
    first, second = links.create("invitation", ada.id), links.create("invitation", ada.id)
    assert links.find("invitation", first) is None
    assert links.find("invitation", second) == ada
    assert links.waiting("invitation") == {ada.id: clock.at + LIFETIME_MS["invitation"]}
    with pytest.raises(NotFound):
        links.create("enter", 4_000)


def test_who_is_switched_off_has_no_way_in(people: People, links: Links) -> None:
    people.local_admin()
    ada = people.create("ada")
    token = links.create("enter", ada.id)
    people.update(ada.id, active=False)
    assert links.use("enter", token) is None


def test_failures_cost_more_and_more_time(catalog: Catalog, clock: Clock) -> None:
    throttle = Throttle(catalog.database, clock)
    names = {"ada at home": 3}
    assert [throttle.begin(names) for _ in range(3)] == [0, 0, 0]
    wait = FIRST_WAIT_MS
    for _ in range(8):
        assert throttle.begin(names) == wait
        clock.at += wait - 1
        assert throttle.begin(names) == 1
        clock.at += 1
        assert throttle.begin(names) == 0
        wait = min(wait * 2, LONGEST_WAIT_MS)
    throttle.forget(names)
    assert throttle.begin(names) == 0


def test_failures_are_forgotten_after_an_hour_and_kept_apart(catalog: Catalog, clock: Clock) -> None:
    throttle = Throttle(catalog.database, clock)
    for _ in range(3):
        throttle.begin({"ada": 3, "home": 10})
    assert throttle.begin({"ada": 3, "home": 10}) == FIRST_WAIT_MS
    assert throttle.begin({"grace": 3, "home": 10}) == 0
    clock.at += FORGOTTEN_MS
    assert throttle.begin({"ada": 3, "home": 10}) == 0
    with catalog.read() as session:
        kept = session.execute(text("SELECT name FROM sign_in_failures")).scalars().all()
    assert len(kept) == 2
    assert all(len(name) == 64 for name in kept)  # what was typed may be somebody's password


def test_tries_made_at_once_are_not_all_free(catalog: Catalog, clock: Clock) -> None:
    throttle = Throttle(catalog.database, clock)
    assert throttle.begin({"ada": 3}) == 0  # the row is there: from now on it is a lock, too
    with ThreadPoolExecutor(6) as pool:
        waits = list(pool.map(lambda _: throttle.begin({"ada": 3}), range(12)))
    assert waits.count(0) == 2
