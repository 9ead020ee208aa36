"""Starts the playground: ``python3 run.py``, or ``gunicorn --config python:app.gunicorn_config run:app``."""

from __future__ import annotations

import atexit
import gc
import logging.config
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app, logs
from app.settings import Settings, SettingsError

if TYPE_CHECKING:
    from flask import Flask

CLOSING_SECONDS = 8.0  # for giving runs back and for answers under way, when the server stops


class _Answering:
    """Counts the requests that are being answered."""

    def __init__(self) -> None:
        self._requests = 0
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        with self._changed:
            self._requests += 1

    def __exit__(self, *fault: object) -> None:
        with self._changed:
            self._requests -= 1
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until there are none, at most ``seconds``."""
        with self._changed:
            self._changed.wait_for(lambda: self._requests == 0, timeout=max(0.0, seconds))


_answering = _Answering()


class _Handler(WSGIRequestHandler):
    """Answers without telling versions, and keeps no log of requests: it would hold full addresses."""

    timeout = 60  # seconds of silence while a request is read; a stalled one would hold its thread for good

    def run_wsgi(self) -> None:
        with _answering:
            super().run_wsgi()

    def version_string(self) -> str:
        return "dpsgd-playground"

    def log(self, type: str, message: str, *args: object) -> None:
        pass  # what the parser says of a bad request holds the address too; the application logs for itself


def serve(app: Flask) -> None:
    """Serve ``app`` on the address of its settings until it is interrupted or terminated.

    Running trainings are then given back to the queue, to be resumed after the next start, and answers under
    way get some seconds.

    Raises:
        SystemExit: the address cannot be listened on; one line says why and names the setting.
    """
    settings: Settings = app.extensions["settings"]
    with _listening(settings) as listener:
        address = f"http://{_in_url(settings.host)}:{listener.getsockname()[1]}"
        server = make_server(
            settings.host,
            settings.port,
            app,
            threaded=True,
            request_handler=_Handler,
            fd=listener.fileno(),
        )
        server.handle_error = _log_failure  # type: ignore[assignment]
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stop)
        print(f"DP-SGD Interactive Playground: {address} (Ctrl+C stops it)", flush=True)
        try:
            gc.freeze()  # as under gunicorn, see app.gunicorn_config
            app.extensions["runs"].start_worker()
            server.serve_forever()
        finally:
            server.server_close()  # nobody new is let in while the last are seen to
            _close(app)


def _stop(*_: object) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # a second one must not interrupt the closing
    sys.exit(0)


def _close(app: Flask) -> None:
    until = time.monotonic() + CLOSING_SECONDS
    closing = threading.Thread(target=app.extensions["runs"].close, name="closing", daemon=True)
    closing.start()
    closing.join(CLOSING_SECONDS)
    _answering.wait(until - time.monotonic())


def _log_failure(*_: object) -> None:
    # The server's own words would hold the client's address.
    logging.getLogger("app.server").exception("a connection failed")


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=128)
    except OSError as failure:
        sys.exit(
            f"Cannot listen on {settings.host} port {settings.port} ({failure.strerror}); "
            f"set DPSGD_PORT to another port, for instance DPSGD_PORT={settings.port % 65535 + 1}."
        )


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _application() -> Flask:
    try:
        app = create_app()
    except SettingsError as fault:
        sys.exit(str(fault))
    logging.config.dictConfig(logs.configuration(app.extensions["settings"].log))
    return app


app = _application()

if __name__ == "__main__":
    serve(app)
else:
    # Under a server that tells nothing of its stopping: runs are given back when the process ends.
    atexit.register(app.extensions["runs"].close)
