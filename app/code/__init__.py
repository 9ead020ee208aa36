"""Runnable scripts that train with given settings, for TensorFlow Privacy and for Opacus."""

from app.code.export import FRAMEWORKS, NotExportable, script

__all__ = ["FRAMEWORKS", "NotExportable", "script"]
