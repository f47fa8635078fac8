"""Versions of a project: hashed, copied, listed, found again."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from aftercall.errors import InvalidInput, NotFound
from aftercall.runtime import Pool, Snapshot, add, find, in_place, projects, versions
from aftercall.runtime.version import content_hash
from tests.runtime.conftest import NewProject

FILES = {
    "functions/end_function.py": "def end_function(conv):\n    conv.write_metric('V', 1)\n",
    "flows/book/steps/ask.yaml": "name: Ask\n",
}
CHANGED = {**FILES, "functions/end_function.py": "def end_function(conv):\n    conv.write_metric('V', 2)\n"}


def test_the_same_content_is_the_same_version(new_project: NewProject) -> None:
    one, other = new_project(FILES), new_project(dict(reversed(FILES.items())))
    for path in other.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700)
    assert content_hash(one) == content_hash(other)
    assert len(content_hash(one)) == 16


NO_PART = {
    "functions/__pycache__/end_function.cpython-311.pyc": "x",
    ".git/HEAD": "x",
    ".env": "KEY=1",
    "_gen/__init__.py": "x",
    ".venv/pyvenv.cfg": "x",
    "venv/pyvenv.cfg": "x",
    "venv/lib/site.py": "x",
    "node_modules/a.js": "x",
}


@pytest.mark.parametrize("name", NO_PART)
def test_what_is_no_part_of_a_version(new_project: NewProject, home: Path, name: str) -> None:
    plain, more = new_project(FILES), new_project(FILES)
    for file in {name, *(["venv/pyvenv.cfg"] if name.startswith("venv/") else [])}:
        (more / file).parent.mkdir(parents=True, exist_ok=True)
        (more / file).write_text(NO_PART[file])
    assert content_hash(plain) == content_hash(more)
    copied = add(home, "clinic", more).agent.folder / name
    assert not copied.exists() or copied.read_bytes() != b"x", "bytecode is made anew"


@pytest.mark.parametrize(
    "change",
    [
        {"functions/end_function.py": "def end_function(conv):\n    conv.write_metric('V', 2)\n"},
        {"functions/more.py": ""},
        {"flows/book/steps/ask.yaml": "name: Ask again\n"},
        {"metrics.yaml": "metrics: []\n"},
        {"data/prices.csv": "a,b\n"},
    ],
)
def test_whatever_changes_makes_another_version(new_project: NewProject, change: dict[str, str]) -> None:
    assert content_hash(new_project(FILES)) != content_hash(new_project({**FILES, **change}))


def test_content_cannot_be_moved_between_names_unnoticed(tmp_path: Path) -> None:
    for folder, files in {
        "a": {"x": "1", "y": ""},
        "b": {"x": "", "y": "1"},
        "c": {"x1": "", "y": ""},
    }.items():
        (tmp_path / folder).mkdir()
        for name, text in files.items():
            (tmp_path / folder / name).write_text(text)
    assert len({content_hash(tmp_path / folder) for folder in "abc"}) == 3


def test_add_copies_and_lists_the_newest_first(home: Path, new_project: NewProject) -> None:
    first = add(home, "clinic", new_project(FILES))
    second = add(home, "clinic", new_project(CHANGED))
    assert (first.is_new, second.is_new) == (True, True)
    listed = versions(home, "clinic")
    assert [(e.version, e.current) for e in listed] == [
        (second.agent.version, True),
        (first.agent.version, False),
    ]
    assert (listed[0].project_id, listed[0].account_id, listed[0].files) == ("p-1", "a-1", 3)
    assert projects(home) == ["clinic"]
    assert find(home, "clinic") == second.agent
    assert find(home, "clinic", first.agent.version) == first.agent
    assert find(home, "clinic", "a version nobody has") == second.agent
    with Pool(home) as pool:
        values = [pool.end(agent, Snapshot("c")).events[0]["value"] for agent in (first.agent, second.agent)]
    assert values == [1, 2]


def test_adding_the_same_again_makes_it_current_once(home: Path, new_project: NewProject) -> None:
    first = add(home, "clinic", new_project(FILES))
    add(home, "clinic", new_project(CHANGED))
    again = add(home, "clinic", new_project(FILES))
    assert (again.is_new, again.agent) == (False, first.agent)
    assert versions(home, "clinic")[0].added_at <= versions(home, "clinic")[1].added_at
    assert versions(home, "clinic")[0].version == first.agent.version
    assert len(versions(home, "clinic")) == 2


def test_a_version_runs_without_the_folder_it_came_from(home: Path, new_project: NewProject) -> None:
    import shutil

    folder = new_project(FILES)
    agent = add(home, "clinic", folder).agent
    shutil.rmtree(folder)
    with Pool(home) as pool:
        assert pool.end(agent, Snapshot("c")).ok


def test_files_that_do_not_import_are_told_when_adding(home: Path, new_project: NewProject) -> None:
    added = add(
        home, "clinic", new_project({**FILES, "functions/broken.py": "import nothing_of_that_name\n"})
    )
    assert [problem.file for problem in added.loaded.errors] == ["functions/broken.py"]
    assert {function.name for function in added.loaded.functions} == {"end_function", "broken"}


def test_a_copy_that_was_changed_does_not_run_until_it_is_added_again(
    home: Path, new_project: NewProject
) -> None:
    folder = new_project(FILES)
    agent = add(home, "clinic", folder).agent
    (agent.folder / "functions/end_function.py").write_text("def end_function(conv):\n    pass\n")
    with Pool(home) as pool:
        outcome = pool.end(agent, Snapshot("c"))
        assert (outcome.failure, outcome.error) == (
            "load",
            f"the copy of version {agent.version} was changed: add it again",
        )
        add(home, "clinic", folder)
        assert len(pool.end(agent, Snapshot("c")).events) == 1


def test_what_a_function_writes_beside_itself_harms_neither_its_version_nor_another_process(
    home: Path, new_project: NewProject
) -> None:
    here = "from pathlib import Path\n\nlog = Path(__file__).with_name('calls.log')\n"
    files = {
        "prices.json": "{}",
        "functions/dies.py": f"""{here}
