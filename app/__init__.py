"""The DP-SGD Interactive Playground."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.settings import Settings

__version__ = "0.1.0"


def create_app(settings: Settings | None = None) -> Flask:
    """Return the web application; ``settings`` None reads them from the environment.

    Its run service is ``app.extensions["runs"]``; queued runs are taken up with the first request about
    runs, or ahead of it by ``app.extensions["runs"].start_worker()``.

    Raises:
        app.settings.SettingsError: an environment variable's value cannot be used.
    """
    # Flask and the accountant are loaded here, so that workers and the command line do without them.
    from flask import Flask

    from app import routes
    from app.metrics import Metrics
    from app.runs.service import RunService
    from app.settings import read_settings

    settings = settings or read_settings()
    root = Path(__file__).resolve().parent.parent
    app = Flask(__name__, template_folder=root / "templates", static_folder=root / "static")
    app.extensions["settings"] = settings
    app.extensions["runs"] = service = RunService(settings)
    app.extensions["metrics"] = Metrics(
        leads=lambda: service.dispatcher.leads, open_streams=lambda: service.seats.taken
    )
    routes.register(app)
    return app
