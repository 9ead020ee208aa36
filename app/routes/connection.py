"""The connection behind a request: whether its client has hung up."""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Callable

from flask import request

from app.runs.following.stream import never

SILENT_SECONDS = 30  # a client whose machine is gone acknowledges nothing; its connection then fails
_HUNG_UP = select.POLLHUP | select.POLLERR | select.POLLNVAL | getattr(select, "POLLRDHUP", 0)


def hung_up() -> Callable[[], bool]:
    """Return a function, good for after the request too, that tells whether the client has hung up.

    Only a write that fails would tell otherwise, and a stream may have nothing to write for long.
    """
    connection = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if not isinstance(connection, socket.socket):
        return never
    _notice_silence(connection)
    poll = select.poll()
    poll.register(connection, _HUNG_UP)
    return lambda: bool(poll.poll(0))


def _notice_silence(connection: socket.socket) -> None:
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        with contextlib.suppress(OSError):  # a Unix socket has no such option
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_SECONDS * 1000)
