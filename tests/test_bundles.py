"""Bundles are served only while they were made of today's sources, as those of this commit are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.bundles import Bundles, fingerprint, write_fingerprint
from tests.serving import ROOT


@pytest.fixture
def static(tmp_path: Path) -> Path:
    for path, text in {
        "js/main.js": 'import { a } from "./a.js";',
        "js/a.js": "export const a = 1;",
        "css/page.css": ".b { color: red; }",
        "dist/js/main.js": "const a=1;",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    write_fingerprint(tmp_path)
    return tmp_path


def test_a_bundle_stands_for_its_source(static: Path) -> None:
    bundles = Bundles(static)
    assert bundles.address("js/main.js") == "dist/js/main.js"
    assert bundles.address("css/page.css") == "css/page.css"  # of which there is no bundle


@pytest.mark.parametrize("changed", ["js/a.js", "css/page.css"])
def test_a_changed_source_is_served_itself(static: Path, changed: str) -> None:
    (static / changed).write_text("/* other */")
    assert Bundles(static).address("js/main.js") == "js/main.js"


def test_a_new_or_renamed_source_counts_as_a_change(static: Path) -> None:
    before = fingerprint(static)
    (static / "js/a.js").rename(static / "js/b.js")
    renamed = fingerprint(static)
    (static / "js/c.js").write_text("")
    assert len({before, renamed, fingerprint(static)}) == 3


def test_without_bundles_the_sources_are_served(static: Path) -> None:
    shutil.rmtree(static / "dist")
    assert Bundles(static).address("js/main.js") == "js/main.js"


def test_a_source_that_is_not_there_is_named(static: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"js/none\.js"):
        Bundles(static).address("js/none.js")


def test_the_bundles_of_this_commit_are_made_of_its_sources() -> None:
    assert Bundles(ROOT / "static").bundled, "scripts or styles have changed: run make bundle"
