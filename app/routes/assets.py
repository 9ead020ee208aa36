"""Scripts and styles, packed; every page's addresses of them change with what they hold."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from flask import Blueprint, Flask, Response, abort, current_app, request, url_for

from app.assets.pack import AssetPack

blueprint = Blueprint("assets", __name__)

FOREVER = "public, max-age=31536000, immutable"


def register(app: Flask) -> None:
    """Give ``app`` its pack of static files, and its templates the function ``asset``."""
    app.extensions["assets"] = AssetPack(Path(str(app.static_folder)))
    app.jinja_env.globals["asset"] = address
    app.register_blueprint(blueprint)


def address(path: str) -> str:
    """Return where the packed script or style of ``path``, as "js/main.js", is to be had."""
    return url_for("assets.asset", digest=_pack().get(path).digest, path=path)


@blueprint.get("/assets/<digest>/<path:path>")
def asset(digest: str, path: str) -> Response:
    """Answer with a packed script or style; the address of another version gets this one, not to be kept."""
    try:
        found = _pack().get(path)
    except FileNotFoundError:
        abort(404)
    zipped = request.accept_encodings.quality("gzip") > 0
    response = Response(
        found.gzipped if zipped else found.text, content_type=f"{found.media_type}; charset=utf-8"
    )
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = FOREVER if digest == found.digest else "no-cache"
    return response


def _pack() -> AssetPack:
    return cast(AssetPack, current_app.extensions["assets"])
