"""An executor on a Dask cluster: each attempt is a task that keeps it on a worker's machine.

The tasks write to the run store themselves, so attempts outlive this process, and
what the store says is what counts. The scheduler is asked for two things only:
which workers are there, and which attempts it still knows. An attempt that is
running by the store and that the scheduler does not know is one that ended with
its worker, or with an earlier scheduler.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from distributed import Client, Future, fire_and_forget
from distributed.security import Security

from app.runs.execution.executor import Ended
from app.runs.execution.station import RESOURCE, keep
from app.runs.store.database import StoreUnavailable
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Claim, Running
from app.settings import Settings

LOOK_SECONDS = 0.5  # between two looks at the cluster
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 5.0  # after which a scheduler that does not answer is taken to be away
PULSE_SECONDS = (
    6.0  # a worker that the scheduler has not heard for so long gets no attempt; Dask beats every 0.5-2 s
)
CLOSING_SECONDS = 3.0

WORKER_GONE = "the worker of the cluster that kept it ended"

_log = logging.getLogger(__name__)
# Of a lost connection the client logs a traceback, and this module a line.
logging.getLogger("distributed.client").setLevel(logging.CRITICAL)


class DaskExecutor:
    """Attempts on the workers of the scheduler at ``scheduler`` that have the preload ``app.runs.cluster``.

    All talk with the cluster is in a thread of its own: it connects, and connects
    again, by itself, and no method here waits for it. ``lease`` (seconds) is how long
    an attempt may be silent.
    """

    survives_leader = True

    def __init__(self, *, lifecycle: Lifecycle, scheduler: str, security: Security, lease: float) -> None:
        self._lifecycle = lifecycle
        self._scheduler = scheduler
        self._security = security
        self._thread = threading.Thread(target=self._run, name="cluster", daemon=True)
        self._started = threading.Event()
        self._closing = threading.Event()
        self._ended: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        self._slots: dict[str, int] = {}  # by worker's address; replaced as a whole
        # Used in the loop's thread only.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: Client | None = None
        self._reachable = True
        # Shorter than the lease: a run whose worker hangs must not be given to that worker again.
        self._pulse_seconds = min(PULSE_SECONDS, lease / 2)
        self._pulses = Pulses(self._pulse_seconds)
        self._waiting: dict[str, Claim] = {}
        self._submitted: dict[str, Future[None]] = {}
        self._unwanted: list[Future[None]] = []
        self._missing: set[str] = set()

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()
        self._started.wait()

    def submit(self, claim: Claim) -> None:
        """Have a worker of the cluster keep the attempt of ``claim``, when the cluster can be reached."""
        self._in_loop(self._submit, claim)

    def poll(self) -> list[Ended]:
        """Return the attempts of which the cluster was found to know nothing any more."""
        ended = []
        while not self._ended.empty():
            ended.append(self._ended.get())
        return ended

    def kill(self, run_id: str) -> None:
        """Cancel what has not begun; a training that has begun is its keeper's to end."""
        self._in_loop(self._cancel, run_id)

    def live_slots(self) -> int:
        """Return how many attempts the workers that give signs of life can keep at the same time."""
        return sum(self._slots.values()) if _connected(self._client) else 0

    def close(self) -> None:
        """Leave the cluster; its attempts go on."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(timeout=CLOSING_SECONDS)

    def _in_loop(self, call: Callable[..., object], *arguments: object) -> None:
        assert self._loop is not None
        # A loop that is closed already takes nothing: its leader is stepping down, and the next one
        # finds an attempt that the cluster does not know.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *arguments)

    # -- in the loop's thread

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._started.set()
        while not self._closing.is_set():
            try:
                await self._stay_connected()
            except (OSError, asyncio.TimeoutError) as fault:
                self._note_reachable(False, fault)
            except Exception:  # whatever the cluster's answer was: runs wait for the next try
                _log.exception("the connection to the cluster failed")
            self._client, self._slots = None, {}
            self._submitted.clear()
            self._unwanted.clear()
            await asyncio.sleep(LOOK_SECONDS)

    async def _stay_connected(self) -> None:
        client = Client(
            self._scheduler,
            security=self._security,
            timeout=CONNECT_SECONDS,
            asynchronous=True,
            set_as_default=False,
        )
        try:
            await client
            await self._attend(client)
            self._note_reachable(False)
        finally:
            await client.close()

    def _note_reachable(self, reachable: bool, fault: Exception | None = None) -> None:
        """Log what has changed, and no more than that."""
        if self._closing.is_set() or reachable == self._reachable:
            return
        self._reachable = reachable
        if reachable:
            _log.info("the cluster's scheduler answers again")
        else:
            _log.warning("the cluster's scheduler cannot be reached: %s", fault or "it hung up")

    async def _attend(self, client: Client) -> None:
        """Look at the cluster again and again while ``client`` is connected."""
        self._pulses = Pulses(self._pulse_seconds)
        self._missing.clear()
        while client.status == "running" and not self._closing.is_set():
            await asyncio.wait_for(self._look(client), ANSWER_SECONDS)
            self._client = client
            self._note_reachable(True)
            for claim in list(self._waiting.values()):
                self._submit(claim)
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, client: Client) -> None:
        unwanted, self._unwanted = self._unwanted, []
        if unwanted:
            await client.cancel(unwanted, force=True)
        # The store first: an attempt that it shows running, and the scheduler then does not know, has ended.
        running = await asyncio.to_thread(self._running)
        scheduler: Any = client.scheduler
        identity = await scheduler.identity(n_workers=-1)
        self._slots = self._pulses.slots(identity["workers"], now=time.monotonic())
        known = {str(key) for key in await scheduler.who_has()}
        self._forget_ended()
        # What is submitted may still be on its way, on another connection than the question was.
        known |= {str(future.key) for future in self._submitted.values()}
        known |= {_key(claim.run_id, claim.owner) for claim in self._waiting.values()}
        self._report_missing(running, known)

    def _running(self) -> list[Running]:
        try:
            return self._lifecycle.running()
        except StoreUnavailable:
            return []

    def _forget_ended(self) -> None:
        for run_id, future in list(self._submitted.items()):
            if future.done():
                if future.status == "error":
                    _log.warning("an attempt's task failed on the cluster; the workers' logs say why")
                del self._submitted[run_id]

    def _report_missing(self, running: Iterable[Running], known: set[str]) -> None:
        """Report the attempts that were missing in two looks: one may be on its way to the scheduler."""
        missing = {_key(attempt.run_id, attempt.owner): attempt for attempt in running}
        missing = {key: attempt for key, attempt in missing.items() if key not in known}
        for key in self._missing & missing.keys():
            attempt = missing.pop(key)
            self._ended.put(Ended(run_id=attempt.run_id, owner=attempt.owner, why=WORKER_GONE, crash=False))
        self._missing = set(missing)

    def _submit(self, claim: Claim) -> None:
        client = self._client
        if client is None or not _connected(client) or not self._slots:
            self._waiting[claim.run_id] = claim
            return
        self._waiting.pop(claim.run_id, None)
        future = client.submit(
            keep,
            asdict(claim),
            key=_key(claim.run_id, claim.owner),
            pure=False,
            retries=0,
            workers=list(self._slots),
            resources={RESOURCE: 1},
        )
        fire_and_forget(future)  # else this process' death would end it
        self._submitted[claim.run_id] = future

    def _cancel(self, run_id: str) -> None:
        self._waiting.pop(run_id, None)
        if run_id in self._submitted:
            self._unwanted.append(self._submitted.pop(run_id))


class Pulses:
    """Which workers live, by whether the scheduler goes on hearing them.

    A stopped process or a host without its network keeps its place at the scheduler for
    minutes. Times of two machines are never compared: a change is what counts.
    ``limit`` (seconds) is how long a worker may be silent.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._heard: dict[str, tuple[float, float]] = {}

    def slots(self, workers: Mapping[str, Mapping[str, Any]], *, now: float) -> dict[str, int]:
        """Return {address: attempts it can keep} of the workers that live and have the preload.

        ``workers`` is what the scheduler's identity says of them; ``now`` is in seconds of this machine.
        """
        self._heard = {
            address: self._pulse(address, worker["last_seen"], now) for address, worker in workers.items()
        }
        return {
            address: int(worker["resources"].get(RESOURCE, 0))
            for address, worker in workers.items()
            if worker["status"] == "running"
            and worker["resources"].get(RESOURCE)
            and now - self._heard[address][1] <= self._limit
        }

    def _pulse(self, address: str, last_seen: float, now: float) -> tuple[float, float]:
        known = self._heard.get(address)
        return known if known is not None and known[0] == last_seen else (last_seen, now)


def security_of(settings: Settings) -> Security:
    """Return what makes this process a member of the cluster: the files that the settings name."""
    return Security(
        require_encryption=True,
        tls_ca_file=settings.tls_ca,
        tls_client_cert=settings.tls_certificate,
        tls_client_key=settings.tls_key,
    )


def _connected(client: Client | None) -> bool:
    return client is not None and client.status == "running"


def _key(run_id: str, owner: str) -> str:
    """Return the name of an attempt's task, which shows neither: Dask writes names to its log."""
    return "training-" + hashlib.sha256(f"{run_id}-{owner}".encode()).hexdigest()[:32]
