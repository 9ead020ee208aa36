"""What goes into and comes out of the engine besides arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


class UnsupportedModel(ValueError):
    """The model cannot be trained with per-example gradients; the text says why, fit for its owner."""


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """The keys of the two random streams, 64-bit integers each.

    ``sampling`` decides which examples join a step, ``noise`` what is added to
    the sum. Whoever knows ``noise`` can subtract the noise again: both must be
    secret and random unless a reproducible demonstration is wanted.
    """

    sampling: int
    noise: int


@dataclass(frozen=True, kw_only=True)
class StepStatistics:
    """What was measured over the ``steps`` steps of one :meth:`Engine.run`.

    ``examples`` counts those really sampled, ``loss_sum`` adds up their losses
    (nats, before each update), ``norms`` (float32, [examples]) are the L2 norms
    of their gradients before clipping, empty without clipping; ``clipped``
    counts norms above C. ``signal_norm`` is the mean over the steps of
    ‖Σ clipped gradients‖/B, ``noise_norm`` is σ·C·√d/B. ``watched`` are the noisy sums of the
    watched variable, flat, [steps, size]; size 0 where none is watched.
    """

    steps: int
    examples: int
    loss_sum: float
    clipped: int
    norms: npt.NDArray[np.float32]
    signal_norm: float
    noise_norm: float
    watched: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Accuracy (0..1) and mean cross-entropy (nats) over the whole test set.

    ``per_class_accuracy`` has one entry a class; NaN where the test set holds
    no example of it.
    """

    accuracy: float
    loss: float
    per_class_accuracy: list[float]
