"""The mechanism whose privacy is accounted: the Poisson-sampled Gaussian, T times."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from app.catalog import SAMPLINGS
from app.parameters import RunParameters


class InvalidMechanism(ValueError):
    """Numbers that describe no mechanism; ``faults`` maps each bad name to the rule it breaks."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name} {rule}" for name, rule in faults.items()))
        self.faults = faults


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _noise_faults(noise_multiplier: float) -> Iterator[tuple[str, str]]:
    # NaN must be caught here: it hangs dp_accounting 0.4.3 and is epsilon 0 ("perfect") in 0.6.0.
    if not (math.isfinite(noise_multiplier) and noise_multiplier >= 0):
        yield "noise_multiplier", f"must be a finite number >= 0, got {noise_multiplier}"


def _delta_faults(delta: float) -> Iterator[tuple[str, str]]:
    if not 0 < delta < 1:
        yield "delta", f"must lie strictly between 0 and 1, got {delta}"


def _count_faults(name: str, value: int, minimum: int) -> Iterator[tuple[str, str]]:
    if not (_is_whole(value) and value >= minimum):
        yield name, f"must be a whole number >= {minimum}, got {value}"


def _raise_if_any(faults: Iterator[tuple[str, str]]) -> None:
    found = dict(faults)
    if found:
        raise InvalidMechanism(found)


def check_accounting(
    *, sampling_probability: float, noise_multiplier: float, steps: int, delta: float
) -> None:
    """Return nothing if the four numbers describe a mechanism.

    Args:
        sampling_probability: q in [0, 1].
        noise_multiplier: sigma, finite and >= 0.
        steps: T, a whole number >= 0.
        delta: in (0, 1).

    Raises:
        InvalidMechanism: one or more are out of range, NaN or infinite; all faults are listed.
    """

    def faults() -> Iterator[tuple[str, str]]:
        if not 0 <= sampling_probability <= 1:
            yield "sampling_probability", f"must lie between 0 and 1, got {sampling_probability}"
        yield from _noise_faults(noise_multiplier)
        yield from _count_faults("steps", steps, 0)
        yield from _delta_faults(delta)

    _raise_if_any(faults())


@dataclass(frozen=True, kw_only=True)
class Mechanism:
    """DP-SGD as the accountant sees it.

    Args:
        examples: N, the number of training examples (public).
        batch_size: B <= N; each example joins each step with probability B/N.
        noise_multiplier: sigma; the summed clipped gradients get noise N(0, sigma^2 C^2).
        epochs: E, expected passes over the data.
        delta: the probability by which the guarantee may fail.
        sampling: "poisson" (what the analysis covers) or "shuffle".

    Raises:
        InvalidMechanism: a number is out of range, NaN or infinite; all faults are listed.

    >>> tutorial = Mechanism(examples=60_000, batch_size=256, noise_multiplier=1.3, epochs=15, delta=1e-5)
    >>> tutorial.steps
    3516
    """

    examples: int
    batch_size: int
    noise_multiplier: float
    epochs: int
    delta: float
    sampling: str = "poisson"

    def __post_init__(self) -> None:
        _raise_if_any(self._faults())

    def _faults(self) -> Iterator[tuple[str, str]]:
        yield from _count_faults("examples", self.examples, 1)
        yield from _count_faults("batch_size", self.batch_size, 1)
        if self.batch_size > self.examples >= 1:
            yield (
                "batch_size",
                f"must not exceed the number of examples ({self.examples}), got {self.batch_size}",
            )
        yield from _noise_faults(self.noise_multiplier)
        yield from _count_faults("epochs", self.epochs, 1)
        yield from _delta_faults(self.delta)
        if self.sampling not in SAMPLINGS:
            yield "sampling", f"must be one of {', '.join(SAMPLINGS)}, got {self.sampling!r}"

    @property
    def sampling_probability(self) -> float:
        """Return q = B/N."""
        return self.batch_size / self.examples

    @property
    def steps(self) -> int:
        """Return T = ceil(E * N / B)."""
        return self.steps_after(self.epochs)

    def steps_after(self, epoch: int) -> int:
        """Return the number of steps taken when ``epoch`` (1-based) ends; 0 for epoch 0."""
        # Whole-number arithmetic: a float quotient can round a whole result up by one step.
        return -(-epoch * self.examples // self.batch_size)

    @classmethod
    def of(cls, parameters: RunParameters) -> Mechanism:
        """Return the mechanism that a run with ``parameters`` carries out."""
        return cls(
            examples=parameters.train_size,
            batch_size=parameters.batch_size,
            noise_multiplier=parameters.noise_multiplier,
            epochs=parameters.epochs,
            delta=parameters.delta,
            sampling=parameters.sampling,
        )
