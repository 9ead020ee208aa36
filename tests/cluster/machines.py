"""A whole cluster on loopback: PostgreSQL, a scheduler, workers and a web server, each of which can die."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import psycopg
from distributed import Client
from distributed.security import Security
from psycopg.rows import dict_row

from app.runs.execution.dask_executor import LOOK_SECONDS
from tests.cluster.deployment import commands
from tests.faults.playground import RUN_PY, Playground
from tests.serving import ROOT, free_port

PRETENDING = "tests.cluster.preload"
REAL = "app.runs.cluster"
TRAINERS = {PRETENDING: "tests.faults.trainer", REAL: "app.training"}
LEASE_SECONDS = 4


class Machine:
    """A program, run by a shell command, with all that it has started: as a machine of its own would have."""

    def __init__(self, command: str, *, environment: Mapping[str, str], log: Path) -> None:
        self._command = f"exec {command}"
        self._environment = environment
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", self._command],
                cwd=ROOT,
                env=dict(self._environment),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def family(self) -> list[psutil.Process]:
        """Return the program and all its descendants."""
        if self._process is None:
            return []
        try:
            first = psutil.Process(self._process.pid)
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def send(self, sign: signal.Signals) -> float:
        """Send ``sign`` to all its processes and return when that was (time.time())."""
        for process in self.family():
            try:
                process.send_signal(sign)
            except psutil.NoSuchProcess:
                continue
        return time.time()

    def kill(self) -> float:
        """Kill all its processes at once and return when that was (time.time())."""
        killed_at = self.send(signal.SIGKILL)
        self.reap()
        return killed_at

    def reap(self) -> None:
        """Wait until the program has ended."""
        if self._process is not None:
            self._process.wait(timeout=10)

    def terminate(self) -> int:
        """End the program by SIGTERM and return its exit code."""
        assert self._process is not None
        family = self.family()
        self._process.terminate()
        exit_code = self.ended(seconds=30)
        psutil.wait_procs(family, timeout=10)
        return exit_code

    def ended(self, *, seconds: float) -> int:
        """Return the program's exit code as soon as it has ended, which it must within ``seconds``."""
        assert self._process is not None
        return self._process.wait(timeout=seconds)

    def address(self) -> str | None:
        """Return the address of its Dask worker, the last it had, once it has one."""
        return next(reversed(re.findall(r"Start worker at: +(tls://\S+)", self.log())), None)

    def trainer(self) -> psutil.Process | None:
        """Return its training process, if it has one."""
        for process in self.family():
            if any(module in process.cmdline() for module in TRAINERS.values()):
                return process
        return None

    def log(self) -> str:
        """Return what the program has written so far."""
        return self._log.read_text(errors="replace")


class Web(Playground):
    """The web server of a cluster, whose store is at ``url``."""

    def __init__(self, folder: Path, url: str, *, kind: str = RUN_PY, **settings: str) -> None:
        super().__init__(folder, kind, pretending=False, **settings)
        self._url = url

    def row(self, run_id: str) -> dict[str, Any]:
        return self._rows("SELECT * FROM runs WHERE id = %s", run_id)[0]

    def events(self, run_id: str) -> list[dict[str, Any]]:
        rows = self._rows(
            "SELECT id, created_at AS at, body::json AS body FROM events WHERE run_id = %s ORDER BY id",
            run_id,
        )
        return [{**row["body"], "id": row["id"], "at": row["at"]} for row in rows]

    def queue_length(self, state: str) -> int:
        return int(self._rows("SELECT count(*) AS runs FROM runs WHERE state = %s", state)[0]["runs"])

    def _rows(self, query: str, *values: str) -> list[dict[str, Any]]:
        with psycopg.connect(self._url, row_factory=dict_row) as connection:
            return connection.execute(query.encode(), values).fetchall()


