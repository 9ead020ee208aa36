"""GET /metrics: what the server counts, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Response, request
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.errors import NotPermitted
from app.metrics import MEDIA_TYPE
from app.routes.exchange import run_service, settings
from app.routes.records import metrics
from app.routes.visitors import is_forwarded
from app.runs.store.database import Store, StoreUnavailable
from app.runs.store.figures import Figures, figures
from app.security import is_loopback

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def exposition() -> Response:
    """Answer with all metrics, to this machine alone unless the settings open them to all."""
    if settings().metrics != "all" and not _from_this_machine():
        raise NotPermitted("Only this machine may read the metrics; DPSGD_METRICS=all opens them to all.")
    text = metrics().text(_RunFigures(run_service().store))
    return Response(text, content_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


def _from_this_machine() -> bool:
    # A proxy on this machine speaks for somebody else; where it is trusted, its client is remote_addr.
    unknown = settings().proxies == 0 and is_forwarded()
    return is_loopback(request.remote_addr or "") and not unknown


class _RunFigures(Collector):
    """The figures of the run store: the same whichever process is asked."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterable[Metric]:
        available = GaugeMetricFamily(
            "dpsgd_store_available", "Whether the run store can be read; without it the runs are not told."
        )
        try:
            found = figures(self._store)
        except StoreUnavailable:
            found = None
        available.add_metric([], float(found is not None))
        yield available
        if found is not None:
            yield from _families(found)


def _families(found: Figures) -> Iterable[Metric]:
    states = GaugeMetricFamily("dpsgd_runs", "Runs that the store keeps, by state.", labels=["state"])
    for state, runs in found.by_state.items():
        states.add_metric([state], runs)
    yield states
    waiting, running = found.by_state["queued"], found.by_state["running"]
    for name, meaning, value in (
        ("queue_length", "Runs that wait for a trainer.", waiting),
        ("requests_waiting", "Single runs and sweeps that wait: what may be full.", found.requests_waiting),
        ("oldest_queued_seconds", "Age of the oldest run that waits.", found.oldest_queued_seconds),
        ("running_attempts", "Attempts that are being trained.", running),
        ("run_retries", "Attempts beyond each kept run's first.", found.retries),
        ("run_crashes", "Deaths of a training process, over the kept runs.", found.crashes),
        ("runs_lost", "Kept runs that failed because their training process died twice.", found.lost),
        ("events", "Events of the kept runs.", found.events),
        ("training_seconds", "Duration of the last attempts of the kept runs.", found.training_seconds),
    ):
        yield GaugeMetricFamily(f"dpsgd_{name}", meaning, value=value)
