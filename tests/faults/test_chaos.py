"""Whatever is killed and stopped, in whatever order: each accepted run ends once, with no event missing."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.playground import FINISHED, GUNICORN, Playground, whole_story
from tests.faults.storm import Storm

SECONDS = float(os.environ.get("DPSGD_CHAOS_SECONDS", "12"))
SEEDS = [int(seed) for seed in os.environ.get("DPSGD_CHAOS_SEEDS", "1").split(",")]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_accepted_run_ends_exactly_once(tmp_path: Path, seed: int) -> None:
    with Playground(tmp_path, GUNICORN) as playground:
        storm = Storm(playground, seed=seed)
        storm.rage(SECONDS)
        accepted = storm.accepted
        playground.until(
            lambda: all(playground.state(run_id) in FINISHED for run_id in accepted), seconds=180
        )
        stories = {run_id: playground.events(run_id) for run_id in accepted}
        ends = Counter(events[-1].get("state") for events in stories.values())
        attempts = Counter(playground.row(run_id)["attempt"] for run_id in accepted)
        print(f"\nseed {seed}, {SECONDS:g} s: {len(accepted)} runs accepted, {dict(storm.answers)} answers")
        print(f"blows {dict(storm.blows)}; ends {dict(ends)}; attempts {dict(attempts)}")

        assert len(set(accepted)) == len(accepted) >= SECONDS / 2
        assert stored_runs(playground) == set(accepted), "a run was lost, or made twice by one key"
        for run_id, events in stories.items():
            assert whole_story(events), (run_id, events)
            assert events[-1]["state"] == playground.state(run_id)
            assert attempts_are_apart(events), (run_id, events)
        for watcher in storm.watchers:
            watcher.join(20)
        assert all(watcher.saw_a_whole_story for watcher in storm.watchers)
        after = playground.post_run(epochs=1)
        assert playground.event(after, "finished")["state"] == "done"
        playground.until(lambda: len(playground.web_workers()) == 2)
        assert len(playground.trainers()) == 1


def stored_runs(playground: Playground) -> set[str]:
    with closing(sqlite3.connect(playground.store, timeout=10)) as connection:
        return {run_id for (run_id,) in connection.execute("SELECT id FROM runs")}


def attempts_are_apart(events: list[dict[str, Any]]) -> bool:
    """Return whether attempts are numbered 1, 2, ... and no event of one fell into another."""
    attempt = steps = 0
    training = False
    for event in events:
        match event["kind"]:
            case "started":
                if training or event["attempt"] != attempt + 1:
                    return False
                attempt, steps, training = attempt + 1, 0, True
            case "retrying":
                if not training or event["attempt"] != attempt:
                    return False
                training = False
            case "progress":
                if not training or event["steps"] <= steps:
                    return False
                steps = event["steps"]
            case "phase" | "ready" | "epoch" if not training:
                return False
    return True
