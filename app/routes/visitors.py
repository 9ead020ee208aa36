"""Who asks: the client behind the proxies that the settings name, and whether limits apply to them."""

from __future__ import annotations

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from app.routes.exchange import settings
from app.runs.admission import Visitor
from app.security import client_network, is_loopback

_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


def register(app: Flask) -> None:
    """Let ``app`` see the address that the configured number of proxies vouch for, and no header beyond."""
    proxies = app.extensions["settings"].proxies
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=0, x_host=0
        )


def visitor() -> Visitor:
    """Return who sent the present request."""
    address = request.remote_addr or ""
    return Visitor(network=client_network(address), limited=_is_limited(address))


def is_forwarded() -> bool:
    """Return whether a proxy says that the present request is somebody else's."""
    return any(name in request.headers for name in _FORWARDED)


def _is_limited(address: str) -> bool:
    if settings().limits != "auto":
        return settings().limits == "on"
    # What a proxy on this machine hands on is somebody else's request. Where that proxy is not configured,
    # its header is not believed: all its clients are counted as one, too strict but not to be evaded.
    return not is_loopback(address) or is_forwarded()
