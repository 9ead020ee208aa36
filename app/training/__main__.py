"""The training process: ``python -m app.training``, spoken to by ``app.runs.execution.training_process``.

Messages are JSON, one a line. In: {"run": id, "parameters", "fallback", "earlier": [{"steps", "fallback"}],
"data_directory", "offline"} starts a training ("audit", if it is not null, makes it an audit), on a table of
one's own with its "table" in Base64,
{"stop": id} stops it. Out:
{"run": id, "event": {...}}, {"run": id, "weights": {"series", "content"}} when a series has ended (in Base64
what ``app.inference.archive`` packs; no event, for those are shown to every viewer), twice a second
{"beat": true}, and once {"calibration": {"examples_per_second"}}, unless a run was there first. The process
ends when its input closes.
"""

from __future__ import annotations

import base64
import functools
import importlib.util
import json
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import IO, Any

from app.events import OUT_OF_MEMORY, Emit, Event, Finished, ShouldStop, encode
from app.inference.archive import packed
from app.parameters import RunParameters
from app.privacy.audit_plan import AuditPlan

Message = dict[str, Any]
Train = Callable[[Message, Emit, ShouldStop], None]

NICENESS = 10
BEAT_SECONDS = 0.5

_log = logging.getLogger("app.training")
_writing = threading.Lock()


def main() -> None:
    """Serve trainings from standard input until it closes."""
    _leave_process_group()
    output = _claim_standard_output()
    os.nice(NICENESS)
    threading.Thread(target=_beat, args=(output,), daemon=True).start()
    jobs: queue.Queue[Message] = queue.Queue()
    stopped: set[str] = set()
    threading.Thread(target=_read_messages, args=(sys.stdin, jobs, stopped), daemon=True).start()
    train = _load_trainer(output, jobs)
    while True:
        job = jobs.get()
        train(job, _sender(output, job["run"]), functools.partial(stopped.__contains__, job["run"]))


def _leave_process_group() -> None:
    """Leave Ctrl-C in a terminal to the server, which then closes this process's input.

    It stays in the server's session: so the kernel hangs it up if it is stopped when its server dies.
    """
    os.setpgid(0, 0)


def _claim_standard_output() -> IO[str]:
    """Return the pipe to the server; whatever libraries print goes to standard error from here on."""
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1, encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return pipe


def _read_messages(source: Iterable[str], jobs: queue.Queue[Message], stopped: set[str]) -> None:
    for line in source:
        message = json.loads(line)
        if "stop" in message:
            stopped.add(message["stop"])
        else:
            jobs.put(message)
    # The server has gone: a training nobody can read any more must not go on using the machine.
    os._exit(0)


def _beat(output: IO[str]) -> None:
    """Show for ever that this process lives, also while it imports, compiles or waits."""
    while True:
        _write(output, {"beat": True})
        time.sleep(BEAT_SECONDS)


def _write(output: IO[str], message: Message) -> None:
    try:
        with _writing:
            output.write(json.dumps(message, allow_nan=False) + "\n")
            output.flush()
    except BrokenPipeError:
        os._exit(0)  # the server has gone, which the thread that reads is about to notice too


def _sender(output: IO[str], run_id: str) -> Emit:
    def emit(event: Event) -> None:
        _write(output, {"run": run_id, "event": encode(event)})

    return emit


def _weights_sender(output: IO[str], run_id: str) -> Callable[[str, list[Any]], None]:
    def keep(series: str, weights: list[Any]) -> None:
        content = base64.b64encode(packed(weights)).decode()
        _write(output, {"run": run_id, "weights": {"series": series, "content": content}})

    return keep


def _load_trainer(output: IO[str], jobs: queue.Queue[Message]) -> Train:
    if importlib.util.find_spec("tensorflow") is None:
        return _refuse
    # At 2 TensorFlow 2.15 still reports three "errors" about CUDA on every machine without it.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from app.training import trainer

    try:
        warm = trainer.warm_up()
        if jobs.empty():  # nobody shall wait for it
            _write(output, {"calibration": {"examples_per_second": trainer.examples_per_second(warm)}})
        del warm  # it holds a copy of its data
    except Exception:  # a run must still be answered, with its own error
        _log.exception("warm-up failed")
    return functools.partial(_train, output)


def _train(output: IO[str], job: Message, emit: Emit, should_stop: ShouldStop) -> None:
    from app.training import trainer

    fallback, audit, table = job["fallback"], job.get("audit"), job.pop("table", None)
    try:
        trainer.train(
            RunParameters.from_dict(job["parameters"]),
            emit=emit,
            should_stop=should_stop,
            data_directory=job["data_directory"],
            offline=job["offline"],
            fallback=RunParameters.from_dict(fallback) if fallback else None,
            audit=AuditPlan(**audit) if audit else None,
            earlier=job["earlier"],
            table=base64.b64decode(table) if table else None,
            keep_weights=_weights_sender(output, job["run"]),
        )
    except trainer.OutOfMemory:
        _log.exception("no memory is left")
        # A new process has what this one hoards, and the run is tried again there.
        os._exit(OUT_OF_MEMORY)
    except Exception:
        _log.exception("training failed")
        emit(_failure("internal", "The training stopped on an internal error; the server's log has it."))


def _refuse(job: Message, emit: Emit, should_stop: ShouldStop) -> None:
    emit(_failure("engine_unavailable", "TensorFlow is not installed in the server's Python environment."))


def _failure(kind: str, message: str) -> Finished:
    return Finished(state="failed", steps=0, training_seconds=0.0, error={"kind": kind, "message": message})


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    main()
