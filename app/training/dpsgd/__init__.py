"""Exact and fast DP-SGD on plain TensorFlow, for Keras 2 and Keras 3.

>>> from app.training.dpsgd import Engine, Seeds  # doctest: +SKIP
>>> engine = Engine(model, images=x, labels=y, ..., seeds=Seeds(sampling=1, noise=2))  # doctest: +SKIP
>>> engine.run(235); engine.evaluate()  # doctest: +SKIP
"""

from app.training.dpsgd.engine import Engine
from app.training.dpsgd.results import Evaluation, Seeds, StepStatistics, UnsupportedModel
from app.training.dpsgd.threads import configure_threads

__all__ = ["Engine", "Evaluation", "Seeds", "StepStatistics", "UnsupportedModel", "configure_threads"]
