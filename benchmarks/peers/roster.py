"""Who takes part, what of it lives where, and what is left out with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MODELS = ("tutorial_cnn", "mlp", "wide_cnn")
BATCHES = (256, 64, 1024)
"""256 comes first: the time to the first step is taken there."""


class Contender(NamedTuple):
    """``module`` offers it under ``name``; ``environment`` is one of environments.ENVIRONMENTS."""

    title: str
    environment: str
    module: str
    name: str
    private: bool = True
    models: Sequence[str] = MODELS
    elsewhere: str = ""  # what to say of the models that are left out
    hungry: bool = False  # takes so much memory that it is measured beside this engine alone


def _of(module: str) -> str:
    return f"benchmarks.peers.contenders.{module}"


_PLAYGROUND, _KERAS, _OPACUS, _JAX = map(_of, ("playground", "keras_models", "opacus_modes", "jax_functions"))

ROSTER: tuple[Contender, ...] = (
    Contender("this engine", "own", _PLAYGROUND, "private"),
    Contender("this engine, Python 3.13 (TensorFlow 2.21)", "python3.13", _PLAYGROUND, "private"),
    Contender("this engine without privacy", "own", _PLAYGROUND, "plain", private=False),
    Contender("Keras fit, without privacy", "own", _KERAS, "fit", private=False),
    Contender("TF Privacy DPKerasSGDOptimizer", "own", _KERAS, "dp_optimizer", hungry=True),
    Contender(
        "TF Privacy VectorizedDPKerasSGDOptimizer",
        "own",
        _KERAS,
        "vectorized_dp_optimizer",
        hungry=True,
    ),
    Contender("TF Privacy DPSequential", "own", _KERAS, "dp_sequential"),
    Contender(
        "TF Privacy DPSequential, layer registry",
        "own",
        _KERAS,
        "dp_sequential_registry",
        models=("mlp",),
        elsewhere="its registry has no convolution, so that it is DPSequential",
    ),
    Contender("Opacus, hooks", "opacus", _OPACUS, "hooks"),
    Contender("Opacus, functorch", "opacus", _OPACUS, "functorch"),
    Contender("Opacus, ExpandedWeights", "opacus", _OPACUS, "ew"),
    Contender("Opacus, ghost clipping", "opacus", _OPACUS, "ghost"),
    Contender("JAX, vmap and jit", "jax", _JAX, "vmap"),
    Contender("JAX Privacy", "jax", _JAX, "jax_privacy"),
)

OURS, PLAIN = ROSTER[0], ROSTER[2]
"""What all others are compared with, and the same chunks without privacy."""

SCALED = tuple(ROSTER[index] for index in (0, 2, 3, 6, 11))
"""Those whose speed on 1, 2 and 4 cores is measured."""
