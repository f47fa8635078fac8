"""One spool file: what is committed is there again, and nothing else."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.sdk.spool import Spool
from tests.sdk.fakes import chunk

ALL = {"max_events": 1000, "max_bytes": 10**9}


def numbers(spool: Spool, project: str = "p") -> list[int]:
    return [item.n for item in spool.read(project, **ALL)]


@pytest.mark.parametrize("where", ["disk", "memory"])
def test_append_read_delete(tmp_path: Path, where: str) -> None:
    spool = Spool(tmp_path / "a-b.sqlite3" if where == "disk" else None)
    first, second, other = chunk(1, 2), chunk(3), chunk(4, project="q")
    for item in (first, second, other):
        spool.append(item)
    assert (spool.events, spool.lanes) == (4, {"p": 2, "q": 1})
    assert spool.bytes == sum(len(item.body) for item in (first, second, other))
    read = spool.read("p", **ALL)
    assert [item.body for item in read] == [first.body, second.body]
    spool.delete(read[:1])
    assert [item.body for item in spool.read("p", **ALL)] == [second.body]
    assert (spool.events, spool.lanes) == (2, {"p": 1, "q": 1})
    spool.close()


def test_it_is_all_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "a-b.sqlite3"
    spool = Spool(path)
    for item in (chunk(1, 2), chunk(3, project="q")):
        spool.append(item)
    spool.set_meta({"url": "u"})
    spool.close()
    again = Spool(path)
    assert (again.events, again.lanes, again.meta()) == (3, {"p": 1, "q": 1}, {"url": "u"})
    again.append(chunk(4))
    assert numbers(again) == [1, 3]
    again.close()


def test_numbers_grow_even_when_it_was_empty(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a-b.sqlite3")
    spool.append(chunk(1))
    spool.delete(spool.read("p", **ALL))
    assert spool.first() is None
    spool.append(chunk(2))
    assert numbers(spool) == [2]
    assert spool.first() is not None
    spool.close()


def test_transcripts_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "a-b.sqlite3"
    spool = Spool(path)
    spool.append(chunk(1))
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}, modes
    spool.close()


def test_an_emptied_file_gives_its_space_back(tmp_path: Path) -> None:
    path = tmp_path / "a-b.sqlite3"
    spool = Spool(path)
    for number in range(40):
        spool.append(chunk(number, size=100_000))
    spool.delete(spool.read("p", **ALL))
    spool.close()
    assert path.stat().st_size < 100_000


def test_paused_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "a-b.sqlite3"
    spool = Spool(path)
    spool.append(chunk(1))
    with spool.lock:
        spool.pause()
    assert numbers(spool) == [1]
    spool.close()
    with pytest.raises(sqlite3.ProgrammingError):
        spool.append(chunk(2))


@given(
    sizes=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 300)), max_size=12),
    max_events=st.integers(1, 10),
    max_bytes=st.integers(1, 1500),
)
def test_reading_stays_within_its_bounds_but_never_stops(
    sizes: list[tuple[int, int]], max_events: int, max_bytes: int
) -> None:
    spool = Spool(None)
    for count, size in sizes:
        spool.append(chunk(*range(count), size=size))
    seen = []
    while read := spool.read("p", max_events=max_events, max_bytes=max_bytes):
        fits = sum(item.events for item in read) <= max_events
        fits = fits and sum(len(item.body) for item in read) <= max_bytes
        assert fits or len(read) == 1
        seen += [item.n for item in read]
        spool.delete(read)
    assert seen == list(range(1, len(sizes) + 1))
    assert (spool.events, spool.bytes, spool.lanes) == (0, 0, {})
    spool.close()
