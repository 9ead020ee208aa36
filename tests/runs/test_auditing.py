"""The job of an audit, and the document that is folded from what it tells."""

from __future__ import annotations

import threading
from dataclasses import replace
from unittest.mock import Mock

import pytest

from app.catalog import TableInfo
from app.events import Audited, Event, Fallback, Finished, Progress, Retrying
from app.parameters import RunParameters
from app.privacy.wording import at_most
from app.runs.auditing import CannotBeAudited, audit_job
from app.runs.documents.document import Document, Measurements, epsilon_at, run_document, simulated_document
from app.runs.execution.keeper import Keeper, Limits
from app.runs.store.records import Claim
from app.runs.timing import _work_and_seconds
from app.schemas.documents import Run

MEMBERSHIP = {
    "auc": 0.6,
    "auc_interval": (0.55, 0.65),
    "advantage": 0.2,
    "tpr_at_1pct_fpr": 0.02,
    "tpr_interval": (0.01, 0.04),
    "roc": [{"fpr": 0.0, "tpr": 0.0}, {"fpr": 1.0, "tpr": 1.0}],
}
AUDITED = Audited(
    method="dirac",
    canaries=718,
    guesses=144,
    correct=100,
    confidence=0.95,
    epsilon_lower_bound=0.4,
    epsilon_upper_bound=1.5,
    membership=MEMBERSHIP,
)
PLAN = {"run_id": "audited", "method": "dirac", "canaries": 718}


def document_of(parameters: RunParameters, *events: Event, state: str = "done", audit=None) -> Document:
    measurements = Measurements(parameters, audit=audit)
    for event in events:
        measurements.add(event)
    return run_document(measurements, run_id="r", state=state, evidence="measured", wait_for_pld=False)


def test_an_audit_trains_what_the_run_trained_but_not_with_its_seed(parameters: RunParameters) -> None:
    document = document_of(replace(parameters, seed=7, baseline=True))
    audited, job = audit_job(document, "auto")
    assert audited == replace(parameters, seed=None, baseline=True)
    assert job["parameters"] == audited.to_dict()
    assert (job["kind"], job["fallback"], job["audited_run"]) == ("audit", None, document["id"])
    assert job["audit"] == {"method": "dirac", "canaries": min(1000, parameters.train_size // 2)}


def test_without_noise_the_canaries_are_mislabelled_and_that_is_said(parameters: RunParameters) -> None:
    _, job = audit_job(document_of(replace(parameters, noise_multiplier=0.0)), "auto")
    assert job["audit"]["method"] == "mislabelled"
    assert [notice["id"] for notice in job["notices"]] == ["audit-trains-again", "audit-mislabelled"]
    assert "without bound" in job["notices"][0]["text"]


@pytest.mark.parametrize(("state", "counted"), [("done", 5 + 12), ("running", 23 + 12)])
def test_the_notice_charges_all_attempts_of_the_run_and_the_audit(
    parameters: RunParameters, state: str, counted: int
) -> None:
    document = document_of(
        parameters,
        Progress(steps=12, steps_total=23, epsilon=0.1),
        Retrying(attempt=1, why="it died"),
        Progress(steps=5, steps_total=23, epsilon=0.1),
        state=state,
    )
    _, job = audit_job(document, "dirac")
    both = epsilon_at(parameters)(counted + parameters.steps)
    assert parameters.steps == 23
    assert both is not None
    assert f"ε = {at_most(both)}" in job["notices"][0]["text"]


def test_the_notice_holds_for_the_data_of_an_attempt_that_was_lost_before_the_fallback(
    parameters: RunParameters,
) -> None:
    """The steps on mnist count there, with its larger ε, and not as so many steps on the fallback's data."""
    mnist = RunParameters.of_task("mnist", noise_multiplier=0.5)
    document = document_of(
        mnist,
        Progress(steps=3_000, steps_total=mnist.steps, epsilon=None),
        Retrying(attempt=1, why="it died"),
        Fallback(parameters=replace(parameters, noise_multiplier=8.0).to_dict(), reason="no data"),
        Progress(steps=23, steps_total=23, epsilon=0.1),
    )
    on_mnist = epsilon_at(mnist)(3_000)
    assert on_mnist == document["epsilon_charged"]
    _, job = audit_job(document, "dirac")
    assert f"ε = {at_most(on_mnist)}" in job["notices"][0]["text"]


def test_an_audit_is_not_audited(parameters: RunParameters) -> None:
    with pytest.raises(CannotBeAudited):
        audit_job(document_of(parameters, audit=PLAN), "auto")


def test_a_run_on_a_table_that_is_deleted_is_not_audited(parameters: RunParameters) -> None:
    info = TableInfo(train_examples=400, test_examples=100, inputs=2, class_names=("no", "yes"))
    own = replace(parameters, dataset="table", model="logistic", table=info, train_size=400)
    with pytest.raises(CannotBeAudited, match="deleted"):
        audit_job(document_of(own), "auto")


def test_a_training_has_no_audit_and_nor_has_a_simulation(parameters: RunParameters) -> None:
    assert document_of(parameters)["audit"] is None
    assert simulated_document(RunParameters.of_task("mnist", mode="simulation", seed=1))["audit"] is None


def test_an_audit_that_goes_on_tells_its_plan_and_what_is_guaranteed(parameters: RunParameters) -> None:
    document = document_of(parameters, state="running", audit=PLAN)
    told = document["audit"]
    assert {name: told[name] for name in PLAN} == PLAN
    assert told["epsilon_upper_bound"] == epsilon_at(parameters)(parameters.steps)
    assert told["epsilon_lower_bound"] is told["membership"] is told["statement"] is None
    Run.model_validate(document | {"final_metrics": None})


def test_a_finished_audit_tells_what_it_found_in_the_documented_shape(parameters: RunParameters) -> None:
    finished = Finished(state="done", steps=23, training_seconds=1.0)
    document = document_of(parameters, AUDITED, finished, audit=PLAN)
    assert document["audit"].items() >= {**vars(AUDITED)}.items()
    assert "at least ε = 0.40" in document["audit"]["statement"]
    assert document["recommendations"] == []
    listed = {**MEMBERSHIP, "auc_interval": [0.55, 0.65], "tpr_interval": [0.01, 0.04]}
    Run.model_validate(document | {"audit": {**document["audit"], "membership": listed}})


def test_a_lost_attempt_s_verdict_is_forgotten(parameters: RunParameters) -> None:
    document = document_of(
        parameters, AUDITED, Retrying(attempt=1, why="it died"), state="queued", audit=PLAN
    )
    assert document["audit"]["epsilon_lower_bound"] is None


def test_the_keeper_hands_the_plan_to_the_training_process(parameters: RunParameters) -> None:
    _, job = audit_job(document_of(parameters), "auto")
    site = {"data_directory": None, "offline": True}
    keeper = Keeper(lifecycle=Mock(), process=Mock(), site=site, limits=Limits(), closing=threading.Event())
    sent = keeper._job(Claim(run_id="r", owner="o", attempt=1, job=job, earlier=[]))
    assert sent == {
        "parameters": job["parameters"],
        "fallback": None,
        "audit": job["audit"],
        "earlier": [],
        **site,
    }


def test_the_speed_is_not_measured_by_audits(parameters: RunParameters) -> None:
    body = {"kind": "finished", "state": "done", "steps": 23, "training_seconds": 1.0, "error": None}
    _, job = audit_job(document_of(parameters), "auto")
    assert _work_and_seconds(job, body) is None
    assert _work_and_seconds({**job, "kind": "training"}, body) is not None
