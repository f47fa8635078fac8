"""Which Python runs a project: the server's own, or that of a virtual environment with the project's
packages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from aftercall.errors import InvalidInput

OLDEST = (3, 10)
_ASK = "import sys; print('.'.join(map(str, sys.version_info[:3])))"


class Interpreter(NamedTuple):
    executable: str
    version: str
    """Such as 3.12.1."""


def resolve(python: str | Path | None) -> Interpreter:
    """``python``: a virtual environment's folder or an executable; None: the one that runs this.

    Raises InvalidInput (PYTHON_NOT_FOUND, PYTHON_TOO_OLD).
    """
    if python is None:
        return Interpreter(sys.executable, ".".join(str(part) for part in sys.version_info[:3]))
    path = _executable(Path(python).expanduser())
    try:
        told = subprocess.run(
            [path, "-I", "-c", _ASK], capture_output=True, text=True, timeout=30, check=True, env=_env()
        )
        version = told.stdout.strip()
        number = tuple(int(part) for part in version.split(".")[:2])
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise InvalidInput(f"{path} does not run as a Python: {error}", code="PYTHON_NOT_FOUND") from error
    if number < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise InvalidInput(
            f"{path} is Python {version}: projects run on {wanted} or newer", code="PYTHON_TOO_OLD"
        )
    return Interpreter(str(path), version)


def compile_all(folder: Path, python: str) -> None:
    """Bytecode beside the sources: each process runs in a copy of them, and would else compile it all again.
    Of files that do not compile ``check`` tells."""
    command = [python, "-I", "-m", "compileall", "-q", "-q", str(folder)]
    subprocess.run(command, env=_env(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _executable(path: Path) -> Path:
    """Absolute, but with its links left as they are: a virtual environment is known by where its link
    lies."""
    path = Path.cwd() / path
    if not path.is_dir():
        return path
    for name in ("bin/python", "bin/python3"):
        if (path / name).exists():
            return path / name
    raise InvalidInput(f"{path} is no virtual environment: it has no bin/python", code="PYTHON_NOT_FOUND")


def _env() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath)}
