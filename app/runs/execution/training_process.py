"""One warm training process and the conversation with it.

The process is ``python -m app.training``: TensorFlow is imported only there.
Both sides speak JSON, one message a line, over the child's standard input and
output; the child ends when its input closes, so it never outlives its keeper.
"""

from __future__ import annotations

import base64
import json
import logging
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from app.events import OUT_OF_MEMORY, Event, decode
from app.runs.execution.life_signs import LifeSigns

PROJECT_ROOT = Path(__file__).resolve().parents[3]
WORKER_COMMAND = (sys.executable, "-m", "app.training")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lost:
    """The process has ended; ``why`` names its signal or exit code."""

    why: str


@dataclass(frozen=True)
class Trained:
    """The weights that ``series`` ended with, as ``app.inference.archive`` packs them; not for viewers."""

    series: str
    weights: bytes


Heard = Event | Trained


@dataclass
class _Child:
    process: subprocess.Popen[str]
    messages: queue.Queue[tuple[str, Heard] | Lost]
    heard_at: float
    outgoing: queue.Queue[str | None] = field(default_factory=queue.Queue)  # None closes the input
    life: LifeSigns | None = None  # of the attempt that has begun


class TrainingProcess:
    """A child process that trains one run at a time; started anew whenever it has died.

    ``command`` is its command line. Calls may come from several threads.
    """

    def __init__(self, command: Sequence[str] = WORKER_COMMAND) -> None:
        self._command = tuple(command)
        self._lock = threading.RLock()
        self._child: _Child | None = None
        self._closed = False
        self.calibration: dict[str, Any] | None = None  # what the process measured of its own speed at start

    def start(self) -> None:
        """Start the child if none lives, so that it is warm when a run comes."""
        with self._lock:
            if self._closed or (self._child is not None and self._child.process.poll() is None):
                return
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                bufsize=1,
                cwd=PROJECT_ROOT,
            )
            child = _Child(process=process, messages=queue.Queue(), heard_at=time.monotonic())
            self._child = child
        threading.Thread(target=self._listen, args=(child,), name="training-events", daemon=True).start()
        threading.Thread(target=_speak, args=(child,), name="training-orders", daemon=True).start()

    @property
    def pid(self) -> int | None:
        """Return the id of the child that lives now, if one does."""
        with self._lock:
            alive = self._child is not None and self._child.process.poll() is None
            return self._child.process.pid if alive and self._child else None

    def begin(self, run_id: str, job: Mapping[str, Any]) -> None:
        """Send ``job``, whose fields ``app.training.__main__`` names, to a living child."""
        with self._lock:
            self.start()
            if self._child is not None:
                self._child.life = LifeSigns(self._child.process.pid)
            self._send({"run": run_id, **job})

    def stop(self, run_id: str) -> None:
        """Ask the child to stop ``run_id``; its Finished event tells that it has."""
        with self._lock:
            self._send({"stop": run_id})

    def receive(self, run_id: str, timeout_seconds: float) -> list[Heard | Lost]:
        """Return what came of ``run_id``, waiting at most ``timeout_seconds`` for it; Lost comes last."""
        child = self._child
        if child is None:
            return [Lost("it could not be started")]
        received: list[Heard | Lost] = []
        try:
            message = child.messages.get(timeout=timeout_seconds)
            while True:
                if isinstance(message, Lost):
                    return [*received, message]
                if message[0] == run_id:
                    received.append(message[1])
                message = child.messages.get_nowait()
        except queue.Empty:
            return received

    def seems_dead(self, lease: float) -> bool:
        """Return whether the child has given no sign of life for ``lease`` seconds of the present attempt.

        Beats and events are signs, and so is computing. Ask many times a second, from one thread.
        """
        child = self._child
        if child is None or child.life is None:
            return False
        child.life.look(child.heard_at)
        return child.life.silent_for(lease)

    def kill(self) -> None:
        """End the child at once, also a stopped or stuck one."""
        with self._lock:
            child = self._child
        if child is not None and child.process.poll() is None:
            child.process.kill()
            child.process.wait()

    def close(self) -> None:
        """End the child for good."""
        with self._lock:
            self._closed = True
            child = self._child
        if child is None:
            return
        child.outgoing.put(None)
        try:
            child.process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()

    def _send(self, message: Mapping[str, Any]) -> None:
        if self._child is not None:
            self._child.outgoing.put(json.dumps(message) + "\n")

    def _listen(self, child: _Child) -> None:
        stdout = child.process.stdout
        assert stdout is not None
        for line in stdout:
            child.heard_at = time.monotonic()
            if line.endswith("\n"):  # a process killed in the middle of a line leaves a part of one
                self._take(child, json.loads(line))
        stdout.close()
        exit_code = child.process.wait()
        child.outgoing.put(None)
        child.messages.put(Lost(_ending(exit_code)))

    def _take(self, child: _Child, message: dict[str, Any]) -> None:
        if "event" in message:
            child.messages.put((message["run"], decode(message["event"])))
        elif "weights" in message:
            told = message["weights"]
            trained = Trained(told["series"], base64.b64decode(told["content"]))
            child.messages.put((message["run"], trained))
        elif "calibration" in message:
            self.calibration = message["calibration"]
        # else a beat: being heard was all of it


def _speak(child: _Child) -> None:
    """Write the child's orders in a thread of their own, and close its input at the end.

    A table is longer than what a pipe holds: a child that hangs would block whoever writes it, and with
    them the keeper that is to notice.
    """
    stdin = child.process.stdin
    assert stdin is not None
    while (order := child.outgoing.get()) is not None:
        try:
            stdin.write(order)
            stdin.flush()
        except OSError:
            # The child has just died: receive() tells of it.
            _log.warning("the training process has gone away")
            break
    _close_quietly(stdin)


def _ending(exit_code: int) -> str:
    if exit_code == OUT_OF_MEMORY:
        return "it found no memory left"
    return f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"


def _close_quietly(stream: IO[str] | None) -> None:
    """Close a pipe whose other end may be gone already."""
    if stream is not None:
        try:
            stream.close()
        except OSError:
            _log.debug("a pipe of the training process was closed already")
