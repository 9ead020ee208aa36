"""What lies in the repository: the fixed top level, nothing large, nothing of one machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
VENDORED = "static/vendor/"

TOP_LEVEL = {
    ".ci",
    ".dockerignore",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Dockerfile",
    "LICENSE",
    "Makefile",
    "README.md",
    "app",
    "benchmarks",
    "docs",
    "pyproject.toml",
    "requirements-dev.txt",
    "requirements.txt",
    "run.py",
    "static",
    "templates",
    "tests",
}
DATA_ARCHIVES = {".gz", ".h5", ".keras", ".npy", ".npz", ".pickle", ".pkl", ".tar", ".tgz", ".zip"}
LARGEST_BYTES = 2_000_000  # the measured runs that the simulation is fitted to are the largest

# In pieces, so that this file does not hold what it forbids.
FORBIDDEN = {
    "a folder of one machine": re.compile(r"(?<![\w.~>/-])/(?:" + "work|root|Users|tmp/v3" + r")\b/?"),
    "a package registry's host": re.compile("py" + r"pi\.org|python" + r"hosted\.org|npm" + r"js\.org"),
    "an unfinished note": re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b"),
}


def tracked_files() -> list[str]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git checkout, so there is no list of the project's own files")
    return [name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def own_texts() -> list[tuple[str, str]]:
    texts = []
    for name in tracked_files():
        if name.startswith(VENDORED):
            continue
        try:
            texts.append((name, (ROOT / name).read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue  # an image
    return texts


def test_top_level_holds_only_what_the_owner_fixed() -> None:
    assert {name.split("/")[0] for name in tracked_files()} - TOP_LEVEL == set()


def test_no_data_archive_is_committed() -> None:
    assert [name for name in tracked_files() if Path(name).suffix in DATA_ARCHIVES] == []


def test_no_file_is_large_but_vendored_ones() -> None:
    large = {name: (ROOT / name).stat().st_size for name in tracked_files() if not name.startswith(VENDORED)}
    assert {name: size for name, size in large.items() if size > LARGEST_BYTES} == {}


def test_what_is_vendored_has_its_licence_and_says_its_version() -> None:
    folders = [folder for folder in (ROOT / VENDORED).iterdir() if folder.is_dir()]
    assert folders
    for folder in folders:
        assert "Permission is hereby granted" in (folder / "LICENSE.md").read_text()
        version = re.search(r"^# \S+ ([\d.]+)$", (folder / "README.md").read_text(), re.MULTILINE)
        assert version
        assert all(f"v{version[1]}" in script.read_text()[:200] for script in folder.glob("*.js"))


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_text_contains(what: str) -> None:
    found = [
        f"{name}: {match.group()}" for name, text in own_texts() for match in FORBIDDEN[what].finditer(text)
    ]
    assert found == []


def test_the_search_finds_what_is_forbidden() -> None:
    examples = {
        "a folder of one machine": "open('/" + "root/x')",
        "a package registry's host": "https://py" + "pi.org/simple",
        "an unfinished note": "# TO" + "DO later",
    }
    assert all(FORBIDDEN[what].search(text) for what, text in examples.items())


def test_every_folder_of_the_fast_lane_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    match = re.search(r"^FAST_TESTS = (.+)$", makefile, re.MULTILINE)
    assert match
    assert [path for path in match.group(1).split() if not (ROOT / path).exists()] == []
