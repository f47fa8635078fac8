"""Fixtures every room's tests share: Hypothesis profiles and a real PostgreSQL server.

chDB is never opened here. One process may open an engine path, and a fork after opening hangs the child:
tests that need the engine open their own temporary path, or start a server process (spawned).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.postgres import PostgresServer, start_once, stop

# dev looks for new counterexamples on each run and replays those it knows; ci tries the same ones each time.
# Both print what reproduces a failure. `--hypothesis-profile` and `--hypothesis-seed` overrule.
KNOWN_FAILURES = Path(tempfile.gettempdir()) / f"aftercall-hypothesis-{os.getuid()}"
hypothesis.settings.register_profile(
    "dev", deadline=None, print_blob=True, database=DirectoryBasedExampleDatabase(KNOWN_FAILURES)
)
hypothesis.settings.register_profile("ci", deadline=None, print_blob=True, database=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "dev")

WITHOUT_POSTGRES = "AFTERCALL_TEST_POSTGRES=0: this test did NOT run on PostgreSQL"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> PostgresServer:
    """A running PostgreSQL server, one for the whole session. Without one the test fails."""
    if os.environ.get("AFTERCALL_TEST_POSTGRES") == "0":
        pytest.skip(WITHOUT_POSTGRES)
    return start_once(session_folder(tmp_path_factory))


@pytest.fixture(scope="session")
def new_postgres_database(postgres: PostgresServer) -> Callable[[], str]:
    """Call it for the `postgresql+psycopg://` URL of a fresh, empty database; it goes with the session."""
    return postgres.create_database


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """The `postgresql+psycopg://` URL of a database of this test's own: fresh, empty, dropped after it."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


def session_folder(factory: pytest.TempPathFactory) -> Path:
    """The temporary folder that all workers of this session share."""
    base = factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Name a failure when it happens: a run that is cut off has not printed its summary."""
    if report.failed and not os.environ.get("PYTEST_XDIST_WORKER"):
        print(f"\nFAILED {report.nodeid} ({report.when})", flush=True)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop PostgreSQL from the process that began the session: its workers have ended by now."""
    factory = getattr(config, "_tmp_path_factory", None)
    if factory is not None and not os.environ.get("PYTEST_XDIST_WORKER"):
        stop(factory.getbasetemp())
