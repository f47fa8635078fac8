"""``python -m aftercall.testing``: an IngestServer in a process of its own, until killed. Prints its URL."""

from __future__ import annotations

import argparse
import sys
import threading

from aftercall.testing.ingest_server import IngestServer


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before every answer")
    parser.add_argument("--count-only", action="store_true", help="do not keep the events")
    options = parser.parse_args(arguments)
    server = IngestServer(port=options.port, keep=not options.count_only)
    if options.delay:
        server.delay(options.delay)
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    server.start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
