"""An instant simulation of DP-SGD, fitted to measured runs of this project's own engine."""

from app.simulation.profiles import NoFit, held_out_error
from app.simulation.simulator import simulate

__all__ = ["NoFit", "held_out_error", "simulate"]
