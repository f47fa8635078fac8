"""The spool folder: bounds, disk faults, and taking over what ended processes left."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aftercall.sdk.filelock import FileLock
from aftercall.sdk.notices import Notices
from aftercall.sdk.spool import Spool
from aftercall.sdk.spools import RETRY_DISK_S, Spools
from tests.sdk.fakes import Clock, chunk, settings_in

NewSpools = Callable[..., Spools]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_spools(tmp_path: Path, clock: Clock) -> Iterator[NewSpools]:
    made: list[Spools] = []

    def new(folder: Path | None = None, **options: Any) -> Spools:
        made.append(Spools(settings_in(folder or tmp_path / "spool", **options), Notices(), clock))
        return made[-1]

    yield new
    for spools in made:
        spools.close()


def files(folder: Path) -> list[str]:
    return sorted(path.suffix for path in folder.iterdir())


def left_behind(spools: Spools) -> None:
    """As a killed process leaves it: the file is there, its lock is not held."""
    assert spools._own is not None
    spools._own.spool.close()
    spools._own.lock.release()
    spools._own = None


def test_a_file_of_its_own_that_goes_when_it_is_empty(tmp_path: Path, new_spools: NewSpools) -> None:
    spools = new_spools()
    assert spools.put(chunk(1))
    assert (tmp_path / "spool").stat().st_mode & 0o777 == 0o700
    (spool,) = spools.sources()
    spool.delete(spool.read("p", max_events=9, max_bytes=9))
    assert spools.close() == 0
    assert files(tmp_path / "spool") == []


def test_what_is_left_at_the_end_is_adopted_by_the_next(tmp_path: Path, new_spools: NewSpools) -> None:
    first = new_spools()
    first.put(chunk(1, 2))
    first.close()
    assert files(tmp_path / "spool") == [".lock", ".sqlite3"]
    second = new_spools()
    second.put(chunk(3))
    assert second.adopt() == 1
    assert second.events() == 3
    assert second.adopt() == 0
    old, own = second.sources()
    assert (old.events, own.events) == (2, 1)
    old.delete(old.read("p", max_events=9, max_bytes=9999))
    second.tidy()
    assert second.events() == 1
    assert len(list((tmp_path / "spool").glob("*.lock"))) == 1


def test_what_a_living_process_has_is_not_touched(new_spools: NewSpools) -> None:
    first, second = new_spools(), new_spools()
    first.put(chunk(1))
    assert second.adopt() == 0
    left_behind(first)
    assert second.adopt() == 1


@pytest.mark.parametrize(
    ("theirs", "ours", "adopted"),
    [
        ({}, {}, True),
        ({"url": "http://127.0.0.1:1/"}, {}, True),
        ({"url": "http://other:1"}, {}, False),
        ({"api_key": "other"}, {}, False),
        ({"api_key": "old", "project": "p"}, {"project": "p"}, True),
        ({"api_key": "old", "project": "p"}, {"project": "q"}, False),
        ({"project": "p"}, {"project": "q"}, True),
        ({"url": "http://other:1", "api_key": "other"}, {"adopt_all": True}, True),
    ],
)
def test_only_what_may_go_where_ours_goes(
    new_spools: NewSpools,
    theirs: dict[str, Any],
    ours: dict[str, Any],
    adopted: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = new_spools(**theirs)
    first.put(chunk(1))
    left_behind(first)
    second = new_spools(**ours)
    second.adopt()
    second.adopt()
    assert second.events() == (1 if adopted else 0)
    assert second.left_for_others == (0 if adopted else 1)
    assert len(caplog.records) == (0 if adopted else 1)
    if not adopted:
        assert new_spools(**theirs).adopt() == 1, "still there for whoever it belongs to"


def test_the_key_itself_is_not_in_the_file(tmp_path: Path, new_spools: NewSpools) -> None:
    spools = new_spools(api_key="ac_live_very_secret")
    spools.put(chunk(1))
    spools.close()
    assert not any(b"very_secret" in path.read_bytes() for path in (tmp_path / "spool").iterdir())


def test_full_and_not_full_again(new_spools: NewSpools) -> None:
    spools = new_spools(max_spool_bytes=5000)
    kept = [spools.put(chunk(number, size=900)) for number in range(8)]
    assert kept == [True] * 5 + [False] * 3
    assert spools.full
    assert not spools.has_room()
    (spool,) = spools.sources()
    spool.delete(spool.read("p", max_events=2, max_bytes=9999))
    assert spools.has_room()
    assert not spools.full
    assert spools.put(chunk(9))


def test_the_bound_is_that_of_the_folder(new_spools: NewSpools, clock: Clock) -> None:
    other = new_spools()
    for number in range(30):
        other.put(chunk(number, size=20_000))
    other.close()  # so that all of it is in the file
    spools = new_spools(max_spool_bytes=500_000)
    assert not spools.put(chunk(1))
    assert spools.full
    spools.adopt()
    adopted = spools.sources()[0]
    adopted.delete(adopted.read("p", max_events=99, max_bytes=10**9))
    spools.tidy()
    clock.now += 1
    assert spools.has_room()
    assert spools.put(chunk(1))


def test_a_folder_that_cannot_be_written(
    tmp_path: Path, new_spools: NewSpools, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("not a folder")
    spools = new_spools(tmp_path / "file" / "spool", max_memory_bytes=3000)
    assert spools.put(chunk(1))
    assert spools.put(chunk(2, size=1000))
    assert spools.disk_error is not None
    assert "NotADirectory" in spools.disk_error
    assert spools.events() == 2
    assert not spools.full
    assert not spools.put(chunk(3, size=3000))
    assert spools.full
    assert len(caplog.records) == 1
    assert spools.close() == 2, "they are lost, and it says so"


def test_the_disk_works_again(new_spools: NewSpools, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    spools = new_spools()
    spools.put(chunk(1))

    def disk_full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Spool, "append", disk_full_on_disk := _only_on_disk(disk_full, Spool.append))
        assert spools.put(chunk(2))
        assert spools.put(chunk(3))
        assert spools.disk_error is not None
        assert disk_full_on_disk.calls == 1, "the disk is let be for a while"
    clock.now += RETRY_DISK_S
    assert spools.put(chunk(4))
    assert spools.disk_error is None
    disk, memory = spools.sources()
    assert (disk.events, memory.events) == (2, 2)
    assert memory.path is None
    assert spools.close() == 0, "what was in memory went to the disk"
    assert new_spools().adopt() == 1


class _only_on_disk:
    def __init__(self, fail: Callable[..., None], append: Callable[..., None]) -> None:
        self.fail, self.append, self.calls = fail, append, 0

    def __get__(self, spool: Spool, owner: type[Spool]) -> Callable[..., None]:
        def call(new: Any) -> None:
            if spool.path is not None:
                self.calls += 1
                self.fail()
            self.append(spool, new)

        return call


def test_a_broken_file_is_set_aside_and_the_others_go_on(
    tmp_path: Path, new_spools: NewSpools, caplog: pytest.LogCaptureFixture
) -> None:
    good = new_spools()
    good.put(chunk(1))
    left_behind(good)
    (tmp_path / "spool" / "1-broken.sqlite3").write_bytes(b"this is no database" * 500)
    spools = new_spools()
    assert spools.adopt() == 1
    assert (tmp_path / "spool" / "1-broken.sqlite3.broken").exists()
    assert "1-broken" in caplog.text
    assert spools.adopt() == 0


def test_its_own_file_breaks(tmp_path: Path, new_spools: NewSpools) -> None:
    spools = new_spools()
    spools.put(chunk(1))
    (spool,) = spools.sources()
    spools.broken(spool, sqlite3.DatabaseError("database disk image is malformed"))
    assert spools.put(chunk(2))
    assert spools.events() == 1
    assert len(list((tmp_path / "spool").glob("*.broken"))) >= 1


def test_somebody_removes_the_folder(tmp_path: Path, new_spools: NewSpools) -> None:
    spools = new_spools()
    spools.put(chunk(1))
    for path in (tmp_path / "spool").iterdir():
        path.unlink()
    spools.adopt()
    assert spools.put(chunk(2))
    assert [spool.events for spool in spools.sources()] == [1, 1], "what was in the file can still be sent"
    assert files(tmp_path / "spool") == [".lock", ".sqlite3", ".sqlite3-shm", ".sqlite3-wal"]


def test_locks(tmp_path: Path) -> None:
    first = FileLock.take(tmp_path / "x.lock")
    assert first is not None
    assert FileLock.take(tmp_path / "x.lock") is None
    first.release()
    second = FileLock.take(tmp_path / "x.lock")
    assert second is not None
    second.release(remove=True)
    assert not (tmp_path / "x.lock").exists()
