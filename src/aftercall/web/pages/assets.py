"""Scripts, styles and images: served under the hash of them all, compressed once, kept by browsers for good.

One hash for the whole tree, not one per file: modules import each other by relative paths, which then stay
within one version. A new version of aftercall has a new hash; nothing ever has to be asked for again.
"""

from __future__ import annotations

import gzip
import hashlib
import posixpath
import re
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request
from fastapi.responses import Response

from aftercall.errors import NotFound
from aftercall.ingest.explain import shown

_IMPORT = re.compile(r'^(?:import|export) (?:[^;]*? from )?"(\.[^"]+)";', re.MULTILINE)

router = APIRouter(include_in_schema=False)

TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "json": "application/json",
}
KEPT_S = 31_536_000


def asset_url(path: str) -> str:
    """``asset_url("js/app.js")``. Raises KeyError for a file that is not there."""
    if path not in files():
        raise KeyError(f"no file {path!r} in static/")
    return f"/static/{version()}/{path}"


@cache
def imported(path: str) -> tuple[str, ...]:
    """All modules that a module imports, and those that they do: the browser can ask for them at once, where
    it would learn of each only from the one before. Not what is imported when it is needed."""
    found: dict[str, None] = {}
    waiting = [path]
    while waiting:
        one = waiting.pop()
        told = _IMPORT.findall(files()[one].decode())
        targets = [posixpath.normpath(posixpath.join(posixpath.dirname(one), target)) for target in told]
        waiting += [target for target in targets if target not in found]
        found |= dict.fromkeys(targets)
    return tuple(found)


@cache
def files() -> dict[str, bytes]:
    """Every file of static/ by its path, read once."""
    return dict(_walk(resources.files("aftercall.web") / "static", ""))


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found = []
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            found += _walk(entry, f"{prefix}{entry.name}/")
        elif entry.name.rpartition(".")[2] in TYPES:
            found.append((f"{prefix}{entry.name}", entry.read_bytes()))
    return found


@cache
def version() -> str:
    digest = hashlib.sha256()
    for path, content in files().items():
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


@cache
def _compressed(path: str) -> bytes:
    return gzip.compress(files()[path], compresslevel=9, mtime=0)


@router.get("/static/{wanted}/{path:path}")
async def static(request: Request, wanted: str, path: str) -> Response:
    if path not in files():
        raise NotFound(f"There is no file {shown(path, 120)!r}.", code="ROUTE_NOT_FOUND")
    headers = {
        # A page from before an upgrade may still ask for a module: it gets today's, and must not keep it.
        "Cache-Control": f"public, max-age={KEPT_S}, immutable" if wanted == version() else "no-cache",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Vary": "Accept-Encoding",
    }
    content = files()[path]
    if takes_gzip(request) and not path.endswith(".png"):
        headers["Content-Encoding"], content = "gzip", _compressed(path)
    return Response(content, media_type=TYPES[path.rpartition(".")[2]], headers=headers)


def takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "").lower()
