"""Checks before every request and headers on every response."""

from __future__ import annotations

from typing import IO, cast

from flask import Flask, Response, g, request

from app import security
from app.errors import BodyTooLarge, CrossSiteRequest, MalformedRequest, UrlTooLong
from app.routes.exchange import body_limit, run_service, settings

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_DRAINED = 4 * 2**20  # bytes of a refused body that are read away, so that its sender gets to see the answer


def register(app: Flask) -> None:
    """Put the checks before, and the headers behind, every route of ``app``."""
    app.before_request(_identify)
    app.before_request(_check_host)
    app.before_request(_check_url)
    app.before_request(_check_origin)
    app.before_request(_check_body)
    app.before_request(_keep_the_one_thread)
    app.after_request(_add_headers)


def _identify() -> None:
    g.request_id = security.request_id(request.headers.get("X-Request-ID", ""))


def _check_host() -> None:
    host = request.headers.get("Host", "")
    if not security.is_trusted(host, settings().allowed_hosts):
        raise MalformedRequest(
            "This server does not answer to this host name; DPSGD_TRUSTED_HOSTS names those it answers to."
        )


def _check_url() -> None:
    if len(request.full_path.encode("utf-8", "replace")) > security.MAX_URL:
        raise UrlTooLong(f"The address is longer than {security.MAX_URL} bytes.")


def _check_origin() -> None:
    # A page elsewhere may make the visitor's browser send a request here; browsers say so in this header.
    if request.method not in _SAFE_METHODS and request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise CrossSiteRequest("Requests that another site's page makes are refused.")


def _check_body() -> None:
    limit = body_limit()
    # A body without a declared length is cut off at this size; the byte too many shows that it was.
    request.max_content_length = limit + 1
    declared = request.environ.get("CONTENT_LENGTH") or "0"
    if "HTTP_TRANSFER_ENCODING" in request.environ and request.environ.get("CONTENT_LENGTH"):
        raise MalformedRequest("A body has either a Content-Length or a Transfer-Encoding.")
    if not (declared.isascii() and declared.isdigit()):
        raise MalformedRequest("Content-Length must be a whole number of bytes.")
    if int(declared[:20]) > limit:
        _drain(cast("IO[bytes]", request.environ["wsgi.input"]), min(int(declared[:20]), _DRAINED))
        raise BodyTooLarge(f"The body is longer than {limit} bytes.")


def _keep_the_one_thread() -> None:
    # A server that answers one request at a time (gunicorn by itself) could answer nothing else during a
    # stream or a wait: it has no seat for them, so that pages poll. Tests without a server name none.
    if "SERVER_SOFTWARE" in request.environ and not request.is_multithread:
        run_service().seats.limit = 0


def _drain(stream: IO[bytes], length: int) -> None:
    while length > 0 and (piece := stream.read(min(length, 2**16))):
        length -= len(piece)


def _add_headers(response: Response) -> Response:
    for name, value in security.HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-ID"] = g.get("request_id") or security.request_id("")
    return response
