"""GET /api/parameters: everything a page or a program needs to offer the choices this server has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response

from app import __version__, catalog
from app.advice.presets import presets
from app.parameters import PARAMETERS
from app.routes.exchange import answer, run_service, settings
from app.runs.store.tables import UNUSED_SECONDS
from app.schemas import sweeps
from app.schemas.requests import MODES
from app.schemas.tables import rules
from app.settings import Settings
from app.simulation.profiles import load_profiles

blueprint = Blueprint("explore", __name__, url_prefix="/api")


@blueprint.get("/parameters")
def parameters() -> Response:
    """Answer with the parameter table, all that can be chosen, and how fast this server trains."""
    service = run_service()
    choices = description(settings(), service.capabilities())
    return answer({**choices, "timing": service.timing.description()})


def description(settings: Settings, capabilities: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole table of choices, as the server stands now."""
    return {
        "version": __version__,
        "modes": list(MODES),
        "default_task": catalog.DEFAULT_TASK,
        "fallback_task": catalog.FALLBACK_TASK,
        "real": capabilities["real"],
        "parameters": [asdict(parameter) for parameter in PARAMETERS.values()],
        "tasks": [_task(task) for task in catalog.TASKS.values()],
        "presets": {name: presets(name) for name in catalog.TASKS},
        "datasets": [_dataset(info, settings) for info in catalog.DATASETS.values()],
        "models": [asdict(model) for model in catalog.MODELS.values()],
        "optimizers": _named(catalog.OPTIMIZERS),
        "samplings": _named(catalog.SAMPLINGS),
        "sweeps": sweeps.rules(limit_seconds=settings.sweep_seconds),
        "tables": rules(max_bytes=settings.max_table, unused_seconds=UNUSED_SECONDS),
        "engines": [
            {"name": name, "title": title, **capabilities["engines"][name]}
            for name, title in catalog.ENGINES.items()
        ],
    }


def _task(task: catalog.Task) -> dict[str, Any]:
    optimizers = [optimizer for name, optimizer in load_profiles() if name == task.name]
    return {**asdict(task), "simulated_optimizers": optimizers}


def _dataset(info: catalog.DatasetInfo, settings: Settings) -> dict[str, Any]:
    on_disk = catalog.local_archive(info.name, settings.data_dir) is not None
    available = catalog.is_available(info.name, data_directory=settings.data_dir, offline=settings.offline)
    return {
        **asdict(info),
        "classes": info.classes,
        "available": available,
        "needs_download": info.downloadable and not on_disk,
        "cure": None if available else catalog.cure_for_missing(info.name),
    }


def _named(titles: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "title": title} for name, title in titles.items()]
