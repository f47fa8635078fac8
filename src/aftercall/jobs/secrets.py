"""What ``conv.utils.get_secret`` finds. Secrets are entered on the server's machine; the API knows none.

    AFTERCALL_HOME/secrets/<project>/<name>   a file: for this project
    AFTERCALL_SECRET_<NAME>                   in the server's environment: for all projects

Read each time they are asked for, so a changed file counts at once. JSON that is an object arrives as a dict.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from aftercall.catalog.projects import Project
from aftercall.errors import InternalError

ENV = "AFTERCALL_SECRET_"
LARGEST = 65_536
"""Bytes."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")


class Secrets:
    def __init__(self, home: Path, env: Mapping[str, str] | None = None) -> None:
        self._folder = home / "secrets"
        self._env = os.environ if env is None else env

    def get(self, project: Project, name: str) -> str | dict[str, Any]:
        """Raises KeyError for one the project has not, InternalError for a file that cannot be read."""
        return self.of(project.slug, name)

    def of(self, slug: str, name: str) -> str | dict[str, Any]:
        """The same, of a project that is known by its slug only."""
        if not _NAME.fullmatch(name):  # nothing that leads out of the folder
            raise KeyError(name)
        text = self._file(self._folder / slug / name)
        if text is None:
            text = self._env.get(ENV + re.sub(r"[.-]", "_", name).upper()) or None
        if text is None:
            raise KeyError(name)
        return _read(text)

    @staticmethod
    def _file(path: Path) -> str | None:
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST + 1)
            if len(content) > LARGEST:
                raise InternalError(f"the file of the secret {path.name!r} is over {LARGEST} bytes")
            return content.decode().rstrip("\r\n")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise InternalError(
                f"the file of the secret {path.name!r} cannot be read ({type(error).__name__})"
            ) from None


def _read(text: str) -> str | dict[str, Any]:
    if text.startswith("{"):
        try:
            return msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.MsgspecError:
            pass  # a secret that happens to begin so
    return text
