"""An instant simulation of DP-SGD, fitted to measured runs of this project's own engine."""

from app.simulation.profiles import NoFit
from app.simulation.simulator import simulate

__all__ = ["NoFit", "simulate"]
