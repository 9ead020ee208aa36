"""A sweep on a cluster of four workers: it uses them all, and survives the death of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.cluster.machines import Cluster
from tests.faults.playground import whole_story

WORKERS = 4
SWEEP: dict[str, Any] = {
    "mode": "real",
    "task": "digits",
    "epochs": 5,
    "parameter": "noise_multiplier",
    "values": [1, 2, 3, 4, 5],
    "seeds": [1, 2],
}


def most_at_once(spans: list[tuple[float, float]]) -> int:
    """Return how many of the (begin, end) overlap at most."""
    return max(sum(begin <= moment < end for begin, end in spans) for moment, _ in spans)


def test_a_sweep_trains_on_all_workers_at_once_and_outlives_one_of_them(
    new_cluster: Callable[..., Cluster],
) -> None:
    cluster = new_cluster(workers=WORKERS)
    web = cluster.web
    status, sweep = web.ask("POST", "/api/sweeps", SWEEP)
    assert status == 202, sweep
    runs = [run["run_id"] for run in sweep["runs"]]
    web.until(lambda: sum(web.state(run) == "done" for run in runs) >= WORKERS)
    cluster.workers[0].kill()

    def ended() -> dict[str, Any] | None:
        document: dict[str, Any] = web.ask("GET", f"/api/sweeps/{sweep['id']}")[1]
        return document if document["state"] != "running" else None

    document = web.until(ended, seconds=60)
    assert (document["state"], {run["state"] for run in document["runs"]}) == ("done", {"done"})
    assert [point["runs"] for point in document["points"]] == [2] * 5
    stories = [web.events(run) for run in runs]
    assert all(whole_story(story) for story in stories)
    first_attempts = [
        (story[0]["at"], next(event["at"] for event in story if event["kind"] in ("retrying", "finished")))
        for story in stories
    ]
    assert most_at_once(first_attempts) == WORKERS, "each of the workers trains one run at a time"
