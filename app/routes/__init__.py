"""The web side: every route parses, calls and answers. The only part of the project that imports Flask."""

from __future__ import annotations

from flask import Flask

from app.routes import (
    code,
    explore,
    failures,
    guards,
    limits,
    metrics,
    pages,
    privacy,
    records,
    runs,
    scripts_and_styles,
    sweeps,
    system,
    tables,
    train,
    visitors,
)


def register(app: Flask) -> None:
    """Give ``app`` its guards, its error answers and all its routes."""
    records.register(app)
    guards.register(app)
    failures.register(app)
    visitors.register(app)
    limits.register(app)
    scripts_and_styles.register(app)
    for module in (pages, train, tables, runs, sweeps, privacy, explore, code, system, metrics):
        app.register_blueprint(module.blueprint)
