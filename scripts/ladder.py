"""The import-linter contract behind the ladder of rooms (its table stands in pyproject.toml).

The built-in contracts come in two shapes, layers (everything above may import everything below) and
forbidden pairs (both sides must exist). A room's right here is a list of rooms, and rooms are still being
built: hence one contract that reads that list as it is written.

Blind spot: imports made from a name at run time (`importlib.import_module`) are not seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

EVERYTHING = "*"


class LadderContract(Contract):
    """Each room imports directly only the rooms its line names; every room of the package has a line.

    Options:
        rooms:        lines `room: room, room` (`*` for any), a room being a folder or module of the root.
        open_to_all:  rooms that any other may import.
    """

    type_name = "ladder"

    rooms = fields.ListField(subfield=fields.StringField())
    open_to_all = fields.SetField(subfield=fields.StringField(), required=False, default=frozenset())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Compare each import between rooms with the table; `metadata` holds what does not fit."""
        rights = parse_rooms(cast("list[str]", self.rooms))
        open_to_all = cast("set[str]", self.open_to_all)
        root: str = self.session_options["root_packages"][0]
        built = {child.removeprefix(f"{root}.") for child in graph.find_children(root)}
        wrong = sorted(
            f"{importer}:{line}: {room(importer, root)} may not import {room(imported, root)} ({imported})"
            for importer, imported, line in imports_between_rooms(graph, root)
            if room(imported, root) not in open_to_all
            and EVERYTHING not in rights.get(room(importer, root), set())
            and room(imported, root) not in rights.get(room(importer, root), set())
        )
        wrong += [
            f"{root}.{name} has no line in the table of rooms" for name in sorted(built - rights.keys())
        ]
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line for each import or room that does not fit."""
        for line in check.metadata["wrong"]:
            output.print_error(line, bold=False)


def parse_rooms(lines: list[str]) -> dict[str, set[str]]:
    """`["sdk: model"]` -> `{"sdk": {"model"}}`."""
    rights = {}
    for line in lines:
        name, _, allowed = line.partition(":")
        rights[name.strip()] = {part.strip() for part in allowed.split(",") if part.strip()}
    return rights


def room(module: str, root: str) -> str:
    """`aftercall.sdk.spool` -> `sdk`; the root package itself -> ``."""
    return module.removeprefix(root).removeprefix(".").partition(".")[0]


def imports_between_rooms(graph: ImportGraph, root: str) -> Iterator[tuple[str, str, int]]:
    """Yield (importer, imported, line number) for direct imports that cross a room's wall.

    The root package is left out on both sides: it holds the version and the lazy names of the SDK.
    """
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            if "" in (room(importer, root), room(imported, root)) or not imported.startswith(f"{root}."):
                continue
            if room(importer, root) != room(imported, root):
                details = graph.get_import_details(importer=importer, imported=imported)
                yield importer, imported, details[0]["line_number"]
