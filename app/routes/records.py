"""Counts and logs every answered request: by its route's rule, so that no run id and no query is kept."""

from __future__ import annotations

import logging
import time
from typing import cast

from flask import Flask, Response, current_app, g, request

from app.metrics import Metrics

_QUIET = frozenset({"/healthz", "/readyz", "/metrics", "/static/<path:filename>"})

_log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Have ``app`` note when a request came and what was answered; to be called before all other guards."""
    app.before_request(_note_time)
    app.after_request(_record)


def metrics() -> Metrics:
    """Return the counters of this application."""
    return cast(Metrics, current_app.extensions["metrics"])


def _note_time() -> None:
    g.came_at = time.perf_counter()


def _record(response: Response) -> Response:
    seconds = time.perf_counter() - g.came_at
    route = request.url_rule.rule if request.url_rule else "none"
    metrics().answered(method=request.method, route=route, status=response.status_code, seconds=seconds)
    _log.log(
        logging.DEBUG if route in _QUIET else logging.INFO,
        "request",
        extra={
            "request_id": response.headers.get("X-Request-ID", ""),
            "method": request.method[:16],
            "route": route,
            "status": response.status_code,
            "milliseconds": round(1000 * seconds, 1),
        },
    )
    return response
