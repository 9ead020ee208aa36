"""A contender's process as the parent sees it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.peers.environments import ROOT
from benchmarks.peers.roster import Contender

ANSWER_SECONDS = 120.0
"""Longer than any step or compilation takes; a contender that is silent for longer has failed."""


class Absent(RuntimeError):
    """The contender cannot do what it was asked; the text says why."""


class Process:
    """A started contender. It works between a request and its answer only, and is ended by :meth:`end`.

    ``started`` is the clock's reading when it was started; ``cores`` limits it to these.

    Raises:
        Absent: it ended without an answer, or cannot be imported.
    """

    def __init__(self, contender: Contender, python: Path, *, cores: Iterable[int] | None = None) -> None:
        self.contender = contender
        command = [str(python), "-W", "ignore", "-m", "benchmarks.peers.child"]
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            [*_on_cores(cores), *command, contender.module, contender.name],
            cwd=ROOT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is the parent's to handle
            text=True,
        )
        try:
            self._answer(ANSWER_SECONDS)
        except BaseException:
            self.end()
            raise
        self.imported = time.perf_counter()

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Send a request and return its answer.

        Raises:
            Absent: it cannot, took too long, or ended.
        """
        assert self._process.stdin is not None
        try:
            print(json.dumps({"do": do, **arguments}), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise Absent("its process has ended") from None
        return self._answer(ANSWER_SECONDS)

    def _answer(self, seconds: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], seconds)
        line = self._process.stdout.readline() if readable else ""
        if not line:
            self.end()
            raise Absent("its process has ended" if readable else f"no answer in {seconds:.0f} s")
        answer: dict[str, Any] = json.loads(line)
        if "absent" in answer:
            raise Absent(answer["absent"])
        return answer

    def end(self) -> None:
        """End the process at once; it holds nothing worth keeping."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                _close(pipe)


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return


def _on_cores(cores: Iterable[int] | None) -> list[str]:
    return [] if cores is None else ["taskset", "-c", ",".join(map(str, cores))]
