"""Packed scripts and styles: found in the pages, gzipped, kept for ever under addresses that change."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import pytest

from app.assets.pack import AssetPack


@pytest.mark.parametrize("page", ["/", "/learning", "/attacks"])
def test_every_asset_of_a_page_is_to_be_had_and_kept(client, page):
    addresses = re.findall(r'"(/assets/[^"]+)"', client.get(page).text)
    assert addresses
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["Vary"] == "Accept-Encoding"
        kind = "text/javascript" if address.endswith(".js") else "text/css"
        assert response.headers["Content-Type"] == f"{kind}; charset=utf-8"


def test_gzip_goes_to_those_who_take_it_and_says_the_same(client):
    plain = client.get("/assets/any/css/base.css", headers={"Accept-Encoding": "identity"})
    zipped = client.get("/assets/any/css/base.css", headers={"Accept-Encoding": "br, gzip"})
    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data


def test_an_address_of_another_version_is_answered_but_not_kept(client):
    assert client.get("/assets/0000/css/base.css").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["css/none.css", "favicon.svg", "../run.py", "js", "vendor/chart.js/LICENSE.md"]
)
def test_nothing_else_is_given_out(client, path):
    assert client.get(f"/assets/x/{path}").status_code == 404


def test_a_change_in_an_imported_file_changes_the_address(tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text('import { a } from "./a.js";\nconsole.log(a);')
    (tmp_path / "a.js").write_text("export const a = 1;")
    (tmp_path / "all.css").write_text('@import "part.css";\n.b { color: red; }')
    (tmp_path / "part.css").write_text('.a { background: url("../a.svg"); }')
    pack = AssetPack(tmp_path)
    before = pack.get("main.js")
    assert pack.get("main.js") is before
    assert pack.get("all.css").text == b'.a{background:url("/static/a.svg")}.b{color:red}'
    (tmp_path / "a.js").write_text("export const a = 2;")
    os.utime(tmp_path / "a.js", ns=(1, 1))
    assert pack.get("main.js").digest != before.digest
