"""Many clients at once on plain sockets, and what each of them got and waited.

Meant to run in a process of its own (:func:`apart`), so that measuring slows nobody down but itself.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

SILENT_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """An answer: its status (0: the connection failed), header fields, body and the seconds it took.

    ``seconds`` count from when the request was to be sent, so that a client held up by earlier requests
    counts its waiting too.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        """Return the body's document; not kept, because so many would slow the measuring process down."""
        return json.loads(self.body)


def request(method: str, path: str, body: object = None, *, headers: str = "") -> bytes:
    """Return a request on a connection of its own; ``headers`` are whole lines."""
    text = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n{headers}\r\n"
    )
    return head.encode() + text


HEALTH = request("GET", "/healthz")


def at_rate(port: int, requests: Sequence[bytes], rate: float) -> list[Answer]:
    """Send the requests ``rate`` a second, each at its time whether or not others are answered yet."""
    return asyncio.run(_at_times(port, requests, [number / rate for number in range(len(requests))]))


def at_once(port: int, requests: Sequence[bytes]) -> list[Answer]:
    """Send all requests at the same moment."""
    return asyncio.run(_at_times(port, requests, [0.0] * len(requests)))


def streams_at_once(port: int, path: str, clients: int, *, tries: int, hold: float) -> tuple[int, int]:
    """Open streams at the same moment, keep them ``hold`` seconds; return how many were served and refused.

    A refusal counts when another try, after half a second, was refused as well, ``tries`` in all: one worker
    can be full before the other.
    """
    served = asyncio.run(_streams(port, path, clients, tries, hold))
    return served.count(200), served.count(503)


@contextmanager
def apart(cores: Sequence[int]) -> Iterator[Callable[..., Future[Any]]]:
    """Give a function that has another process, on ``cores``, call a function with arguments."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn, initializer=_settle, initargs=(tuple(cores),)) as pool:
        yield pool.submit


def _settle(cores: Sequence[int]) -> None:
    os.sched_setaffinity(0, cores)
    gc.disable()  # its pauses would count as the server's
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _at_times(port: int, requests: Sequence[bytes], offsets: Sequence[float]) -> list[Answer]:
    begin = time.monotonic() + 0.2
    due = (begin + offset for offset in offsets)
    return await asyncio.gather(*(_asked(port, each, at) for each, at in zip(requests, due, strict=True)))


async def _asked(port: int, text: bytes, due: float) -> Answer:
    await asyncio.sleep(max(0.0, due - time.monotonic()))
    try:
        status, headers, body = await asyncio.wait_for(_exchange(port, text), SILENT_SECONDS)
    except (OSError, EOFError, asyncio.TimeoutError):
        status, headers, body = 0, {}, b""
    return Answer(status, headers, body, time.monotonic() - due)


async def _exchange(port: int, text: bytes) -> tuple[int, dict[str, str], bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(text)
        status, headers = await _head(reader)
        return status, headers, await reader.readexactly(int(headers["content-length"]))
    finally:
        writer.close()


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


async def _streams(port: int, path: str, clients: int, tries: int, hold: float) -> list[int]:
    until = time.monotonic() + hold
    return await asyncio.gather(*(_stream(port, path, tries, until) for _ in range(clients)))


async def _stream(port: int, path: str, tries: int, until: float) -> int:
    status = 0
    for _ in range(tries):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request("GET", path))
            status, headers = await _head(reader)
            if status == 200:
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(reader.read(), until - time.monotonic())
                return status
            assert int(headers["retry-after"]) > 0
        finally:
            writer.close()
        await asyncio.sleep(0.5)
    return status