import os
log.write_text("imported ")
def dies(conv):
    os._exit(1)
""",
        "functions/end_function.py": f"""{here}
def end_function(conv):
    with log.open("a") as file:
        file.write("x")
    open("prices.json", "a").write(" ")
    return [log.read_text(), open("prices.json").read()]
""",
    }
    added = add(home, "clinic", new_project(files))
    assert added.loaded.problems == []
    with Pool(home, size=2) as pool:
        values = [pool.end(added.agent, Snapshot("c")).value for _ in range(2)]
        assert pool.call(added.agent, "dies", Snapshot("c")).failure == "exited"
        values.append(pool.end(added.agent, Snapshot("c")).value)
    assert values == [["imported x", "{} "], ["imported xx", "{}  "], ["imported x", "{} "]]
    assert content_hash(added.agent.folder) == added.agent.version
    assert list((home / "agents" / ".run").iterdir()) == []


def test_two_at_once_lose_nothing(home: Path, new_project: NewProject) -> None:
    folders = [new_project({**FILES, "functions/n.py": f"n = {n}\n"}) for n in range(6)]
    threads = [threading.Thread(target=add, args=(home, "clinic", folder)) for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {entry.version for entry in versions(home, "clinic")} == set(map(content_hash, folders))


def test_a_folder_in_place_runs_as_it_is(pool: Pool, new_project: NewProject) -> None:
    folder = new_project(FILES)
    assert pool.end(in_place(folder), Snapshot("c")).events[0]["value"] == 1
    (folder / "functions/end_function.py").write_text(
        "def end_function(conv):\n    conv.write_metric('V', 3)\n"
    )
    assert pool.end(in_place(folder), Snapshot("c")).events[0]["value"] == 3
    assert list(folder.rglob("__pycache__")) == []


@pytest.mark.parametrize("slug", ["../up", "Upper", "", "a" * 64, "a/b", ".run"])
def test_a_slug_becomes_no_path(home: Path, new_project: NewProject, slug: str) -> None:
    for use in (lambda: add(home, slug, new_project(FILES)), lambda: versions(home, slug)):
        with pytest.raises(InvalidInput) as error:
            use()
        assert error.value.code == "INVALID_SLUG"


def test_links_are_refused(home: Path, new_project: NewProject, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    for target in (tmp_path / "secret", tmp_path):
        folder = new_project(FILES)
        (folder / "functions" / "link").symlink_to(target)
        with pytest.raises(InvalidInput) as error:
            add(home, "clinic", folder)
        assert error.value.code == "AGENT_LINK"


def test_a_folder_that_is_far_too_large(
    home: Path, new_project: NewProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aftercall.runtime.version.MAX_FILES", 2)
    with pytest.raises(InvalidInput) as error:
        add(home, "clinic", new_project(FILES))
    assert error.value.code == "AGENT_TOO_LARGE"


def test_a_home_inside_the_project(new_project: NewProject) -> None:
    folder = new_project(FILES)
    with pytest.raises(InvalidInput) as error:
        add(folder / "home", "clinic", folder)
    assert error.value.code == "AGENT_HOLDS_HOME"
    assert not (folder / "home").exists()


def test_a_project_without_an_agent(home: Path) -> None:
    with pytest.raises(NotFound) as error:
        find(home, "clinic")
    assert error.value.code == "AGENT_NOT_FOUND"
    assert (versions(home, "clinic"), projects(home)) == ([], [])
