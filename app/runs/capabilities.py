"""What can be trained in this Python environment, found without importing anything heavy."""

from __future__ import annotations

import importlib.util
from typing import Any

from app.catalog import ENGINES

TENSORFLOW_CURE = (
    "Install TensorFlow in the server's environment (pip install -r requirements.txt) and restart."
)


class EngineUnavailable(RuntimeError):
    """The engine asked for cannot run here; the message says why and names the cure."""


def capabilities() -> dict[str, Any]:
    """Return {"real": {available, reason}, "engines": {name: {available, reason}}} of this environment."""
    engines = {name: _availability(missing_package(name)) for name in ENGINES}
    return {"real": engines["fast"], "engines": engines}


def missing_package(engine: str) -> str | None:
    """Return why ``engine`` cannot run here with its cure, or None when it can."""
    if not _is_installed("tensorflow"):
        return f"TensorFlow is not installed. {TENSORFLOW_CURE}"
    if engine == "tensorflow-privacy" and not _is_installed("tensorflow_privacy"):
        return (
            "TensorFlow Privacy 0.9.0 needs Python 3.9-3.11 and is not installed here; use the engine 'fast'."
        )
    return None


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def _availability(reason: str | None) -> dict[str, Any]:
    return {"available": reason is None, "reason": reason}
