"""schemathesis asks a real server whatever its OpenAPI document allows, and what it does not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.playground import GUNICORN, Playground

EXAMPLES = int(os.environ.get("DPSGD_FUZZ_EXAMPLES", "5"))  # of each operation; `make fuzz` asks for more
LEAST_CASES = int(os.environ.get("DPSGD_FUZZ_CASES", "500"))
SEED = os.environ.get("DPSGD_FUZZ_SEED", "1")
SHORT = {
    "DPSGD_COST_SECONDS": "200",  # what ends a run here is the time limit, on slow machines too
    "DPSGD_SWEEP_SECONDS": "20",  # those that are made are not to take the trainer for long
    "DPSGD_RUN_SECONDS": "2",
    "DPSGD_STREAM_SECONDS": "1",
    "DPSGD_WAIT_SECONDS": "1",
}
SCHEMATHESIS = (sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()")


@pytest.fixture(scope="module")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """A server that really trains."""
    folder = tmp_path_factory.mktemp("fuzz")
    with Playground(folder, GUNICORN, pretending=False, **SHORT) as started:
        yield started


def runs_of_every_kind(playground: Playground) -> list[str]:
    """Return the ids of a finished run, a failed one, a cancelled one, one that trains and one that waits."""
    finished = playground.post_run(epochs=2, baseline=True)
    failed = playground.post_run(epochs=60, batch_size=16, baseline=True)  # at the time limit
    cancelled = playground.post_run(epochs=3)
    playground.ask("POST", f"/api/runs/{cancelled}/cancel")
    playground.event(finished, "finished", seconds=60)
    playground.event(failed, "finished", seconds=60)
    going = [playground.post_run(epochs=20) for _ in range(2)]
    return [finished, failed, cancelled, *going]


def sweeps_of_two_kinds(playground: Playground) -> list[str]:
    """Return the ids of a sweep that goes on and of one that was cancelled."""
    grid = {"mode": "real", "task": "digits", "parameter": "noise_multiplier", "values": [1, 2], "seeds": [1]}
    ids = [playground.ask("POST", "/api/sweeps", grid)[1]["id"] for _ in range(2)]
    playground.ask("POST", f"/api/sweeps/{ids[1]}/cancel")
    return ids


def test_no_answer_departs_from_the_openapi_document(playground: Playground, tmp_path: Path) -> None:
    runs = runs_of_every_kind(playground)
    own = Path(__file__).with_name("schemathesis.toml").read_text(encoding="utf-8")
    configuration = tmp_path / "schemathesis.toml"
    known = {"runs": runs, "sweeps": sweeps_of_two_kinds(playground)}
    lists = "".join(f"\n[dictionaries.{name}]\nvalues = {json.dumps(ids)}\n" for name, ids in known.items())
    configuration.write_text(f"{own}{lists}")
    address = f"http://127.0.0.1:{playground.port}/api/openapi.json"
    fuzzing = subprocess.run(
        [
            *SCHEMATHESIS,
            *("--config-file", str(configuration), "run", address, "--checks", "all"),
            *("--max-examples", str(EXAMPLES), "--seed", SEED),
            *("--continue-on-failure", "--generation-database", "none", "--request-timeout", "30"),
            *("--no-color", "--output-sanitize", "false"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    print(fuzzing.stdout[fuzzing.stdout.find("= SUMMARY") :])
    assert fuzzing.returncode == 0, f"{fuzzing.stdout}\n{fuzzing.stderr}"
    cases = re.search(r"(\d+) generated", fuzzing.stdout)
    assert cases is not None
    assert int(cases[1]) >= LEAST_CASES
    log = playground.log()
    assert "Traceback" not in log, log[log.find("Traceback") - 2000 :][:8000]
