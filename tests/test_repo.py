"""Rules of the repository itself: what may be committed, and that its documents tell the truth."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import textwrap
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from grimp import ImportGraph
from importlinter import ContractCheck

import aftercall
from scripts.ladder import LadderContract, parse_rooms

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "aftercall"
NOT_COMMITTED = {".git", ".venv", "__pycache__", "build", "dist", ".hypothesis"}

# Spelt in pieces: this file is committed too.
REGISTRY_HOSTS = re.compile(
    "|".join(
        ("py" + r"pi\.org", "python" + "hosted", "registry" + r"\.npm", "npm" + r"js\.", "deb" + r"\.debian")
    )
)
ENVIRONMENT_VARIABLE = re.compile(r"\bAFTERCALL_[A-Z]+(?:_[A-Z]+)*\b")
CODE_BLOCK = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")

# What the base install brings, with what httpx needs in its turn.
LIGHT = "aftercall httpx msgspec anyio certifi h11 httpcore idna sniffio typing_extensions"
LIGHT_INSTALL = f"""
import sys
class OnlyTheBaseInstall:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in {LIGHT.split()!r} and not top.startswith("_"):
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, OnlyTheBaseInstall())
"""


def committed_files() -> list[Path]:
    """Every file that is or could be committed: all but caches and the environment."""
    found = []
    for folder, subfolders, files in os.walk(ROOT):
        subfolders[:] = [
            s for s in subfolders if s not in NOT_COMMITTED and not s.endswith(("_cache", ".egg-info"))
        ]
        found += [Path(folder) / name for name in files]
    return sorted(found)


def documents() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_text_names_a_package_registry() -> None:
    named = [
        f"{name_of(path)}: {found.group()}"
        for path in committed_files()
        if (found := REGISTRY_HOSTS.search(path.read_text(encoding="utf-8", errors="ignore")))
    ]
    assert named == []


def test_no_file_is_over_one_mebibyte() -> None:
    assert [name_of(path) for path in committed_files() if path.stat().st_size > 2**20] == []


def test_no_module_is_over_600_lines() -> None:
    modules = [path for path in PACKAGE.rglob("*") if path.suffix in {".py", ".js", ".css", ".sql"}]
    assert [name_of(path) for path in modules if len(path.read_text().splitlines()) > 600] == []


def test_the_locks_hold_pins_and_hashes_only() -> None:
    pin = re.compile(r"(#.*|[\w.-]+==[\w.]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?)")
    for lock in (ROOT / "constraints").iterdir():
        wrong = [line for line in lock.read_text().splitlines() if not pin.fullmatch(line)]
        assert wrong == [], lock.name


def test_tests_run_on_the_versions_that_are_served() -> None:
    server, dev = (
        set(re.findall(r"^[\w.-]+==[\w.]+", (ROOT / "constraints" / name).read_text(), re.MULTILINE))
        for name in ("server.txt", "dev.txt")
    )
    assert len(server) > 30
    assert server - dev == set()


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_python_blocks_parse(path: Path) -> None:
    for indent, language, code in CODE_BLOCK.findall(path.read_text()):
        if language == "python":
            ast.parse(textwrap.dedent(code) if indent else code, filename=name_of(path))


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_relative_links_resolve(path: Path) -> None:
    assert [link for link in relative_links(path) if not link_resolves(path, link)] == []


def relative_links(path: Path) -> Iterator[str]:
    for link in LINK.findall(CODE_BLOCK.sub("", path.read_text())):
        if not re.match(r"[a-z]+:", link):
            yield link


def link_resolves(path: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = (path.parent / file).resolve() if file else path
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(path: Path) -> set[str]:
    """The anchors that a Markdown file's headings get: lower case, spaces to dashes, punctuation dropped."""
    headings = re.findall(r"^#+ +(.+)$", CODE_BLOCK.sub("", path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A first: heading\n[a](#a-first-heading) [b](page.md#nowhere) [c](gone.md)\n")
    assert [link for link in relative_links(page) if not link_resolves(page, link)] == [
        "page.md#nowhere",
        "gone.md",
    ]


def test_environment_variables_are_documented_and_real() -> None:
    in_code = variables(path for path in PACKAGE.rglob("*") if path.suffix in {".py", ".html", ".js"})
    in_docs = variables((ROOT / "docs").rglob("*.md"))
    assert in_code - in_docs == set(), "not documented in docs/"
    assert in_docs - in_code == set(), "documented, but nothing reads them"


def variables(paths: Iterator[Path]) -> set[str]:
    return {name for path in paths for name in ENVIRONMENT_VARIABLE.findall(path.read_text())}


def table_of_rooms() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    contract = next(c for c in settings["contracts"] if c["type"] == "ladder")
    rooms: list[str] = contract["rooms"]
    return rooms


def test_every_room_has_a_line_in_the_ladder() -> None:
    modules = [path.relative_to(PACKAGE) for path in committed_files() if path.is_relative_to(PACKAGE)]
    built = {path.parts[0].removesuffix(".py") for path in modules if path.suffix == ".py"}
    assert built - {"__init__"} - parse_rooms(table_of_rooms()).keys() == set()


def check_ladder(*imports: tuple[str, str]) -> ContractCheck:
    graph = ImportGraph()
    graph.add_module("aftercall")
    for importer, imported in imports:
        for module in (importer, imported):
            for parent in (module.rpartition(".")[0], module):
                graph.add_module(parent)
        graph.add_import(importer=importer, imported=imported, line_number=7, line_contents="import")
    options = {"rooms": table_of_rooms(), "open_to_all": ["errors", "config"]}
    contract = LadderContract("ladder", {"root_packages": ["aftercall"]}, options)
    return contract.check(graph, verbose=False)


def test_the_ladder_allows_what_its_table_says() -> None:
    allowed = [
        ("aftercall.sdk.spool", "aftercall.model.events"),
        ("aftercall.store.commit", "aftercall.errors"),
        ("aftercall.cli", "aftercall.web.api"),
        ("aftercall.store.commit", "aftercall.store.schema"),
    ]
    assert check_ladder(*allowed).kept


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("aftercall.model.events", "aftercall.store.schema"),
        ("aftercall.metrics.query", "aftercall.ingest.judge"),
        ("aftercall.web.api", "aftercall.sdk.spool"),
        ("aftercall.attic.box", "aftercall.model.events"),
    ],
)
def test_the_ladder_refuses_the_rest(importer: str, imported: str) -> None:
    check = check_ladder((importer, imported))
    assert not check.kept
    assert importer in check.metadata["wrong"][0]


def run_light(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LIGHT_INSTALL + code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_the_sdk_needs_the_base_install_only() -> None:
    code = "import aftercall, aftercall.model, aftercall.testing; print(aftercall.Conversation.__name__)"
    done = run_light(code)
    assert (done.returncode, done.stdout) == (0, "Conversation\n"), done.stderr


def test_the_command_of_a_light_install_says_what_to_install() -> None:
    done = run_light("from aftercall.__main__ import main; sys.exit(main())")
    assert done.returncode == 2
    assert 'pip install "aftercall[server]"' in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_unknown_names_of_the_package_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="Conversatoin"):
        aftercall.Conversatoin  # type: ignore[attr-defined]  # noqa: B018


def test_the_wheel_carries_every_file_of_the_package(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    files = {str(p.relative_to(ROOT / "src")) for p in committed_files() if p.is_relative_to(PACKAGE)}
    assert len(files) > 10
    assert files - packed == set()
