"""The script that draws charts in the page: made once per version, kept on disk, complete by itself."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from aftercall.web.pages import analytics_vega
from aftercall.web.pages.analytics_vega import packed_script, vega_url, vega_version
from tests.pages.site import Site


def test_it_is_made_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def make(file: Path) -> bytes:
        made.append(file)
        file.parent.mkdir(parents=True)
        file.write_bytes(b"script")
        return b"script"

    monkeypatch.setattr(analytics_vega, "_make", make)
    monkeypatch.setattr(analytics_vega, "_packed", {})
    folder = tmp_path / "cache"
    assert [packed_script(folder), packed_script(folder)] == [b"script", b"script"]
    analytics_vega._packed.clear()  # as after a restart
    assert packed_script(folder) == b"script"
    assert made == [folder / f"vega-{vega_version()}.js.gz"]


def test_it_is_served_under_its_version_and_kept_by_browsers(site: Site) -> None:
    with site.server.client() as client:
        answer = client.get(vega_url())
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "gzip"
        assert "as vegaEmbed" in answer.text[-200:]
        plain = client.get(vega_url(), headers={"accept-encoding": "identity"})
        assert plain.content == answer.content
        assert client.get("/vega/0.0.0.js").status_code == 404
    kept = Path(site.server.home) / "cache" / f"vega-{vega_version()}.js.gz"
    assert gzip.decompress(kept.read_bytes()) == answer.content
    assert list(kept.parent.iterdir()) == [kept]  # nothing half-written is left


def test_its_imports_are_none(site: Site) -> None:
    with site.server.client() as client:
        script = client.get(vega_url()).text
    assert not re.search(r"""(?:^|[;}\s])import\s*[{*"']""", script)
