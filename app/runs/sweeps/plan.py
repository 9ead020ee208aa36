"""What a sweep is to train: one parameter over a grid of values and seeds, all else alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.parameters import RunParameters


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The swept ``parameter`` with its ``values`` and ``seeds``, both ascending.

    A run's number counts them by value, then by seed, from 0.
    """

    parameter: str
    values: tuple[float, ...]
    seeds: tuple[int, ...]

    @property
    def runs(self) -> int:
        """Return how many runs it has."""
        return len(self.values) * len(self.seeds)

    def number_at(self, position: int) -> int:
        """Return the number of the run whose turn is at ``position``: the first seed of every value goes
        first, so that the whole curve shows early and grows sharper with each seed.

        >>> grid = Grid(parameter="epochs", values=(1, 2, 4), seeds=(7, 8))
        >>> [grid.number_at(position) for position in range(6)]
        [0, 2, 4, 1, 3, 5]
        """
        seed, value = divmod(position, len(self.values))
        return value * len(self.seeds) + seed

    def to_dict(self) -> dict[str, Any]:
        """Return the grid as a JSON object."""
        return {"parameter": self.parameter, "values": list(self.values), "seeds": list(self.seeds)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Grid:
        """Return the grid that :meth:`to_dict` wrote."""
        return cls(
            parameter=values["parameter"], values=tuple(values["values"]), seeds=tuple(values["seeds"])
        )


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """A run of a sweep: as what ``RunService.start`` takes."""

    parameters: RunParameters
    fallback: RunParameters | None = None
    notices: Sequence[Mapping[str, Any]] = field(default=())


@dataclass(frozen=True, kw_only=True)
class SweepPlan:
    """A grid and its runs, in the order of their numbers."""

    grid: Grid
    runs: tuple[PlannedRun, ...]
