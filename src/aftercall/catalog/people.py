"""People: who may sign in, and what each may do."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import Select, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from aftercall.catalog.accounts import DEFAULT_ACCOUNT, account_row
from aftercall.catalog.database import Database
from aftercall.catalog.passwords import clean_password, hash_password, is_outdated, matches
from aftercall.catalog.people_tables import LinkRow, PersonProjectRow, PersonRow, SessionRow
from aftercall.catalog.person import Person, clean_login, people_query, person_record, person_row
from aftercall.catalog.roles import clean_role
from aftercall.catalog.slugs import clean_name
from aftercall.catalog.tables import ProjectRow
from aftercall.errors import Conflict, InvalidInput, NotFound
from aftercall.model.times import now_ms

LOCAL_ADMIN = "admin"
"""The sign-in name of the first administrator, until they choose another."""


class People:
    """``now`` (UTC milliseconds) is there for tests."""

    def __init__(self, database: Database, now: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._now = now

    def create(
        self,
        login: str,
        *,
        name: str | None = None,
        role: str = "viewer",
        pii: bool = False,
        projects: Collection[int] | None = None,
        password: str | None = None,
        account: str = DEFAULT_ACCOUNT,
    ) -> Person:
        """Without a password they can only come in by a link. ``projects``: ids; None is all of them.

        Raises Conflict (LOGIN_TAKEN), InvalidInput, NotFound (PROJECT_NOT_FOUND).
        """
        login, at = clean_login(login), self._now()
        row = PersonRow(
            login=login,
            name=clean_name(name or login, "a person"),
            password_hash=None if password is None else hash_password(clean_password(password, login)),
            role=clean_role(role),
            pii=pii,
            all_projects=projects is None,
            active=True,
            created_at=at,
            updated_at=at,
        )
        try:
            with self._database.write() as session:
                row.account_id = account_row(session, account).id
                session.add(row)
                session.flush()
                _set_projects(session, row, projects)
                return person_record(session, row, account)
        except IntegrityError:  # the unique login is all that can clash here
            raise _taken(login) from None

    def get(self, person_id: int) -> Person:
        """Raises NotFound (PERSON_NOT_FOUND)."""
        with self._database.read() as session:
            return person_record(session, *person_row(session, person_id))

    def list(self, *, account: str = DEFAULT_ACCOUNT) -> tuple[Person, ...]:
        """The oldest first."""
        with self._database.read() as session:
            owner = account_row(session, account)
            query = people_query().where(PersonRow.account_id == owner.id).order_by(PersonRow.id)
            return tuple(person_record(session, row, slug) for row, slug in session.execute(query).all())

    def anyone_has_a_password(self) -> bool:
        """Whether somebody can sign in without a link."""
        query = select(PersonRow.id).where(PersonRow.password_hash.is_not(None), PersonRow.active).limit(1)
        with self._database.read() as session:
            return session.scalar(query) is not None

    def local_admin(self, *, account: str = DEFAULT_ACCOUNT) -> Person:
        """The oldest administrator who may sign in, made when there is none: for who owns this machine."""
        with self._database.write() as session:
            owner = account_row(session, account, lock=True)
            found = session.scalars(_admins(owner.id)).first()
            if found is None:
                found = self._new_admin(session, owner.id)
            return person_record(session, found, account)

    def _new_admin(self, session: Session, account_id: int) -> PersonRow:
        taken = set(session.scalars(select(PersonRow.login)))
        numbered = (f"{LOCAL_ADMIN}{number}" for number in range(2, len(taken) + 3))
        login = next(one for one in (LOCAL_ADMIN, *numbered) if one not in taken)
        at = self._now()
        row = PersonRow(account_id=account_id, login=login, name="Administrator", role="admin", pii=True)
        row.all_projects, row.active, row.created_at, row.updated_at = True, True, at, at
        session.add(row)
        session.flush()
        return row

    def update(
        self,
        person_id: int,
        *,
        login: str | None = None,
        name: str | None = None,
        role: str | None = None,
        pii: bool | None = None,
        active: bool | None = None,
    ) -> Person:
        """Changes what is given. Who is switched off is signed out everywhere at once.

        Raises NotFound, InvalidInput, Conflict (LOGIN_TAKEN, LAST_ADMIN).
        """
        changes = {
            "login": None if login is None else clean_login(login),
            "name": None if name is None else clean_name(name, "a person"),
            "role": None if role is None else clean_role(role),
            "pii": pii,
            "active": active,
        }
        try:
            with self._database.write() as session:
                row, account = person_row(session, person_id)
                account_row(session, account, lock=True)  # two administrators must not demote each other
                for field, value in changes.items():
                    if value is not None:
                        setattr(row, field, value)
                row.updated_at = self._now()
                session.flush()
                _keep_an_admin(session, row.account_id)
                if not row.active:
                    _shut_out(session, row.id)
                return person_record(session, row, account)
        except IntegrityError:
            raise _taken(str(login)) from None

    def give_projects(self, person_id: int, projects: Collection[int] | None) -> Person:
        """The ids of all projects they see; None: every one. Raises NotFound."""
        with self._database.write() as session:
            row, account = person_row(session, person_id)
            row.all_projects, row.updated_at = projects is None, self._now()
            _set_projects(session, row, projects)
            return person_record(session, row, account)

    def check_password(self, person: Person, password: str) -> None:
        """Raises InvalidInput (WEAK_PASSWORD) for one that ``set_password`` would refuse."""
        clean_password(password, person.login)

    def set_password(self, person_id: int, password: str) -> None:
        """Signs them out everywhere, and ends their unused links. Raises InvalidInput (WEAK_PASSWORD)."""
        with self._database.read() as session:
            login = person_row(session, person_id)[0].login
        hashed = hash_password(clean_password(password, login))
        with self._database.write() as session:
            row, _ = person_row(session, person_id)
            row.password_hash, row.updated_at = hashed, self._now()
            _shut_out(session, row.id)

    def with_password(self, login: str, password: str) -> Person | None:
        """Who it is; None when the two do not belong together, or the person is switched off."""
        try:
            login = clean_login(login)
        except InvalidInput:
            login = ""
        with self._database.read() as session:
            found = session.execute(people_query().where(PersonRow.login == login)).first()
            person = found and person_record(session, found[0], found[1])
        hashed = found[0].password_hash if found else None
        if not matches(password, hashed) or not found or not person or not found[0].active:
            return None
        if hashed and is_outdated(hashed):
            self._store_again(person.id, hashed, hash_password(password))
        return person

    def _store_again(self, person_id: int, before: str, hashed: str) -> None:
        """By today's parameters; unless the password was changed meanwhile."""
        with self._database.write() as session:
            row, _ = person_row(session, person_id)
            if row.password_hash == before:
                row.password_hash = hashed


