"""Starts the playground: ``python3 run.py``, or ``gunicorn run:app``."""

from __future__ import annotations

import signal
import socket
import sys
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from app.settings import Settings, SettingsError

if TYPE_CHECKING:
    from flask import Flask


class _Handler(WSGIRequestHandler):
    """Answers without telling versions, and keeps no log of requests: it would hold full addresses."""

    timeout = 60  # seconds of silence while a request is read; a stalled one would hold its thread for good

    def version_string(self) -> str:
        return "dpsgd-playground"

    def log(self, type: str, message: str, *args: object) -> None:
        pass  # what the parser says of a bad request holds the address too; the application logs for itself


def serve(app: Flask) -> None:
    """Serve ``app`` on the address of its settings until it is interrupted or terminated.

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
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        print(f"DP-SGD Interactive Playground: {address} (Ctrl+C stops it)", flush=True)
        try:
            app.extensions["runs"].start_worker()
            server.serve_forever()
        finally:
            app.extensions["runs"].close()


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
        return create_app()
    except SettingsError as fault:
        sys.exit(str(fault))


app = _application()

if __name__ == "__main__":
    serve(app)
