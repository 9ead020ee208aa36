"""The tables of docs/accuracy.md, from what ``runs.jsonl`` holds; ``make docs`` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from app.catalog import DATASETS as CATALOG
from benchmarks.accuracy.grid import DATASETS, EPSILONS, GRID, GRID_SEED, Cell, Setting, run_of
from benchmarks.accuracy.record import Record, Report

# By data set and our ε: (accuracy in percent, source, its ε where that is not ours); δ = 1e-5, from scratch.
DPSUR, TUTORIAL, OPACUS = "plain DP-SGD [1]", "TensorFlow Privacy [2]", "Opacus [3]"
TEMPERED, FEATURES, SCATTER = "tempered sigmoid [1]", "tanh CNN [4]", "ScatterNet [4]"
Published = tuple[float, str, float | None]
PUBLISHED: Mapping[tuple[str, float], Sequence[Published]] = {
    ("mnist", 1.0): (
        (95.1, DPSUR, None),
        (97.1, TEMPERED, None),
        (95.0, TUTORIAL, 1.19),
        (94.6, OPACUS, 1.16),
    ),
    ("mnist", 2.0): ((96.1, DPSUR, None), (97.9, TEMPERED, None)),
    ("mnist", 3.0): (
        (96.8, DPSUR, None),
        (98.2, TEMPERED, None),
        (96.6, TUTORIAL, 3.01),
        (96.8, OPACUS, 2.91),
        (98.1, FEATURES, None),
        (98.7, SCATTER, None),
    ),
    ("mnist", 8.0): ((97.3, DPSUR, 4.0), (98.5, TEMPERED, 4.0), (97.0, TUTORIAL, 7.10), (97.1, OPACUS, 6.86)),
    ("fashion_mnist", 1.0): ((80.3, DPSUR, None), (83.6, TEMPERED, None)),
    ("fashion_mnist", 2.0): ((82.6, DPSUR, None), (85.3, TEMPERED, None)),
    ("fashion_mnist", 3.0): ((84.7, DPSUR, None), (86.3, TEMPERED, None)),
    ("fashion_mnist", 8.0): ((85.4, DPSUR, 4.0), (86.9, TEMPERED, 4.0)),
}
NOT_YET = "not measured yet"


def table(record: Record | None = None) -> str:
    """Return the tables in Markdown: the best of each ε beside what is published, then the whole grid."""
    measured = record or Record()
    grids = "Test accuracy in percent with the one seed of the grid."
    tables = (_grid(measured, dataset) for dataset in DATASETS)
    return "\n\n".join([_best(measured), "### The whole grid", grids, *tables])


def summary(record: Record | None = None) -> str:
    """Return the best accuracies alone, a row for each data set."""
    measured = record or Record()

    def rows() -> Iterator[Sequence[str]]:
        for dataset in DATASETS:
            found = (measured.report(Cell(dataset=dataset, epsilon=epsilon)) for epsilon in EPSILONS)
            yield _name(dataset), *(_accuracy(each) if each else NOT_YET for each in found)

    return _markdown(("", *(f"ε = {epsilon:g}" for epsilon in EPSILONS)), rows())


def _best(record: Record) -> str:
    def rows() -> Iterator[Sequence[str]]:
        for dataset in DATASETS:
            for epsilon in EPSILONS:
                found = record.report(Cell(dataset=dataset, epsilon=epsilon))
                published = "; ".join(map(_published, PUBLISHED[dataset, epsilon]))
                yield _name(dataset), f"{epsilon:g}", *_ours(found), published

    return _markdown(("data", "ε", "this engine, %", "best setting of the grid", "σ", "published, %"), rows())


def _ours(found: Report | None) -> tuple[str, str, str]:
    if found is None:
        return NOT_YET, "", ""
    noise = f"{found.run.noise_multiplier:g}"
    return f"**{_accuracy(found)}** ({len(found.accuracies)} seeds)", _text(found.setting), noise


def _accuracy(found: Report) -> str:
    return f"{100 * found.mean:.2f} ± {100 * found.sd:.2f}"


def _name(dataset: str) -> str:
    return CATALOG[dataset].title.split()[0]


def _published(entry: Published) -> str:
    accuracy, source, epsilon = entry
    return f"{accuracy:.1f} {source}" + (f" at ε {epsilon:g}" if epsilon else "")


def _text(setting: Setting) -> str:
    return (
        f"`{setting.model}`, {setting.optimizer}, B {setting.batch_size}, C {setting.clipping_norm:g}, "
        f"lr {setting.learning_rate:g}, {setting.epochs} epochs"
    )


def _grid(record: Record, dataset: str) -> str:
    def rows() -> Iterator[Sequence[str]]:
        for setting in GRID[dataset]:
            cells = (Cell(dataset=dataset, epsilon=epsilon) for epsilon in EPSILONS)
            scores = (record.accuracy(run_of(cell, setting, seed=GRID_SEED)) for cell in cells)
            yield _text(setting), *("" if score is None else f"{100 * score:.2f}" for score in scores)

    return _markdown((_name(dataset), *(f"ε = {epsilon:g}" for epsilon in EPSILONS)), rows())


def _markdown(heading: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    lines = [heading, ("---",) * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
