"""The `aftercall` command, also `python -m aftercall`."""

from __future__ import annotations

import sys

# The base install is the light SDK; the command line comes with the server.
LIGHT_INSTALL = """\
aftercall: the light SDK is installed; it records calls from your agent (it lacks {missing} here).
`pip install "aftercall[server]"` brings the product: server, API and this command line."""


def main() -> int:
    """Run the command line. Exit code 2 when this install has no server part."""
    try:
        from aftercall.cli import main as run
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("", "aftercall"):
            raise  # a module of ours is gone: a broken install, not a light one
        print(LIGHT_INSTALL.format(missing=missing), file=sys.stderr)
        return 2
    return run() or 0


if __name__ == "__main__":
    sys.exit(main())