class Cluster:
    """A scheduler, ``workers`` worker machines with the preload ``preload``, and a web server on one store.

    ``certificates`` is a folder made by the commands of the deployment guide.
    """

    def __init__(
        self,
        folder: Path,
        *,
        url: str,
        certificates: Path,
        workers: int = 2,
        preload: str = PRETENDING,
        kind: str = RUN_PY,
        **settings: str,
    ) -> None:
        port = free_port()
        self.url = url
        self.address = f"tls://127.0.0.1:{port}"
        self._settings = {
            "DPSGD_STORE": url,
            "DPSGD_SCHEDULER": self.address,
            "DPSGD_LEASE_SECONDS": str(LEASE_SECONDS),
            "DPSGD_OFFLINE": "1",
            "DASK_CONFIG": "docs/cluster.yaml",
            "ADDRESS": "127.0.0.1",
            **settings,
        }
        self._certificates = certificates
        self.scheduler = Machine(
            commands("Scheduler").replace("8786", str(port)),
            environment=self._environment("scheduler"),
            log=folder / "scheduler.log",
        )
        self.workers = [self.worker(folder, number, preload=preload) for number in range(workers)]
        self.web = Web(folder, url, kind=kind, **self._settings, **self._pair("web"))

    def __enter__(self) -> Cluster:
        try:
            self.start()
            time.sleep(2 * LOOK_SECONDS)  # until the leader knows all workers
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start all of it and wait until the web server answers and every worker has its training process."""
        self.scheduler.start()
        for worker in self.workers:
            worker.start()
        self.web.start()
        self.until_warm(*self.workers)

    def until_warm(self, *workers: Machine) -> None:
        """Wait until the ``workers`` have their training processes and the scheduler has just these."""
        for worker in workers:
            self.web.until(worker.trainer, seconds=60)
        self.web.until(lambda: {worker.address() for worker in workers} == set(self._processing()))

    def kill(self) -> None:
        """Kill all of it at once, PostgreSQL apart."""
        machines = [self.scheduler, *self.workers]
        for machine in machines:
            machine.send(signal.SIGKILL)
        self.web.kill()
        for machine in machines:
            machine.reap()

    def worker_of(self, run_id: str) -> Machine:
        """Return the worker that trains ``run_id``, which is the only run under way."""
        self.web.event(run_id, "epoch")
        busy = [address for address, keys in self._processing().items() if keys]
        return next(worker for worker in self.workers if worker.address() in busy)

    def security(self, member: str = "web", *, certificates: Path | None = None) -> Security:
        """Return what the ``member`` of the cluster, or of the one with these ``certificates``, shows."""
        pair = self._pair(member, certificates)
        return Security(
            require_encryption=True,
            tls_ca_file=pair["DPSGD_TLS_CA"],
            tls_client_cert=pair["DPSGD_TLS_CERTIFICATE"],
            tls_client_key=pair["DPSGD_TLS_KEY"],
        )

    def _processing(self) -> dict[str, list[str]]:
        """Return {worker's address: names of the tasks it has} as the scheduler sees it."""
        with Client(self.address, security=self.security(), timeout=30, set_as_default=False) as client:
            return {address: list(keys) for address, keys in client.processing().items()}

    def worker(
        self, folder: Path, number: int, *, preload: str = PRETENDING, through: str = "", **settings: str
    ) -> Machine:
        """Return a worker that is not started yet; ``settings`` differ from those of the cluster.

        ``through`` is a command that starts the worker's, which follows it.
        """
        command = f"{through} {commands('Workers')}".strip().replace(REAL, preload)
        scratch = folder / f"worker-{number}"
        return Machine(
            f"{command} --local-directory {scratch}",
            environment=self._environment("worker") | settings,
            log=folder / f"worker-{number}.log",
        )

    def _environment(self, member: str) -> dict[str, str]:
        inherited = {name: text for name, text in os.environ.items() if not name.startswith("DPSGD_")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**inherited, "PATH": path, **self._settings, **self._pair(member)}

    def _pair(self, member: str, certificates: Path | None = None) -> dict[str, str]:
        folder = certificates or self._certificates
        return {
            "DPSGD_TLS_CA": str(folder / "ca.pem"),
            "DPSGD_TLS_CERTIFICATE": str(folder / f"{member}.pem"),
            "DPSGD_TLS_KEY": str(folder / f"{member}.key"),
        }
