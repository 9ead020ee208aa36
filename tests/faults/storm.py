"""Random harm to the processes of a server while clients use it, from one seed."""

from __future__ import annotations

import http.client
import random
import signal
import threading
import time
import urllib.error
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil

from tests.faults.playground import Playground
from tests.faults.watcher import Watcher

PAUSE_SECONDS = (0.1, 1.0)  # between two blows
SHORT_SECONDS = (0.2, 2.0)  # how long a process is stopped
LONG_SECONDS = (5.5, 7.0)  # longer than the lease
CLIENTS = 3


class Storm:
    """Blows on the trainers and web workers of ``playground`` and the clients that go on using it.

    ``accepted`` are the ids of all runs that a client was told of, each of one Idempotency-Key.
    """

    def __init__(self, playground: Playground, *, seed: int) -> None:
        self.accepted: list[str] = []
        self.watchers: list[Watcher] = []
        self.blows: Counter[str] = Counter()
        self.answers: Counter[int] = Counter()
        self._playground = playground
        self._seed = seed
        self._random = random.Random(seed)
        self._over = threading.Event()

    def rage(self, seconds: float) -> None:
        """Strike and be used for that long, then let all stopped processes go on and all clients finish."""
        clients = [threading.Thread(target=self._use, args=(number,)) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        until = time.monotonic() + seconds
        stopped: list[threading.Timer] = []
        while time.monotonic() < until:
            time.sleep(self._random.uniform(*PAUSE_SECONDS))
            with suppress(psutil.NoSuchProcess):
                self._strike(stopped)
        self._over.set()
        for timer in stopped:
            timer.join()
        for client in clients:
            client.join()

    def _strike(self, stopped: list[threading.Timer]) -> None:
        kind = self._random.choices(("trainer", "worker"), (3, 1))[0]
        victims = self._playground.trainers() if kind == "trainer" else self._playground.web_workers()
        if not victims:
            return
        victim = self._random.choice(victims)
        blow = self._random.choices(("SIGKILL", "SIGTERM", "SIGSTOP"), (2, 1, 2))[0]
        self.blows[f"{kind} {blow}"] += 1
        victim.send_signal(signal.Signals[blow])
        if blow == "SIGSTOP":
            long = self._random.random() < 0.2
            seconds = self._random.uniform(*(LONG_SECONDS if long else SHORT_SECONDS))
            stopped.append(threading.Timer(seconds, _go_on, args=(victim,)))
            stopped[-1].start()

    def _use(self, number: int) -> None:
        own = random.Random(self._seed * 100 + number)
        request = 0
        while not self._over.is_set():
            request += 1
            run_id = self._post(f"{self._seed}-{number}-{request}", epochs=own.randint(1, 4))
            if run_id is None:
                time.sleep(0.2)
                continue
            self.accepted.append(run_id)
            if own.random() < 0.5:
                self.watchers.append(Watcher(self._playground.port, run_id))
            if own.random() < 0.15:
                time.sleep(own.uniform(0.0, 1.0))
                _patiently(lambda run_id=run_id: self._playground.ask("POST", f"/api/runs/{run_id}/cancel"))
            time.sleep(own.uniform(0.0, 1.5))

    def _post(self, key: str, *, epochs: int) -> str | None:
        """Post until there is an answer, always with the same key; return the run, None if refused."""
        body = {"mode": "real", "task": "digits", "epochs": epochs}
        headers = {"Prefer": "respond-async", "Idempotency-Key": key}
        status, document = _patiently(
            lambda: self._playground.ask("POST", "/api/train", body, headers=headers)
        )
        self.answers[status] += 1
        return str(document["id"]) if status in (200, 202) else None


def _patiently(ask: Callable[[], tuple[int, Any]]) -> tuple[int, Any]:
    """Return the answer to a request that may be repeated, asking again while the connection breaks."""
    while True:
        try:
            return ask()
        except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError):
            time.sleep(0.05)


def _go_on(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGCONT)
