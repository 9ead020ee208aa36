"""Exact and fast DP-SGD on plain TensorFlow, for Keras 2 and Keras 3.

``Engine(model, images=..., ..., seeds=Seeds(sampling=1, noise=2))``, then ``run(235)`` and ``evaluate()``.
"""

from app.training.dpsgd.engine import Engine
from app.training.dpsgd.results import Evaluation, Seeds, StepStatistics, UnsupportedModel
from app.training.dpsgd.threads import configure_threads

__all__ = ["Engine", "Evaluation", "Seeds", "StepStatistics", "UnsupportedModel", "configure_threads"]
