"""The server's one outbound request: fetch a dataset archive, check it, then put it into the cache.

The content stays in memory until its arrays are proved right, and reaches the
cache by one rename per file, so that a failure at any moment leaves nothing behind.
"""

from __future__ import annotations

import http.client
import os
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from app.training.archives import DamagedArchive, decode

# Keras' own address. Keras keeps it in a local variable of its loaders, and its
# downloader knows no time limit, so that it can be neither asked nor used.
KERAS_ADDRESS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

_CHUNK = 1 << 16
_LARGEST = 64 << 20


class DownloadFailed(Exception):
    """The archive could not be fetched, or is not the published one; the text says which."""


class DownloadStopped(Exception):
    """The person who waits for the data has given up."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """What to fetch: file names below the address, the folder of the cache, the arrays' fingerprint."""

    files: tuple[str, ...]
    folder: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to wait, in seconds: for one answer of the server, and for all of one file."""

    answer: float = 15.0
    file: float = 300.0


def download(
    source: Source,
    *,
    address: str,
    cache: Path,
    patience: Patience | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> None:
    """Put the checked files of ``source`` into ``cache``.

    Args:
        source: what to fetch and what its arrays must be.
        address: the http(s) folder that holds the files.
        cache: folder of the dataset cache; made if it is missing.
        patience: time limits.
        should_stop: asked between chunks.

    Raises:
        DownloadFailed: no answer in time, an error status, a short or wrong content, or a
            cache that cannot be written.
        DownloadStopped: ``should_stop`` answered True.
    """
    contents = {
        name: _fetch(_join(address, name), patience or Patience(), should_stop) for name in source.files
    }
    try:
        decode(contents, source.fingerprint)
    except DamagedArchive as error:
        raise DownloadFailed(f"what came from {address} was refused: {error}") from error
    try:
        _store(contents, cache / source.folder)
    except OSError as error:
        raise DownloadFailed(f"the cache folder {cache} cannot be written: {error.strerror}") from error


def _join(address: str, name: str) -> str:
    url = urljoin(address.rstrip("/") + "/", name)
    if urlsplit(url).scheme not in ("http", "https"):
        raise DownloadFailed(f"{address!r} is not an http or https address")
    return url


def _fetch(url: str, patience: Patience, should_stop: Callable[[], bool]) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=patience.answer) as response:
            return _receive(response, time.monotonic() + patience.file, should_stop)
    except urllib.error.HTTPError as error:
        error.close()
        raise DownloadFailed(f"{url} answered {error.code}") from error
    except TimeoutError as error:
        raise DownloadFailed(f"{url} did not answer in time") from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            raise DownloadFailed(f"{url} did not answer in time") from error
        raise DownloadFailed(f"{url} cannot be reached ({reason})") from error


def _receive(response: http.client.HTTPResponse, deadline: float, should_stop: Callable[[], bool]) -> bytes:
    """Return the whole body; reading in chunks does not notice a short one, hence the count."""
    body = bytearray()
    while chunk := response.read1(_CHUNK):
        body += chunk
        if should_stop():
            raise DownloadStopped
        if time.monotonic() > deadline:
            raise TimeoutError
        if len(body) > _LARGEST:
            raise DownloadFailed(f"{response.url} sent more than {_LARGEST >> 20} MB")
    announced = response.headers.get("Content-Length")
    if announced is not None and len(body) != int(announced):
        raise DownloadFailed(f"{response.url} broke off after {len(body)} of {announced} bytes")
    return bytes(body)


def _store(contents: Mapping[str, bytes], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        handle, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".part", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, folder / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
