"""The scripts and styles of a folder as they are sent, each under an address that changes with its text."""

from __future__ import annotations

import gzip
import hashlib
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.assets.minify import minified_script, minified_style
from app.assets.modules import joined, modules_of

_STYLE_IMPORT = re.compile(r'@import\s+"([^":]+)";')
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}


@dataclass(frozen=True, kw_only=True)
class Asset:
    """One file to send: its text, the same gzipped, what it is, and the hash of its text."""

    text: bytes
    gzipped: bytes
    media_type: str
    digest: str


class AssetPack:
    """The assets made of the files below ``folder``, kept until one of these changes. Thread safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, tuple[tuple[tuple[Path, int], ...], Asset]] = {}
        self._lock = threading.Lock()

    def get(self, path: str) -> Asset:
        """Return the asset of an entry, as "js/main.js" with all that it imports, or "css/base.css".

        Raises:
            FileNotFoundError: there is no such script or style.
        """
        entry = (self._folder / path).resolve()
        inside = entry.is_relative_to(self._folder.resolve())
        if not (inside and entry.suffix in _MEDIA_TYPES and entry.is_file()):
            raise FileNotFoundError(path)
        with self._lock:
            kept = self._kept.get(path)
            if kept is None or _stamp([file for file, _ in kept[0]]) != kept[0]:
                kept = self._kept[path] = _stamp(_files(entry)), self._asset(entry)
            return kept[1]

    def _asset(self, entry: Path) -> Asset:
        if entry.suffix == ".js":
            text = joined(entry, minified=minified_script, address_of=self._address_of)
        else:
            text = _style(entry)
        return _made(text, _MEDIA_TYPES[entry.suffix])

    def _address_of(self, file: Path) -> str:
        return f"/static/{file.relative_to(self._folder.resolve()).as_posix()}"


def _style(entry: Path) -> str:
    style = "".join(file.read_text("utf-8") for file in _files(entry))
    # The address has another depth than the file's, so that its way to pictures would lead elsewhere.
    return minified_style(_STYLE_IMPORT.sub("", style)).replace('url("../', 'url("/static/')


def _made(text: str, media_type: str) -> Asset:
    data = text.encode()
    return Asset(
        text=data,
        gzipped=gzip.compress(data, mtime=0),
        media_type=media_type,
        digest=hashlib.blake2b(data, digest_size=8).hexdigest(),
    )


def _files(entry: Path) -> list[Path]:
    """Return the files that an entry is made of, in their order: a style's imports come before itself."""
    if entry.suffix == ".js":
        return modules_of(entry)
    imports = _STYLE_IMPORT.findall(entry.read_text("utf-8"))
    return [*(file for path in imports for file in _files((entry.parent / path).resolve())), entry]


def _stamp(files: Sequence[Path]) -> tuple[tuple[Path, int], ...]:
    """Return the files with when they were changed; a file that is gone counts as changed."""
    return tuple((file, file.stat().st_mtime_ns if file.exists() else 0) for file in files)
