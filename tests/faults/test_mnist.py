"""Real MNIST trainings under two gunicorn workers: killed in the middle, watched by curl; cancelled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.parameters import RunParameters
from app.privacy.accounting import epsilon_rdp
from app.privacy.wording import at_most
from tests.faults.playground import GUNICORN, Playground, send, whole_story
from tests.faults.promises import STRICT, kept

EPOCHS = 15 if STRICT else 3  # 15 is the default
DATA = os.environ.get("DPSGD_DATA_DIR", "")

pytestmark = pytest.mark.skipif(
    not Path(DATA, "mnist.npz").is_file(), reason="needs DPSGD_DATA_DIR to name a folder with mnist.npz"
)


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


@pytest.fixture(scope="module")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """A server that really trains."""
    folder = tmp_path_factory.mktemp("mnist")
    with Playground(folder, GUNICORN, pretending=False, DPSGD_DATA_DIR=DATA) as started:
        yield started


def test_a_killed_mnist_training_is_retried_and_both_attempts_are_charged(playground: Playground) -> None:
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
    assert "started 2 times, and its attempts used the data" in statement
    assert f"ε = {at_most(document['epsilon_charged'])} at" in statement
    print(
        f"\nlost after {lost['steps']} steps (ε {lost['epsilon']:.4f}); finished {steps} steps: "
        f"ε {document['epsilon_spent']:.4f}, charged {document['epsilon_charged']:.4f}; "
        f"accuracy {document['final_metrics']['accuracy']:.4f}\n{statement}"
    )


def test_an_mnist_training_is_cancelled_soon(playground: Playground) -> None:
    run_id = playground.post_run(task="mnist")
    playground.event(run_id, "epoch", seconds=300)
    asked_at = time.time()
    assert playground.ask("POST", f"/api/runs/{run_id}/cancel")[1]["state"] == "cancelled"
    finished = playground.event(run_id, "finished")
    kept(4, "running MNIST training cancelled", limit=0.5, seconds=finished["at"] - asked_at)
    document = playground.document(run_id)
    assert document["epochs"]
    assert document["epsilon_spent"] == pytest.approx(accounted(finished["steps"]), rel=1e-9)
    assert document["epsilon_charged"] == document["epsilon_spent"]
