"""What the tests need from the system and pip cannot bring: the PostgreSQL server, and Chromium.

Installed with apt-get when we may (root, or sudo without a password); else one line says what to run.
`make test` calls it. It changes nothing when everything is there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

# Debian keeps server binaries out of PATH, one folder per version; Homebrew and RPM builds have theirs.
POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/usr/pgsql-*/bin",
)
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


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
    return all(says(folder / program, "PostgreSQL") for program in ("postgres", "initdb"))


def find_chromium() -> Path | None:
    """The program of a Chromium that starts, or None. AFTERCALL_TEST_CHROMIUM names one of one's own."""
    return next((program for program in chromium_candidates() if chromium_works(program)), None)


def chromium_candidates() -> Iterator[Path]:
    named = os.environ.get("AFTERCALL_TEST_CHROMIUM")
    found = [named] if named else [shutil.which(name) for name in CHROMIUM_NAMES]
    yield from (Path(one) for one in found if one)
    yield from (Path(place) for place in CHROMIUM_PLACES if not named)


def chromium_works(program: Path) -> bool:
    """Ubuntu's package is a hint to install another one, which does not say the name."""
    return says(program, "Chrom")


def says(program: Path, word: str) -> bool:
    """Run `program --version`; root may ask that, though PostgreSQL refuses to serve as root."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and word in answer.stdout


@dataclass(frozen=True)
class Package:
    """``leave_out``: the variable that, set to 0, leaves the tests out which need it."""

    name: str
    what: str
    find: Callable[[], Path | None]
    leave_out: str
    homebrew: str
    elsewhere: str

    @property
    def wanted(self) -> bool:
        return os.environ.get(self.leave_out) != "0"

    def how_to_install(self) -> str:
        """The command for this system."""
        if sys.platform == "darwin":
            return f"brew install {self.homebrew}"
        if shutil.which("apt-get"):
            return f"sudo apt-get install {self.name}"
        return f"your package manager for {self.elsewhere}"


POSTGRES = Package(
    "postgresql",
    "the PostgreSQL server",
    find_postgres,
    "AFTERCALL_TEST_POSTGRES",
    "postgresql@17",
    "the PostgreSQL server (initdb and postgres)",
)
CHROMIUM = Package(
    "chromium",
    "Chromium",
    find_chromium,
    "AFTERCALL_TEST_BROWSER",
    "--cask chromium",
    "Chromium, or name one in AFTERCALL_TEST_CHROMIUM",
)


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


def see_to(package: Package) -> bool:
    """Whether it is there, not wanted, or was installed now; else it is said what to run."""
    if not package.wanted:
        note = f"NOTE: {package.leave_out}=0, so every test that needs {package.what} is left out"
        print(note, file=sys.stderr)
        return True
    if package.find():
        return True
    as_root = privilege()
    if as_root is not None and shutil.which("apt-get"):
        print(f"installing {package.what} for the tests (apt-get install {package.name})", flush=True)
        if apt_install(package.name, as_root) and package.find():
            return True
    advice = f"{package.leave_out}=0 leaves those tests out"
    print(f"tests need {package.what}: run `{package.how_to_install()}` ({advice})", file=sys.stderr)
    return False


def main() -> int:
    """Exit code 1 when something is wanted, missing and may not be installed by us."""
    return 0 if all([see_to(POSTGRES), see_to(CHROMIUM)]) else 1


if __name__ == "__main__":
    raise SystemExit(main())
