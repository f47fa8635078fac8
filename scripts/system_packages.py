"""What the tests need from the system and pip cannot bring: the PostgreSQL server.

Installed with apt-get when we may (root, or sudo without a password); else one line says what to run.
`make test` calls it. It changes nothing when everything is there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# Debian keeps server binaries out of PATH, one folder per version; Homebrew and RPM builds have theirs.
POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/usr/pgsql-*/bin",
)
LEAVE_OUT = "AFTERCALL_TEST_POSTGRES=0 leaves those tests out"


def find_postgres() -> Path | None:
    """The folder of a PostgreSQL server that runs (newest first), or None."""
    return next((folder for folder in postgres_candidates() if postgres_works(folder)), None)


def postgres_candidates() -> Iterator[Path]:
    """Folders that may hold a server: the one in PATH, then the packaged ones, highest version first."""
    in_path = shutil.which("postgres")
    if in_path:
        yield Path(in_path).resolve().parent
    for pattern in POSTGRES_FOLDERS:
        folders = Path("/").glob(pattern.removeprefix("/"))
        yield from sorted(folders, key=version_number, reverse=True)


def version_number(folder: Path) -> int:
    """`/usr/lib/postgresql/15/bin` -> 15."""
    numbers = re.findall(r"\d+", str(folder))
    return int(numbers[-1]) if numbers else 0


def postgres_works(folder: Path) -> bool:
    """Both programs start and say they are PostgreSQL: a wrapper or a lone client does not count."""
    return all(says_postgres(folder / program) for program in ("postgres", "initdb"))


def says_postgres(program: Path) -> bool:
    """Run `program --version`; root may ask that, though PostgreSQL refuses to serve as root."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and "PostgreSQL" in answer.stdout


def privilege() -> list[str] | None:
    """What to put before a command to run it as root: nothing, sudo, or None when we may not."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0:
        return [sudo, "-n"]
    return None


def apt_install(package: str, as_root: list[str]) -> bool:
    """Install a Debian package without questions; a stale package list is refreshed once."""
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    install = [*as_root, *quiet, "install", "-y", "--no-install-recommends", package]
    if subprocess.run(install, stdout=subprocess.DEVNULL).returncode == 0:
        return True
    subprocess.run([*as_root, *quiet, "update"], stdout=subprocess.DEVNULL)
    return subprocess.run(install, stdout=subprocess.DEVNULL).returncode == 0


def how_to_install() -> str:
    """The command for this system."""
    if sys.platform == "darwin":
        return "brew install postgresql@17"
    if shutil.which("apt-get"):
        return "sudo apt-get install postgresql"
    return "your package manager for the PostgreSQL server (initdb and postgres)"


def main() -> int:
    """Exit code 1 when PostgreSQL is wanted, missing and may not be installed by us."""
    if os.environ.get("AFTERCALL_TEST_POSTGRES") == "0":
        print("NOTE: AFTERCALL_TEST_POSTGRES=0, so every test on PostgreSQL is left out", file=sys.stderr)
        return 0
    if find_postgres():
        return 0
    as_root = privilege()
    if as_root is not None and shutil.which("apt-get"):
        print("installing the PostgreSQL server for the tests (apt-get install postgresql)", flush=True)
        if apt_install("postgresql", as_root) and find_postgres():
            return 0
    print(f"tests need the PostgreSQL server: run `{how_to_install()}` ({LEAVE_OUT})", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
