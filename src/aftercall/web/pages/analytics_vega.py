"""Vega and Vega-Lite for the page: one script, made by the installed vl-convert, kept on disk per version."""

from __future__ import annotations

import gzip
import os
import threading
from functools import cache
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

from aftercall.errors import NotFound
from aftercall.web.caller import services_of
from aftercall.web.pages.assets import KEPT_S, takes_gzip

router = APIRouter(include_in_schema=False)
_SNIPPET = "export { vegaEmbed };"
_making = threading.Lock()


@cache
def vega_version() -> str:
    """Of the script: another vl-convert makes another one."""
    return f"{version('vl-convert-python')}-1"


def vega_url() -> str:
    return f"/vega/{vega_version()}.js"


@router.get("/vega/{wanted}.js")
async def vega(request: Request, wanted: str) -> Response:
    if wanted != vega_version():
        raise NotFound("There is no such script: load the page again.", code="ROUTE_NOT_FOUND")
    services = services_of(request)
    # Aside, because making it takes a second or two: once, on the first look at a chart.
    packed = await services.aside(packed_script, services.config.home / "cache")
    headers = {
        "Cache-Control": f"public, max-age={KEPT_S}, immutable",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Vary": "Accept-Encoding",
    }
    if takes_gzip(request):
        headers["Content-Encoding"] = "gzip"
        return Response(packed, media_type="text/javascript; charset=utf-8", headers=headers)
    return Response(gzip.decompress(packed), media_type="text/javascript; charset=utf-8", headers=headers)


_packed: dict[Path, bytes] = {}


def packed_script(folder: Path) -> bytes:
    """Compressed; from memory, else from the folder, else made and put there."""
    file = folder / f"vega-{vega_version()}.js.gz"
    with _making:
        if file not in _packed:
            try:
                _packed[file] = file.read_bytes()
            except FileNotFoundError:
                _packed[file] = _make(file)
        return _packed[file]


def _make(file: Path) -> bytes:
    import vl_convert

    packed = gzip.compress(vl_convert.javascript_bundle(_SNIPPET).encode(), compresslevel=9, mtime=0)
    file.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all: another process may read it, and this one may be killed.
    half = file.with_suffix(f".{os.getpid()}")
    half.write_bytes(packed)
    half.replace(file)
    return packed
