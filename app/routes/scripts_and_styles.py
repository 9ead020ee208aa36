"""How pages link scripts and styles, and how those travel: bundled, gzipped, kept by browsers."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from flask import Flask, Response, request, url_for

from app.bundles import Bundles, compressed

_COMPRESSIBLE = frozenset({"text/javascript", "text/css", "application/json"})
_SMALLEST = 1024  # bytes: below it the header costs more than compression saves
_FOR_EVER = "public, max-age=31536000, immutable"


def register(app: Flask) -> None:
    """Give templates ``asset("js/main.js")``, and static files their compression."""
    static = Path(app.static_folder or "")
    bundles = Bundles(static)

    def asset(source: str) -> str:
        """Return the address of a script or style."""
        address = bundles.address(source)
        if address == source:
            return url_for("static", filename=source)
        return url_for("static", filename=address, v=bundles.version)

    app.jinja_env.globals["asset"] = asset

    def send(response: Response) -> Response:
        if request.endpoint != "static" or response.status_code != 200:
            return response
        if request.args.get("v") == bundles.version:
            response.headers["Cache-Control"] = _FOR_EVER
        return _gzipped(response, static)

    app.after_request(send)


def _gzipped(response: Response, static: Path) -> Response:
    if response.mimetype not in _COMPRESSIBLE or (response.content_length or 0) < _SMALLEST:
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] == 0 or request.method != "GET" or "Range" in request.headers:
        return response
    path = static / (request.view_args or {})["filename"]
    response.direct_passthrough = False
    response.close()  # the open file is not what is sent
    response.set_data(compressed(path, path.stat().st_mtime))
    response.headers["Content-Encoding"] = "gzip"
    etag, _ = response.get_etag()
    response.set_etag(f"{etag}-gzip")
    return cast(Response, response.make_conditional(request.environ))