def _admins(account_id: int) -> Select[PersonRow]:
    mine = (PersonRow.account_id == account_id, PersonRow.role == "admin", PersonRow.active)
    return select(PersonRow).where(*mine).order_by(PersonRow.id)


def _keep_an_admin(session: Session, account_id: int) -> None:
    if session.scalars(_admins(account_id)).first() is None:
        raise Conflict("This is the last administrator: make another person one first.", code="LAST_ADMIN")


def _shut_out(session: Session, person_id: int) -> None:
    session.execute(delete(SessionRow).where(SessionRow.person_id == person_id))
    session.execute(delete(LinkRow).where(LinkRow.person_id == person_id, LinkRow.used_at.is_(None)))


def _set_projects(session: Session, row: PersonRow, projects: Collection[int] | None) -> None:
    session.execute(delete(PersonProjectRow).where(PersonProjectRow.person_id == row.id))
    wanted = set(projects or ())
    own = select(ProjectRow.id).where(ProjectRow.account_id == row.account_id)
    if wanted - set(session.scalars(own)):
        raise NotFound("One of these projects does not exist (any more).", code="PROJECT_NOT_FOUND")
    session.add_all(PersonProjectRow(person_id=row.id, project_id=one) for one in sorted(wanted))


def _taken(login: str) -> Conflict:
    return Conflict(f"There is somebody with the sign-in name {login!r:.80} already.", code="LOGIN_TAKEN")
