"""A run past its time limit fails by that name, soon."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import trainer
from tests.faults.playground import RUN_PY, Playground, whole_story
from tests.faults.promises import kept

LIMIT = 2.0


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """A server whose runs may take two seconds."""
    folder = tmp_path_factory.mktemp("hurried")
    with Playground(folder, RUN_PY, DPSGD_RUN_SECONDS=str(int(LIMIT))) as started:
        yield started


@pytest.mark.parametrize(
    ("behaviour", "parameters", "limit"),
    [("obedient", {}, 1.0), ("stuck", {"seed": trainer.DEAF}, 3.0)],
)
def test_a_run_past_its_time_limit_fails(
    hurried: Playground, behaviour: str, parameters: dict[str, int], limit: float
) -> None:
    run_id = hurried.post_run(epochs=60, **parameters)
    started, finished = hurried.event(run_id, "started"), hurried.event(run_id, "finished")
    late = finished["at"] - started["at"] - LIMIT
    kept(3, f"past the deadline, {behaviour}: failed", limit=limit, seconds=late)
    assert late > 0
    document = hurried.document(run_id)
    assert (document["state"], document["error"]["kind"]) == ("failed", "time_limit")
    assert "time limit of 2 s" in document["error"]["message"]
    assert document["epochs"]
    assert document["epsilon_spent"] > 0
    assert whole_story(hurried.events(run_id))
