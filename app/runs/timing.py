"""How long a run takes on this server, and when a run that waits or trains will have ended."""

from __future__ import annotations

import heapq
import json
import logging
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, select

from app.catalog import DATASETS, MODELS
from app.events import Finished, decode
from app.parameters import RunParameters
from app.runs.store.database import Store, StoreUnavailable
from app.runs.store.lifecycle import CALIBRATION
from app.runs.store.records import Record
from app.runs.store.schema import ACTIVE_STATES, events, facts, runs
from app.runs.work import OVERHEAD_SECONDS, SHIPPED_PER_CORE, baseline_work, cost_of, private_work

RUNS_LOOKED_AT = 10
FRESH_SECONDS = 2.0

_log = logging.getLogger(__name__)


class TooExpensive(ValueError):
    """A run is estimated to take longer than one run may; ``estimate`` and ``limit`` in seconds."""

    def __init__(self, *, estimate: float, limit: float) -> None:
        super().__init__(f"estimated {estimate:.0f} s, limit {limit:.0f} s")
        self.estimate, self.limit = estimate, limit


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Units of work a second (examples of the tutorial CNN, see ``app.runs.work``), and their source.

    ``source`` is "runs" (the last finished ones of this store), "calibration" (what the training process
    measured when it started) or "shipped" (a figure of the project's, times this machine's cores).
    """

    examples_per_second: float
    source: str


class Timing:
    """The speed of this server, by what ``store`` knows of it; thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rate = shipped_rate()
        self._fresh_until = 0.0

    def rate(self) -> Rate:
        """Return the speed as known now; that known last while the store cannot be used."""
        now = time.monotonic()
        if now >= self._fresh_until:
            self._fresh_until = now + FRESH_SECONDS
            try:
                with self._store.reading() as connection:
                    self._rate = _measured(connection) or _calibrated(connection) or shipped_rate()
            except StoreUnavailable as fault:
                _log.info("the speed known last is used: %s", fault)
        return self._rate

    def seconds(self, parameters: RunParameters) -> float:
        """Return how long a run with ``parameters`` is estimated to take, from its start to its end."""
        return whole_seconds(parameters, self.rate())

    def check(self, parameters: RunParameters, *, limit: float) -> float:
        """Return the estimate of a run in seconds.

        Raises:
            TooExpensive: it is above ``limit`` seconds.
        """
        estimate = self.seconds(parameters)
        if estimate > limit:
            raise TooExpensive(estimate=estimate, limit=limit)
        return estimate

    def eta(
        self, record: Record, parameters: RunParameters, *, steps: int, ahead: Sequence[Record], slots: int
    ) -> float | None:
        """Return in how many seconds a run will have ended; None until a run has finished on this store.

        Args:
            record: the run, queued or running; another has None.
            parameters: what it trains, which a fallback may have changed.
            steps: private steps that its present attempt has taken.
            ahead: the runs that run now, and those queued before it.
            slots: how many run at once.
        """
        rate = self.rate()
        if rate.source != "runs" or record.state not in ACTIVE_STATES:
            return None
        now = time.time()
        if record.state == "running":
            return round(rest(parameters, rate, steps=steps, elapsed=_elapsed(record, now)), 1)
        running = [record for record in ahead if record.state == "running"]
        rests = [max(0.0, _seconds(each, rate) - _elapsed(each, now)) for each in running]
        queued = [_seconds(each, rate) for each in ahead if each.state == "queued"]
        wait = until_free(rests, queued, slots=max(slots, len(running)))
        return round(wait + whole_seconds(parameters, rate), 1)

    def together(self, estimates: Iterable[float], *, slots: int) -> float:
        """Return in how many seconds runs end that take so long each, where nobody is before them.

        They are taken from the longest to the shortest, so that the answer is the same in any order.
        """
        longest_first = sorted(estimates, reverse=True)
        return max(ends([], longest_first, slots=max(1, slots)), default=0.0)

    def eta_of_all(self, run_ids: Iterable[str], *, line: Sequence[Record], slots: int) -> float | None:
        """Return in how many seconds all of ``run_ids`` will have ended; None until a run has on this store.

        ``line`` are all runs that run or wait, in their order; ``slots`` is how many run at once.
        """
        rate, own = self.rate(), set(run_ids)
        if rate.source != "runs":
            return None
        now = time.time()
        running = [each for each in line if each.state == "running"]
        queued = [each for each in line if each.state == "queued"]
        rests = [max(0.0, _seconds(each, rate) - _elapsed(each, now)) for each in running]
        waits = ends(rests, [_seconds(each, rate) for each in queued], slots=max(slots, len(running)))
        both = zip([*running, *queued], [*rests, *waits], strict=True)
        return round(max((end for each, end in both if each.id in own), default=0.0), 1)

    def description(self) -> dict[str, Any]:
        """Return the rate with its source, and model_cost: by model and dataset {example, step, test}."""
        rate = self.rate()
        return {
            "examples_per_second": round(rate.examples_per_second, 1),
            "source": rate.source,
            "overhead_seconds": OVERHEAD_SECONDS,
            "model_cost": {
                model: {
                    dataset: asdict(cost)
                    for dataset in DATASETS
                    if (cost := cost_of(model, dataset)) is not None
                }
                for model in MODELS
            },
        }


