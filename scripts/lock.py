"""Regenerate constraints/*.txt: every dependency at one version, with the hash of each of its files.

The files carry names, versions, markers and hashes and nothing else: no registry address, because
whoever installs chooses where packages come from, and the hashes make that choice safe.

Run it with `make lock`. pip-tools lives in a throwaway environment: it drags pip and setuptools along,
which nobody who runs or tests the project needs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
PIP_TOOLS = "pip-tools==7.6.2"

# Lock name -> the extras in it. A later one is resolved within the versions of those before it, so that
# tests run on exactly what is served.
LOCKS = {"server": ["server"], "dev": ["server", "dev"]}

HEADER = """\
# Every dependency of `aftercall[{extras}]` and its build backend, pinned by version and hash.
# Made by `make lock`; verified by `pip install --require-hashes -r` (see the Makefile).
"""


def compile_lock(python: Path, name: str, extras: list[str], earlier: list[Path], upgrade: bool) -> str:
    """Run pip-compile and return its output: `name==version ; marker` lines, each followed by hashes."""
    output = ROOT / "constraints" / f"{name}.txt"
    command: list[str | Path] = [python, "-m", "piptools", "compile", "pyproject.toml", "--quiet"]
    command += ["--generate-hashes", "--strip-extras", "--allow-unsafe", "--no-header", "--no-annotate"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host"]
    command += ["--build-deps-for", "editable", "--output-file", output]
    for extra in extras:
        command += ["--extra", extra]
    for lock in earlier:
        command += ["--constraint", lock]
    if upgrade:
        command.append("--upgrade")
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "PYTHONHASHSEED": "0"})
    return output.read_text(encoding="utf-8")


def only_pins(text: str) -> str:
    """Keep requirement and hash lines. Comments and options (`--index-url ...`) could name a host."""
    kept = (line for line in text.splitlines() if line.strip())
    pins = [line for line in kept if line.startswith("    --hash=") or line[0].isalnum()]
    return "\n".join(pins) + "\n"


def main(arguments: list[str]) -> int:
    """Write the locks. `--upgrade` takes the newest allowed versions; else only what must move moves."""
    if sys.version_info[:2] != OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        print(f"lock with Python {wanted}: newer ones leave out what only it needs", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", PIP_TOOLS], check=True)
        done: list[Path] = []
        for name, extras in LOCKS.items():
            text = compile_lock(python, name, extras, done, "--upgrade" in arguments)
            done.append(ROOT / "constraints" / f"{name}.txt")
            done[-1].write_text(HEADER.format(extras=",".join(extras)) + only_pins(text), encoding="utf-8")
            print(f"constraints/{name}.txt: {text.count('==')} packages")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
