"""A real server with its own store on loopback, whose processes can be found, stopped and killed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

import psutil

from tests.serving import ROOT, free_port

RUN_PY = "run.py"
GUNICORN = "gunicorn"
START_SECONDS = 60.0
FINISHED = ("done", "failed", "cancelled")

Found = TypeVar("Found")


class Playground:
    """A server of ``kind`` (:data:`RUN_PY` or :data:`GUNICORN` with two workers) in ``folder``.

    ``pretending`` puts ``tests.faults.trainer`` in the place of the real training process; ``settings``
    are DPSGD_* variables. It stands on the same port and store whenever it is started again.
    """

    def __init__(self, folder: Path, kind: str, *, pretending: bool = True, **settings: str) -> None:
        self.port = free_port()
        self.store = folder / "store" / "runs.sqlite"
        self._kind = kind
        self._pretending = pretending
        self._environment = _environment(folder, self.port, self.store) | settings
        self._log_path = folder / "server.log"
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Playground:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    # -- its processes

    def start(self, *, before: tuple[str, ...] = ()) -> float:
        """Start the server by a command behind ``before``, and return when that was (time.time())."""
        if self._server is not None:
            self._server.wait()
        began = time.time()
        with self._log_path.open("ab") as log:
            self._server = subprocess.Popen(
                [*before, *self._command()],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.until(self._answers, seconds=START_SECONDS)
        return began

    def terminate(self) -> float:
        """Send SIGTERM, and return after how many seconds the server and all it had started were gone."""
        assert self._server is not None
        family = self.family()
        began = time.monotonic()
        self._server.terminate()
        exit_code = self._server.wait(timeout=60)
        wait_until_gone(family, seconds=60)
        assert exit_code == 0, self.log()
        return time.monotonic() - began

    def kill(self) -> None:
        """Kill the server and everything it has started, all at once."""
        if self._server is None:
            return
        family = self.family()
        for sign in (signal.SIGSTOP, signal.SIGKILL):  # so that none sees another die
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(sign)
        self._server.wait()
        wait_until_gone(family, seconds=10)

    def family(self) -> list[psutil.Process]:
        """Return the server and all its descendants."""
        assert self._server is not None
        try:
            server = psutil.Process(self._server.pid)
            return [server, *server.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def web_workers(self) -> list[psutil.Process]:
        """Return the processes that answer requests."""
        family = self.family()
        if self._kind == RUN_PY:
            return family[:1]
        return [process for process in family if family and _parent(process) == family[0].pid]

    def trainers(self) -> list[psutil.Process]:
        """Return the training processes that live, stopped ones included."""
        module = "tests.faults.trainer" if self._pretending else "app.training"
        return [process for process in self.family() if _runs(process, module)]

    def trainer(self) -> psutil.Process:
        """Return the one training process as soon as there is one."""
        return self.until(lambda: next(iter(self.trainers()), None))

    def leader(self) -> psutil.Process:
        """Return the web process that has the training process, as soon as one has."""
        parent = self.until(lambda: _parent(self.trainer()))
        return psutil.Process(parent)

    def log(self) -> str:
        """Return what the server has written so far."""
        return self._log_path.read_text(errors="replace")

    # -- its clients

    def ask(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Return the status and the JSON of an answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **(headers or {})},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, json.load(refusal)

    def post_run(self, *, headers: Mapping[str, str] | None = None, **parameters: Any) -> str:
        """Queue a real run, unless the same request has done so already, and return its id."""
        body = {"mode": "real", "task": "digits", "epochs": 5, **parameters}
        wanted = {"Prefer": "respond-async", **(headers or {})}
        status, document = self.ask("POST", "/api/train", body, headers=wanted)
        assert status == 202 or (status == 200 and document["state"] in FINISHED), document
        return str(document["id"])

    def document(self, run_id: str) -> dict[str, Any]:
        """Return the run document."""
        status, document = self.ask("GET", f"/api/runs/{run_id}")
        assert status == 200, document
        return dict(document)

    # -- its store, read beside it

    def row(self, run_id: str) -> dict[str, Any]:
        """Return the run's row."""
        with closing(sqlite3.connect(self.store, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            row = connection.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
        return dict(row)

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """Return the run's events, each with its ``id`` and its time ``at`` (time.time())."""
        query = "SELECT id, created_at, body FROM events WHERE run_id = ? ORDER BY id"
        with closing(sqlite3.connect(self.store, timeout=10)) as connection:
            rows = connection.execute(query, (run_id,)).fetchall()
        return [{**json.loads(body), "id": id, "at": at} for id, at, body in rows]

    def count(self, state: str) -> int:
        """Return how many runs are in ``state``."""
        with closing(sqlite3.connect(self.store, timeout=10)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM runs WHERE state = ?", (state,)).fetchone()
        return int(count)

    def state(self, run_id: str) -> str:
        """Return the state in the run's row."""
        return str(self.row(run_id)["state"])

    def event(self, run_id: str, kind: str, *, number: int = 1, seconds: float = 30.0) -> dict[str, Any]:
        """Return the run's event of ``kind`` that is the ``number``-th of them, as soon as it is there."""

        def find() -> dict[str, Any] | None:
            return next(iter([e for e in self.events(run_id) if e["kind"] == kind][number - 1 :]), None)

        return self.until(find, seconds=seconds)

    def until(self, find: Callable[[], Found | None], *, seconds: float = 30.0) -> Found:
        """Return what ``find`` returns as soon as that is true."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                found = find()
            except psutil.NoSuchProcess:
                found = None
            if found:
                return found
            assert time.monotonic() < deadline, f"not in {seconds:g} s; the log: {self.log()[-4000:]}"
            time.sleep(0.01)

    def _answers(self) -> bool:
        assert self._server is not None
        assert self._server.poll() is None, self.log()
        try:
            return self.ask("GET", "/healthz")[0] == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def _command(self) -> list[str]:
        if self._kind == RUN_PY:
            program = ["-m", "tests.faults.server"] if self._pretending else ["run.py"]
            return [sys.executable, *program]
        app = "tests.faults.server:application()" if self._pretending else "run:app"
        options = ["--config", "python:app.gunicorn_config", "--bind", f"127.0.0.1:{self.port}"]
        options += ["--workers", "2", "--worker-class", "gthread", "--threads", "120", "--no-control-socket"]
        return [sys.executable, "-m", "gunicorn", *options, app]


def whole_story(events: list[dict[str, Any]]) -> bool:
    """Return whether these are all events of an ended run: ids 1..n, and its one end last."""
    ids = [event["id"] for event in events]
    ends = [event["id"] for event in events if event["kind"] == "finished"]
    return ids == list(range(1, len(ids) + 1)) and ends == ids[-1:]


def _environment(folder: Path, port: int, store: Path) -> dict[str, str]:
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("DPSGD_")}
    own = {"DPSGD_PORT": str(port), "DPSGD_STORE": str(store), "DPSGD_OFFLINE": "1", "DPSGD_LIMITS": "off"}
    return {**inherited, **own, "KERAS_HOME": str(folder / "keras")}


def _parent(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.NoSuchProcess:
        return None


def _runs(process: psutil.Process, module: str) -> bool:
    try:
        return module in process.cmdline()
    except psutil.NoSuchProcess:  # a zombie is one too
        return False


def wait_until_gone(processes: list[psutil.Process], *, seconds: float) -> None:
    """Wait until none of ``processes`` lives; a dead one that nobody has buried yet does not."""
    deadline = time.monotonic() + seconds
    while any(_lives(process) for process in processes):
        assert time.monotonic() < deadline, f"some of {processes} still live after {seconds:g} s"
        time.sleep(0.01)


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def send(process: psutil.Process, sign: signal.Signals) -> float:
    """Send ``sign`` and return when that was (time.time())."""
    process.send_signal(sign)
    return time.time()
