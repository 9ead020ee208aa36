"""A real MNIST training under two gunicorn workers, watched by curl, is killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.parameters import RunParameters
from app.privacy.accounting import epsilon_rdp
from tests.faults.playground import GUNICORN, Playground, send, whole_story
from tests.faults.promises import STRICT, kept

EPOCHS = 15 if STRICT else 3  # 15 is the default
DATA = os.environ.get("DPSGD_DATA_DIR", "")


def accounted(steps: int) -> float:
    """Return the accountant's ε of so many steps of the default run."""
    defaults = RunParameters.of_task("mnist")
    return epsilon_rdp(
        sampling_probability=defaults.sampling_probability,
        noise_multiplier=defaults.noise_multiplier,
        steps=steps,
        delta=defaults.delta,
    ).epsilon


def frames(received: str) -> list[dict[str, Any]]:
    """Return the events of a stream, each with its ``id``."""
    events = []
    for frame in received.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in frame.splitlines() if not line.startswith(":"))
        if "data" in fields:
            events.append({**json.loads(fields["data"]), "id": int(fields["id"])})
    return events


@pytest.mark.skipif(
    not Path(DATA, "mnist.npz").is_file(), reason="needs DPSGD_DATA_DIR to name a folder with mnist.npz"
)
def test_a_killed_mnist_training_is_retried_and_both_attempts_are_charged(tmp_path: Path) -> None:
    with Playground(tmp_path, GUNICORN, pretending=False, DPSGD_DATA_DIR=DATA) as playground:
        run_id = playground.post_run(task="mnist", epochs=EPOCHS)
        address = f"http://127.0.0.1:{playground.port}/api/runs/{run_id}/events"
        with subprocess.Popen(["curl", "-sSN", address], stdout=subprocess.PIPE, text=True) as curl:
            playground.event(run_id, "epoch", number=EPOCHS // 2, seconds=300)
            killed_at = send(playground.trainer(), signal.SIGKILL)
            finished = playground.event(run_id, "finished", seconds=600)
            received, _ = curl.communicate(timeout=20)
        stored = playground.events(run_id)
        document = playground.document(run_id)

    retrying = next(event for event in stored if event["kind"] == "retrying")
    kept(1, "MNIST trainer killed: retrying", limit=1.0, seconds=retrying["at"] - killed_at)
    assert whole_story(stored)
    assert [event["id"] for event in frames(received)] == [event["id"] for event in stored]

    assert (finished["state"], document["state"], document["attempt"]) == ("done", "done", 2)
    (lost,) = document["attempts"]
    told = [
        event["steps"] for event in stored if event["kind"] == "progress" and event["id"] < retrying["id"]
    ]
    steps = RunParameters.of_task("mnist", epochs=EPOCHS).steps
    assert (lost["attempt"], lost["steps"], document["progress"]["steps"]) == (1, max(told), steps)
    assert lost["epsilon"] == pytest.approx(accounted(lost["steps"]), rel=1e-9)
    assert document["epsilon_spent"] == pytest.approx(accounted(steps), rel=1e-9)
    assert document["final_metrics"]["epsilon"] == pytest.approx(accounted(steps), rel=1e-9)
    assert document["epsilon_charged"] == pytest.approx(accounted(steps + lost["steps"]), rel=1e-9)
    assert document["epsilon_charged"] > document["epsilon_spent"] > lost["epsilon"] > 0
    assert len(document["epochs"]) == EPOCHS
    statement = document["privacy"]["statement"]
    assert "started 2 times, and each attempt used the data" in statement
    assert f"ε = {document['epsilon_charged']:.4g}" in statement
    print(
        f"\nlost after {lost['steps']} steps (ε {lost['epsilon']:.4f}); finished {steps} steps: "
        f"ε {document['epsilon_spent']:.4f}, charged {document['epsilon_charged']:.4f}; "
        f"accuracy {document['final_metrics']['accuracy']:.4f}\n{statement}"
    )
