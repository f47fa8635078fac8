"""What conv.utils.get_secret finds, and what it must not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aftercall.catalog.projects import Project
from aftercall.errors import InternalError
from aftercall.jobs.secrets import LARGEST, Secrets

CLINIC = Project(1, 1, "default", "clinic", "Clinic", "UTC", "USD", 0, 0, {})
SHOP = replace(CLINIC, id=2, slug="shop")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secrets" / "clinic").mkdir(parents=True)
    return tmp_path / "secrets" / "clinic"


def test_a_projects_own_file_comes_before_the_variable(tmp_path: Path, folder: Path) -> None:
    secrets = Secrets(tmp_path, {"AFTERCALL_SECRET_CALENDAR_KEY": "of all"})
    assert secrets.get(CLINIC, "calendar-key") == "of all"
    (folder / "calendar-key").write_text("its own\n")
    assert secrets.get(CLINIC, "calendar-key") == "its own"
    assert secrets.get(SHOP, "calendar-key") == "of all"
    (folder / "calendar-key").write_text("changed")
    assert secrets.get(CLINIC, "calendar-key") == "changed"


@pytest.mark.parametrize("name", ["calendar-key", "calendar.key", "Calendar_Key", "CALENDAR_KEY"])
def test_how_a_name_becomes_a_variable(tmp_path: Path, name: str) -> None:
    assert Secrets(tmp_path, {"AFTERCALL_SECRET_CALENDAR_KEY": "k"}).get(CLINIC, name) == "k"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"user": "a", "password": "b"}', {"user": "a", "password": "b"}),
        ("{not json", "{not json"),
        ("[1]", "[1]"),
        (" two words ", " two words "),
        ("é\n\r\n", "é"),
    ],
)
def test_objects_arrive_as_dicts_and_all_else_as_it_is(
    tmp_path: Path, folder: Path, text: str, value: object
) -> None:
    (folder / "x").write_bytes(text.encode())
    assert Secrets(tmp_path, {}).get(CLINIC, "x") == value


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../shop/key", "/etc/passwd", "a/b", "a\0b", "a b", "é", "x" * 201, "-rf", "none", "sub"],
)
def test_what_is_not_there_or_leads_elsewhere_is_a_key_error(tmp_path: Path, folder: Path, name: str) -> None:
    (folder.parent / "shop").mkdir()
    (folder.parent / "shop" / "key").write_text("not yours")
    (folder / "sub").mkdir()
    secrets = Secrets(tmp_path, {"AFTERCALL_SECRET_": "x", "AFTERCALL_SECRET_EMPTY": ""})
    with pytest.raises((KeyError, InternalError)):
        secrets.get(CLINIC, name)
    with pytest.raises(KeyError):
        secrets.get(CLINIC, "empty")


def test_files_that_cannot_be_read_are_named_without_their_content(tmp_path: Path, folder: Path) -> None:
    secrets = Secrets(tmp_path, {})
    (folder / "binary").write_bytes(b"\xff\xfe")
    (folder / "large").write_bytes(b"s" * (LARGEST + 1))
    for name in ("binary", "large"):
        with pytest.raises(InternalError, match=name) as caught:
            secrets.get(CLINIC, name)
        assert "sss" not in caught.value.message
