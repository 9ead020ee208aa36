"""An executor that trains in one separate process, started once and kept warm.

The process is ``python -m app.training``: TensorFlow is imported only there.
Both sides speak JSON, one message a line, over the child's standard input and
output; the child ends when its input closes, so it never outlives the server.
"""

from __future__ import annotations

import json
import logging
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from app.events import Finished, Progress, decode
from app.runs.executor import Update

PROJECT_ROOT = Path(__file__).resolve().parents[2]
WORKER_COMMAND = (sys.executable, "-m", "app.training")

# A TensorFlow call is sized to 0.2 s, so a healthy training answers a stop long before this; one that does
# not is compiling or stuck.
STOP_GRACE_SECONDS = 3.0

_STOPPED = "The server was stopped before the run was finished."
_LOST = (
    "The training process ended before the run was finished ({ending}). "
    "Start the run again; if it ends so again, the machine may be short of memory."
)

_log = logging.getLogger(__name__)


class ProcessExecutor:
    """One slot, one warm child process; see :class:`app.runs.executor.Executor`.

    ``command`` is the child's command line; ``stop_grace_seconds`` is how long a
    run that was asked to stop may take before its process is killed.
    """

    def __init__(
        self,
        *,
        command: Sequence[str] = WORKER_COMMAND,
        stop_grace_seconds: float = STOP_GRACE_SECONDS,
    ) -> None:
        self._command = tuple(command)
        self._stop_grace_seconds = stop_grace_seconds
        self._lock = threading.RLock()
        self._child: subprocess.Popen[str] | None = None
        self._updates: queue.Queue[Update] = queue.Queue()
        self._current: str | None = None
        self._steps = 0
        self._stop_asked_at: float | None = None
        self._started_at = 0.0
        self._closed = False

    def start(self) -> None:
        """Start the child ahead of the first run, so that it is warm when one comes."""
        with self._lock:
            if self._closed or (self._child is not None and self._child.poll() is None):
                return
            child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                bufsize=1,
                cwd=PROJECT_ROOT,
                # Ctrl-C in a terminal is the server's to handle, which then closes the child's input.
                start_new_session=True,
            )
            self._child = child
        threading.Thread(target=self._listen, args=(child,), name="training-events", daemon=True).start()

    def submit(self, run_id: str, job: Mapping[str, Any]) -> None:
        """Start ``job`` as ``run_id``.

        Raises:
            RuntimeError: the slot is taken or the executor is closed.
        """
        with self._lock:
            if self._closed or self._current is not None:
                raise RuntimeError("submit() needs a free slot: look at live_slots() first")
            self._current, self._steps, self._stop_asked_at = run_id, 0, None
            self._started_at = time.monotonic()
            self.start()
            self._send({"run": run_id, **job})

    def poll(self, timeout_seconds: float) -> list[Update]:
        """Return the updates since the last call, waiting at most ``timeout_seconds`` for the first."""
        self._kill_if_overdue()
        updates = []
        try:
            updates.append(self._updates.get(timeout=timeout_seconds))
            while True:
                updates.append(self._updates.get_nowait())
        except queue.Empty:
            return updates

    def kill(self, run_id: str) -> None:
        """Ask ``run_id`` to stop; :meth:`poll` kills its process when the grace has passed."""
        with self._lock:
            if self._current == run_id and self._stop_asked_at is None:
                self._stop_asked_at = time.monotonic()
                self._send({"stop": run_id})

    def live_slots(self) -> int:
        """Return 1 when a run can be submitted, else 0."""
        with self._lock:
            return 0 if self._closed or self._current is not None else 1

    def close(self) -> None:
        """End the child; a run in progress ends with it."""
        with self._lock:
            self._closed = True
            child = self._child
        if child is None:
            return
        # Only the input is closed here: the output belongs to the listening thread.
        _close_quietly(child.stdin)
        try:
            child.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._child is not None
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(json.dumps(message) + "\n")
            self._child.stdin.flush()
        except (OSError, ValueError):  # ValueError: the listener has closed the pipe already
            # The child has just died: its listener reports the end of the run.
            _log.warning("the training process has gone away")

    def _listen(self, child: subprocess.Popen[str]) -> None:
        assert child.stdout is not None
        for line in child.stdout:
            if line.endswith("\n"):  # a process killed in the middle of a line leaves a part of one
                message = json.loads(line)
                self._receive(message["run"], message["event"])
        child.stdout.close()
        exit_code = child.wait()
        _close_quietly(child.stdin)
        self._report_lost_run(child, exit_code)

    def _receive(self, run_id: str, message: Mapping[str, Any]) -> None:
        event = decode(message)
        with self._lock:
            if run_id != self._current:
                return
            if isinstance(event, Progress):
                self._steps = event.steps
            if isinstance(event, Finished):
                self._current = None
        self._updates.put(Update(run_id=run_id, event=event))

    def _report_lost_run(self, child: subprocess.Popen[str], exit_code: int) -> None:
        with self._lock:
            if self._child is not child:
                return  # another has taken its place, and the run is that one's
            self._child = None
            run_id, self._current = self._current, None
            cancelled = self._stop_asked_at is not None
        if run_id is None:
            return
        message = _STOPPED if self._closed else _LOST.format(ending=_ending(exit_code))
        event = Finished(
            state="cancelled" if cancelled else "failed",
            steps=self._steps,
            training_seconds=time.monotonic() - self._started_at,
            error=None if cancelled else {"kind": "internal", "message": message},
        )
        self._updates.put(Update(run_id=run_id, event=event))
        self.start()  # so that the next run finds it warm again

    def _kill_if_overdue(self) -> None:
        with self._lock:
            asked, child = self._stop_asked_at, self._child
            overdue = asked is not None and time.monotonic() - asked > self._stop_grace_seconds
            if self._current is not None and overdue and child is not None:
                child.kill()


def _ending(exit_code: int) -> str:
    return f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"


def _close_quietly(stream: IO[str] | None) -> None:
    """Close a pipe whose other end may be gone already."""
    if stream is not None:
        try:
            stream.close()
        except OSError:
            _log.debug("a pipe of the training process was closed already")
