"""The web side: every route parses, calls and answers. The only part of the project that imports Flask."""

from __future__ import annotations

from flask import Flask

from app.routes import explore, failures, guards, pages, privacy, runs, system, train


def register(app: Flask) -> None:
    """Give ``app`` its guards, its error answers and all its routes."""
    guards.register(app)
    failures.register(app)
    for module in (pages, train, runs, privacy, explore, system):
        app.register_blueprint(module.blueprint)
