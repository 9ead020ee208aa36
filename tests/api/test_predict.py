"""POST /api/runs/<id>/predict: what the kept models make of a picture, and when none is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from app.events import Finished
from app.inference.archive import packed
from app.runs.predictions import RUNS_KEPT
from app.schemas.answers import Prediction
from tests.api.served import Served

NOWHERE = "0" * 24
BLANK = [[0.0] * 8 for _ in range(8)]
DIGITS = {"mode": "real", "task": "digits", "model": "logistic", "epochs": 1}


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    return serve()


def saying(label: int) -> bytes:
    """Return a logistic model of digits that answers ``label`` to a blank picture, and 9 to a full one."""
    kernel = np.zeros((64, 10))
    kernel[:, 9] = 1.0
    return packed([kernel, 2.0 * np.eye(10)[label]])


def trained(served: Served, *, state: str = "done", weights: Any = None, **more: Any) -> str:
    run_id = str(served.post(body={**DIGITS, **more}).json["id"])
    claim = served.service.lifecycle.claim()
    assert claim is not None
    finished = Finished(state=state, steps=12, training_seconds=0.5)
    kept = {"private": saying(3)} if weights is None else weights
    served.service.lifecycle.finish(run_id, claim.owner, [], finished, weights=kept)
    return run_id


def ask(served: Served, run_id: str, image: Any = BLANK, **headers: str) -> Any:
    return served.post(f"/api/runs/{run_id}/predict", {"image": image}, **headers)


def test_both_models_answer(served):
    run_id = trained(served, weights={"private": saying(3), "baseline": saying(7)})
    response = ask(served, run_id)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    found = response.json
    Prediction.model_validate(found)
    assert (found["run_id"], found["dataset"]) == (run_id, "digits")
    assert found["class_names"] == list("0123456789")
    assert (found["private"]["label"], found["baseline"]["label"]) == ("3", "7")
    share = np.exp(2) / (np.exp(2) + 9)
    assert found["private"]["probabilities"][3] == pytest.approx(share, abs=1e-6)
    assert sum(found["baseline"]["probabilities"]) == pytest.approx(1, abs=1e-6)


def test_the_picture_counts(served):
    run_id = trained(served)
    assert ask(served, run_id, [[1] * 8] * 8).json["private"]["label"] == "9"
    assert ask(served, run_id, [[0.01] * 8] * 8).json["private"]["label"] == "3"


def test_without_a_baseline_there_is_none(served):
    assert ask(served, trained(served)).json["baseline"] is None


def test_models_are_kept_in_memory_for_some_runs_and_found_again_for_all(served):
    made = [trained(served, weights={"private": saying(run % 9)}) for run in range(RUNS_KEPT + 2)]
    labels = [ask(served, run_id).json["private"]["label"] for run_id in [*made, *made]]
    assert labels == 2 * [str(run % 9) for run in range(RUNS_KEPT + 2)]


def test_a_run_that_is_deleted_answers_no_more(served, expect_problem):
    run_id = trained(served)
    assert ask(served, run_id).status_code == 200
    served.service.lifecycle.retire(ended_before=1e12)
    expect_problem(ask(served, run_id), 404)


def test_an_unknown_run_is_not_found(served, expect_problem):
    expect_problem(ask(served, NOWHERE), 404)


def none_kept(served: Served) -> str:
    return trained(served, weights={})


def waiting(served: Served) -> str:
    return str(served.post(body=DIGITS).json["id"])


def cancelled(served: Served) -> str:
    return trained(served, state="cancelled")


def xor(served: Served) -> str:
    return trained(served, task="xor", model="toy_mlp")


def audit(served: Served) -> str:
    return str(served.post(f"/api/runs/{trained(served)}/audit", {}).json["id"])


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (none_kept, "are not kept here"),
        (waiting, "has not finished"),
        (cancelled, "broke off"),
        (xor, "no images"),
        (audit, "An audit's models are not kept"),
    ],
)
def test_a_run_without_a_model_says_why(served, expect_problem, make, why):
    assert why in expect_problem(ask(served, make(served)), 409)["detail"]


def changed(row: int, column: int, value: Any) -> list[list[Any]]:
    image: list[list[Any]] = [list(line) for line in BLANK]
    image[row][column] = value
    return image


@pytest.mark.parametrize(
    "image",
    [
        None,
        "picture",
        [],
        [[]],
        [0.0] * 64,
        BLANK[:7],
        [*BLANK, BLANK[0]],
        [*BLANK[:7], [0.0] * 7],
        [[0.0] * 28] * 28,
        [[0.0] * 8] * 100,
        changed(0, 0, 1.0001),
        changed(7, 7, -0.0001),
        changed(3, 3, "0.5"),
        changed(3, 3, True),
        changed(3, 3, None),
        changed(3, 3, [0.5]),
    ],
    ids=lambda image: str(image)[:30],
)
def test_what_is_no_picture_of_the_run_s_size_is_refused(served, expect_problem, image):
    expect_problem(ask(served, trained(served), image), 422, fields={"image"})


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_what_is_no_number_is_refused(served, expect_problem, number):
    text = f'{{"image": [[{number}]]}}'
    path = f"/api/runs/{trained(served)}/predict"
    expect_problem(served.client.post(path, data=text, content_type="application/json"), 400)


@pytest.mark.parametrize(("body", "field"), [({}, "image"), ({"image": BLANK, "keep": True}, "keep")])
def test_the_picture_and_nothing_else_is_taken(served, expect_problem, body, field):
    expect_problem(served.post(f"/api/runs/{NOWHERE}/predict", body), 422, fields={field})


def test_a_full_picture_of_mnist_fits_the_limit_of_a_body(served, expect_problem):
    expect_problem(ask(served, NOWHERE, [[0.1234] * 28] * 28), 404)
    expect_problem(ask(served, NOWHERE, [[0.1234] * 2800] * 28), 413)


def test_answers_count_as_questions(serve, expect_problem):
    served = serve(simulations_per_minute=2, limits="on")
    for _ in range(2):
        expect_problem(ask(served, NOWHERE), 404)
    refused = ask(served, NOWHERE)
    expect_problem(refused, 429)
    assert "Retry-After" in refused.headers
