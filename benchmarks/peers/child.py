"""A contender's own process: ``python -m benchmarks.peers.child MODULE NAME``.

Reads one JSON request a line and answers one JSON object a line; between them it sleeps.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.peers.work import EXAMPLES, Prepare, Trainer, training, update_error

Answer = dict[str, Any]


class Session:
    """The trainings that the parent has asked for, by the name it gave each."""

    def __init__(self, prepare: Prepare) -> None:
        self._prepare = prepare
        self._trainers: dict[str, Trainer] = {}
        self._seconds_a_step: dict[str, float] = {}

    def prepare(
        self, cell: str, model: str, batch_size: int, examples: int = EXAMPLES, own_weights: bool = False
    ) -> Answer:
        """Build, take the first step, then two more to learn the speed; memory is counted from here."""
        reset_peak()
        started = time.perf_counter()
        work = training(model, batch_size, examples, own_weights=own_weights)
        loaded = time.perf_counter()
        trainer = self._trainers[cell] = self._prepare(work)
        trainer.train(1)
        first = time.perf_counter()
        trainer.train(2)
        self._seconds_a_step[cell] = (time.perf_counter() - first) / 2
        return {"first_step": first - loaded, "loading": loaded - started}

    def window(self, cell: str, seconds: float) -> Answer:
        """Train for about ``seconds``, at least one step."""
        steps = max(1, round(seconds / self._seconds_a_step[cell]))
        started = time.perf_counter()
        examples = self._trainers[cell].train(steps)
        elapsed = time.perf_counter() - started
        self._seconds_a_step[cell] = elapsed / steps
        return {"examples_a_second": examples / elapsed, "steps": steps, "seconds": elapsed}

    def memory(self) -> Answer:
        """Return megabytes: the peak since the last preparation, and what is held now."""
        return {"peak": status_megabytes("VmHWM"), "pss": proportional_megabytes()}

    def drop(self, cell: str) -> Answer:
        del self._trainers[cell]
        gc.collect()
        return {}

    def exactness(self, model: str, reference: str) -> Answer:
        return {"error": update_error(self._prepare, model, Path(reference))}


def be_first_to_go() -> None:
    """Have the kernel end this process before any other when memory runs out."""
    try:
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    except OSError:
        return


def reset_peak() -> None:
    """Have the kernel count the greatest memory anew; where it cannot, the peak is that of the process."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def status_megabytes(field: str) -> float:
    return _kilobytes(Path("/proc/self/status"), field) / 1000


def proportional_megabytes() -> float:
    return _kilobytes(Path("/proc/self/smaps_rollup"), "Pss") / 1000


def _kilobytes(file: Path, field: str) -> float:
    """Return a field of a file of /proc in kB of 1000 bytes; NaN where there is no such file."""
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) * 1.024 for line in lines if line.startswith(f"{field}:"))


def attempt(handler: Callable[..., Answer], arguments: dict[str, Any]) -> Answer:
    """Return the answer, or why there is none: a contender's failure is a finding and ends nothing."""
    try:
        return handler(**arguments)
    except Exception as error:
        return {"absent": f"{type(error).__name__}: {str(error).splitlines()[0][:160] if str(error) else ''}"}


def main(module: str, name: str) -> None:
    be_first_to_go()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints must not get between the answers

    def answer(content: Answer) -> None:
        print(json.dumps(content), file=answers, flush=True)

    try:
        session = Session(importlib.import_module(module).CONTENDERS[name])
    except (ImportError, AttributeError, KeyError) as error:  # libraries that do not fit raise any of them
        answer({"absent": f"{type(error).__name__}: {error}"})
        return
    answer({"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        answer(attempt(getattr(session, request.pop("do")), request))


if __name__ == "__main__":
    main(*sys.argv[1:3])
