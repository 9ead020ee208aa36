"""Scripts and styles as they are sent: bundled where a bundle of today's sources is there, else as they are.

The sources in static/js and static/css run as they stand, without a build. For
whoever only uses the product ``make bundle`` writes static/dist, minified and one
file a page instead of some ninety, with the fingerprint of the sources it was made
of. A changed source has another fingerprint, and is served itself at once.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

FOLDER = "dist"
_FINGERPRINT = "sources.sha256"
_SOURCES = ("js/**/*.js", "css/**/*.css")


class Bundles:
    """The scripts and styles below the folder ``static``."""

    def __init__(self, static: Path) -> None:
        self._static = static
        self._sources = fingerprint(static)
        self.bundled = _made_of(static) == self._sources

    def address(self, source: str) -> str:
        """Return the path below static/ to link for ``source``, such as "js/main.js".

        Raises:
            FileNotFoundError: there is no such source.
        """
        if not (self._static / source).is_file():
            raise FileNotFoundError(source)
        made = f"{FOLDER}/{source}"
        return made if self.bundled and (self._static / made).is_file() else source

    @property
    def version(self) -> str:
        """Return what changes whenever a source changes, for addresses that may be kept for ever."""
        return self._sources[:12]


@lru_cache(maxsize=64)
def compressed(path: Path, changed_at: float) -> bytes:
    """Return the file at ``path`` gzipped; ``changed_at``, its time of change, tells a new one."""
    return gzip.compress(path.read_bytes(), 9, mtime=0)


def fingerprint(static: Path) -> str:
    """Return the SHA-256 (hexadecimal) of the names and contents of all sources."""
    digest = hashlib.sha256()
    for pattern in _SOURCES:
        for path in sorted(static.glob(pattern)):
            digest.update(f"{path.relative_to(static).as_posix()}\0".encode())
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def write_fingerprint(static: Path) -> None:
    """Note of which sources the bundles were made."""
    (static / FOLDER / _FINGERPRINT).write_text(fingerprint(static) + "\n", encoding="utf-8")


def _made_of(static: Path) -> str | None:
    try:
        return (static / FOLDER / _FINGERPRINT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    write_fingerprint(Path(__file__).resolve().parent.parent / "static")
