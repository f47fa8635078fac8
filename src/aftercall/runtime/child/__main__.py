"""The child's first file, run by its path: ``python -I .../child/__main__.py READ_FD WRITE_FD``.

The project's interpreter usually has no aftercall, and the folder aftercall lies in must not get on its path:
it may be the server's site-packages, full of modules built for another Python. So the packages are made by
hand, each with the one folder it needs, and leave ``sys.modules`` again once everything is imported: a
project that itself imports aftercall gets its own.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parent.parent
_PACKAGES = {
    "aftercall": _ROOT,
    "aftercall.model": _ROOT / "model",
    "aftercall.sdk": _ROOT / "sdk",
    "aftercall.runtime": _ROOT / "runtime",
    "aftercall.runtime.child": _HERE,
}


def borrow_serve() -> Callable[[int, int], None]:
    """``serve`` and all it needs, imported; then nobody else finds it by name."""
    for name, folder in _PACKAGES.items():
        package = types.ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    sys.modules["msgspec"] = _stand_in()
    try:
        from aftercall.runtime.child.serve import serve
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] in ("aftercall", "msgspec")]:
            del sys.modules[name]
    return serve


def _stand_in() -> types.ModuleType:
    """For sdk/state.py, which asks two things of msgspec: JSON of plain values, and to pass such JSON on."""
    import json

    class Encoder:
        def encode(self, value: Any) -> bytes:
            return json.dumps(value, separators=(",", ":")).encode()

    module = types.ModuleType("msgspec")
    parts: dict[str, Any] = {"json": types.SimpleNamespace(Encoder=Encoder), "Raw": json.loads}
    vars(module).update(parts)
    return module


if __name__ == "__main__":
    borrow_serve()(int(sys.argv[1]), int(sys.argv[2]))