def whole_seconds(parameters: RunParameters, rate: Rate) -> float:
    """Return the seconds of a whole run at ``rate``."""
    work = private_work(parameters) + baseline_work(parameters)
    return OVERHEAD_SECONDS + work / rate.examples_per_second


def rest(parameters: RunParameters, rate: Rate, *, steps: int, elapsed: float) -> float:
    """Return the seconds that a run still takes which has taken ``steps`` steps in ``elapsed`` seconds."""
    private = private_work(parameters) / rate.examples_per_second
    baseline = baseline_work(parameters) / rate.examples_per_second
    if steps == 0:
        return max(0.0, OVERHEAD_SECONDS - elapsed) + private + baseline
    if steps < parameters.steps:
        return private * (1 - steps / parameters.steps) + baseline
    # Steps are told of the private series alone; of the baseline only the time is known.
    return max(0.0, min(baseline, OVERHEAD_SECONDS + private + baseline - elapsed))


def until_free(rests: Iterable[float], queued: Iterable[float], *, slots: int) -> float:
    """Return the seconds until a slot takes the next run, after those running and then ``queued`` in order.

    >>> until_free([5.0], [10.0, 2.0], slots=1), until_free([5.0], [10.0, 2.0], slots=2)
    (17.0, 7.0)
    """
    free = _free_at(rests, slots=slots)
    for seconds in queued:
        heapq.heapreplace(free, free[0] + seconds)
    return free[0]


def ends(rests: Iterable[float], queued: Iterable[float], *, slots: int) -> list[float]:
    """Return in how many seconds each of ``queued`` ends, after those running and those before it.

    >>> ends([5.0], [10.0, 2.0], slots=1), ends([5.0], [10.0, 2.0], slots=2)
    ([15.0, 17.0], [10.0, 7.0])
    """
    free = _free_at(rests, slots=slots)
    found = []
    for seconds in queued:
        found.append(free[0] + seconds)
        heapq.heapreplace(free, found[-1])
    return found


def _free_at(rests: Iterable[float], *, slots: int) -> list[float]:
    """Return as a heap in how many seconds each slot is free."""
    free = list(rests)
    free += [0.0] * (slots - len(free))
    heapq.heapify(free)
    return free


def shipped_rate() -> Rate:
    """Return the project's own figure for this machine's cores."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return Rate(examples_per_second=SHIPPED_PER_CORE * cores, source="shipped")


def _elapsed(record: Record, now: float) -> float:
    return 0.0 if record.started_at is None else max(0.0, now - record.started_at)


def _seconds(record: Record, rate: Rate) -> float:
    return whole_seconds(RunParameters.from_dict(record.job["parameters"]), rate)


def _measured(connection: Connection) -> Rate | None:
    """Return the median rate of the last finished runs, each weighing as much as it took."""
    last = (events.c.run_id == runs.c.id) & (events.c.id == runs.c.last_event)
    query = select(runs.c.job, events.c.body).join(events, last).where(runs.c.state == "done")
    rows = connection.execute(query.order_by(runs.c.sequence.desc()).limit(RUNS_LOOKED_AT)).all()
    found = [pair for job, body in rows if (pair := _work_and_seconds(json.loads(job), json.loads(body)))]
    if not found:
        return None
    # By weight, because a run of a tenth of a second says little of how fast a long one goes.
    rates = [(work / seconds, seconds) for work, seconds in found]
    return Rate(examples_per_second=weighted_median(rates), source="runs")


def weighted_median(weighted: Sequence[tuple[float, float]]) -> float:
    """Return the value at which half of the weight is reached, of one or more (value, weight > 0).

    >>> weighted_median([(100.0, 9.0), (1.0, 0.5), (2.0, 0.5)])
    100.0
    """
    half = sum(weight for _, weight in weighted) / 2
    reached = 0.0
    for value, weight in sorted(weighted):
        reached += weight
        if reached >= half:
            return value
    return max(weighted)[0]


def _work_and_seconds(job: dict[str, Any], body: dict[str, Any]) -> tuple[float, float] | None:
    """Return the private work of a finished run and the seconds it took; None where that cannot be told."""
    if job["kind"] != "training":  # its canaries cost time too
        return None
    finished = decode(body)
    if not isinstance(finished, Finished) or finished.training_seconds <= 0:
        return None
    for asked in (job["parameters"], job["fallback"]):
        # By its steps one knows which of the two was trained; a run that its budget stopped is neither.
        if asked and (parameters := RunParameters.from_dict(asked)).steps == finished.steps:
            return private_work(parameters), finished.training_seconds
    return None


def _calibrated(connection: Connection) -> Rate | None:
    value = connection.execute(select(facts.c.value).where(facts.c.name == CALIBRATION)).scalar()
    if value is None:
        return None
    return Rate(examples_per_second=float(json.loads(value)["examples_per_second"]), source="calibration")
