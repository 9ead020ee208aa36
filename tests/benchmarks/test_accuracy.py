"""The grid of accuracies keeps to ε and to the product's ranges, and what is measured is measured once."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.parameters import PARAMETERS, RunParameters
from app.privacy.accounting import EpsilonCurve
from app.privacy.mechanism import Mechanism
from benchmarks.accuracy.grid import (
    DATASETS,
    DELTA,
    EPSILONS,
    GRID,
    GRID_SEED,
    REPORT_SEEDS,
    Cell,
    cells,
    run_of,
)
from benchmarks.accuracy.record import Record
from benchmarks.accuracy.table import NOT_YET, summary, table

CELL = Cell(dataset="mnist", epsilon=1.0)


def epsilon_of(run: RunParameters) -> float:
    return EpsilonCurve.of(Mechanism.of(run)).at(run.steps).epsilon


@pytest.mark.parametrize("cell", list(cells()), ids=lambda cell: f"{cell.dataset} {cell.epsilon:g}")
def test_every_setting_spends_its_epsilon_and_no_more(cell: Cell) -> None:
    for setting in GRID[cell.dataset]:
        run = run_of(cell, setting, seed=GRID_SEED)
        assert 0.99 * cell.epsilon < epsilon_of(run) <= cell.epsilon
        assert (run.dataset, run.train_size, run.delta) == (cell.dataset, 60_000, DELTA)
        for name in ("clipping_norm", "noise_multiplier", "batch_size", "learning_rate", "epochs"):
            assert PARAMETERS[name].minimum <= getattr(run, name) <= PARAMETERS[name].maximum


def test_there_is_one_cell_for_each_data_set_and_epsilon() -> None:
    assert sorted((cell.dataset, cell.epsilon) for cell in cells()) == sorted(
        (dataset, epsilon) for dataset in DATASETS for epsilon in EPSILONS
    )


def test_a_measurement_that_was_cut_short_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    wanted = []
    for count in range(10):
        cell, run = next(Record(path).missing())
        assert cell == CELL
        wanted.append((run.model, run.batch_size, run.epochs, run.learning_rate, run.seed))
        Record(path).add(run, 0.9 + 0.001 * count, seconds=1.0)
    assert len(set(wanted)) == 10
    assert [seed for *_, seed in wanted] == [GRID_SEED] * 5 + list(REPORT_SEEDS)
    assert next(Record(path).missing())[0] != CELL


def test_the_report_leaves_out_the_seed_by_which_the_best_was_chosen(tmp_path: Path) -> None:
    record = Record(tmp_path / "runs.jsonl")
    assert record.report(CELL) is None
    for number, setting in enumerate(GRID["mnist"]):
        record.add(run_of(CELL, setting, seed=GRID_SEED), 0.99 if number == 2 else 0.5, seconds=1.0)
    best = GRID["mnist"][2]
    for seed, accuracy in zip(REPORT_SEEDS[:3], (0.96, 0.97, 0.98), strict=True):
        record.add(run_of(CELL, best, seed=seed), accuracy, seconds=1.0)
    found = record.report(CELL)
    assert found is not None
    assert found.setting == best
    assert (found.mean, found.sd) == (pytest.approx(0.97), pytest.approx(0.01))
    assert "| MNIST | 97.00 ± 1.00 |" in summary(record)
    assert "**97.00 ± 1.00** (3 seeds)" in table(record)


def test_what_is_not_measured_is_said_to_be_so(tmp_path: Path) -> None:
    assert table(Record(tmp_path / "none.jsonl")).count(NOT_YET) == len(DATASETS) * len(EPSILONS)
