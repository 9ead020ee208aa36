"""What this server counts of itself, in Prometheus' format.

Under several gunicorn workers each process writes its counters to files that all share
(PROMETHEUS_MULTIPROC_DIR, set by ``app.gunicorn_config``), so that any of them can tell the sum.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
MEDIA_TYPE = CONTENT_TYPE_LATEST
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 300.0)
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"})
SAMPLE_SECONDS = 1.0


class Metrics:
    """The counters and gauges of one web process. Thread safe.

    ``leads`` and ``open_streams`` tell the present state of this process.
    """

    def __init__(self, *, leads: Callable[[], bool], open_streams: Callable[[], int]) -> None:
        self._leads = leads
        self._open_streams = open_streams
        self._own = CollectorRegistry()
        self._requests = Counter(
            "dpsgd_http_requests",
            "Requests answered, by method, route and status.",
            ["method", "route", "status"],
            registry=self._own,
        )
        self._seconds = Histogram(
            "dpsgd_http_seconds",
            "Seconds until a request's answer began, by route.",
            ["route"],
            buckets=LATENCY_BUCKETS,
            registry=self._own,
        )
        self._refused = Counter(
            "dpsgd_streams_refused", "Streams refused for want of room.", registry=self._own
        )
        self._open = Gauge(
            "dpsgd_streams_open",
            "Streams that are open now.",
            registry=self._own,
            multiprocess_mode="livesum",
        )
        self._leader = Gauge(
            "dpsgd_leader",
            "Web processes of this server that start queued runs: 1, or 0 where another server does.",
            registry=self._own,
            multiprocess_mode="livesum",
        )

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; ``route`` is its rule, such as /api/runs/<run_id>, never its path."""
        self._requests.labels(method if method in METHODS else "other", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def stream_refused(self) -> None:
        """Count a stream for which there was no room."""
        self._refused.inc()

    def sample(self) -> None:
        """Write the present state of this process down."""
        self._leader.set(self._leads())
        self._open.set(self._open_streams())

    def keep_sampling(self) -> None:
        """Sample every second from now on, for the other processes that may be asked."""
        threading.Thread(target=self._sample_for_ever, name="metrics", daemon=True).start()

    def text(self, *others: Collector) -> bytes:
        """Return all metrics of this server, with those of ``others``, in the text format."""
        self.sample()
        registry = CollectorRegistry()
        registry.register(_Shared() if SHARED_FOLDER in os.environ else _Registered(self._own))
        for other in (*others, _Memory()):
            registry.register(other)
        return generate_latest(registry)

    def _sample_for_ever(self) -> None:
        pause = threading.Event()
        while not pause.wait(SAMPLE_SECONDS):
            self.sample()


class _Shared(Collector):
    """What all web processes have written to the folder that they share."""

    def collect(self) -> Iterable[Metric]:
        collector = MultiProcessCollector(None)
        found: Iterable[Metric]
        try:
            found = collector.collect()
        except FileNotFoundError:  # a dead process was buried just now
            found = collector.collect()
        return found


def bury(pid: int) -> None:
    """Take the state of the dead process out of the sums, and add what it has counted to the dead's total.

    To be called by one process, the arbiter, for each of its children.
    """
    mark_process_dead(pid)
    folder = Path(os.environ[SHARED_FOLDER])
    for kind in ("counter", "histogram"):
        left = folder / f"{kind}_{pid}.db"
        if left.exists():
            total = MmapedDict(str(folder / f"{kind}_0.db"))
            for key, value, timestamp, _ in MmapedDict.read_all_values_from_file(str(left)):
                total.write_value(key, total.read_value(key)[0] + value, timestamp)
            left.unlink()
            total.close()


class _Registered(Collector):
    """What another registry holds."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        return self._registry.collect()


class _Memory(Collector):
    """Resident memory of this server's processes, where the system tells it (Linux)."""

    def collect(self) -> Iterable[Metric]:
        memory = GaugeMetricFamily(
            "dpsgd_resident_bytes",
            "Resident memory: of the web processes, and of the processes they started.",
            labels=["processes"],
        )
        web, started = server_processes()
        for name, pids in (("web", web), ("started", started)):
            memory.add_metric([name], sum(map(_resident_bytes, pids)))
        yield memory


def server_processes() -> tuple[set[int], set[int]]:
    """Return the ids of this server's web processes and of those that they have started.

    Under gunicorn, web processes are all children of the arbiter; else it is this process alone.
    """
    parents = _parents()
    own = os.getpid()
    siblings = {pid for pid, parent in parents.items() if parent == os.getppid()}
    web = {own, *siblings} if SHARED_FOLDER in os.environ else {own}
    return web, {pid for pid, parent in parents.items() if parent in web}


def _parents() -> dict[int, int]:
    """Return {process id: its parent's} of all processes; {} where there is no /proc."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The name in parentheses may hold anything; state and parent follow the last one.
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue  # it has just ended
    return parents


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0
