"""static/data/measured_audit.json: the audits that are shipped are real, whole and of today's settings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.parameters import RunParameters
from app.privacy.audit_plan import CONFIDENCE, audit_plan
from app.privacy.audit_statement import audit_statement
from app.privacy.guarantee import guaranteed_epsilon
from app.privacy.mechanism import Mechanism
from app.privacy.one_run_audit import epsilon_lower_bound
from app.privacy.trade_off import trade_off
from app.schemas.documents import Audit
from benchmarks.shipped_audit import AUDITS, SHIPPED

MOST_BYTES = 40_000
CONTENT: dict[str, Any] = json.loads(SHIPPED.read_text("utf-8"))

each_audit = pytest.mark.parametrize("name", AUDITS)


def test_the_audits_are_small_and_say_what_measured_them() -> None:
    assert SHIPPED.stat().st_size < MOST_BYTES
    assert set(CONTENT["audits"]) == set(AUDITS)
    for fact in ("script", "engine", "python", "tensorflow", "dp_accounting", "cores", "date"):
        assert CONTENT["provenance"][fact], fact
    assert "shipped_audit" in CONTENT["provenance"]["script"]


@each_audit
def test_a_shipped_audit_belongs_to_todays_settings_and_to_no_seed(name: str) -> None:
    document, (settings, canaries) = CONTENT["audits"][name], AUDITS[name]
    expected = RunParameters.of_task(settings["task"], **{k: v for k, v in settings.items() if k != "task"})
    assert document["parameters"] == expected.to_dict()
    plan = audit_plan(canaries, noise_multiplier=expected.noise_multiplier, examples=expected.train_size)
    assert (document["audit"]["method"], document["audit"]["canaries"]) == (plan.method, plan.canaries)
    assert (document["state"], document["evidence"], document["parameters"]["seed"]) == (
        "done",
        "measured",
        None,
    )


@each_audit
def test_the_bounds_of_a_shipped_audit_are_those_of_its_guesses(name: str) -> None:
    document = CONTENT["audits"][name]
    audit = document["audit"]
    Audit.model_validate(audit)
    for found in filter(None, (audit, audit["baseline"])):
        bound = epsilon_lower_bound(
            canaries=audit["canaries"],
            guesses=found["guesses"],
            correct=found["correct"],
            delta=document["parameters"]["delta"],
            confidence=CONFIDENCE,
        )
        assert found["epsilon_lower_bound"] == pytest.approx(bound, rel=1e-9)
        roc = [(point["fpr"], point["tpr"]) for point in found["membership"]["roc"]]
        assert roc == sorted(roc)
        assert (roc[0], roc[-1]) == ((0.0, 0.0), (1.0, 1.0))


@each_audit
def test_the_limits_of_a_shipped_audit_are_the_accountants(name: str) -> None:
    document = CONTENT["audits"][name]
    mechanism = Mechanism.of(RunParameters.from_dict(document["parameters"]))
    epsilon = guaranteed_epsilon(mechanism)(mechanism.steps)
    for said in (document["audit"]["epsilon_upper_bound"], document["limits"]["epsilon"]):
        assert said == (epsilon and pytest.approx(epsilon, rel=1e-9))
    today = trade_off(mechanism, wait=True)
    told = document["limits"]["trade_off"]
    assert (told is None) == (today is None)
    for point, now in zip(told or [], today or [], strict=True):
        assert point["fpr"] == now["fpr"]
        assert point["tpr"] == pytest.approx(now["tpr"], rel=1e-4, abs=1e-9)


@each_audit
def test_the_statement_of_a_shipped_audit_is_todays(name: str) -> None:
    audit = CONTENT["audits"][name]["audit"]
    stated = (
        "method",
        "canaries",
        "guesses",
        "correct",
        "confidence",
        "epsilon_lower_bound",
        "epsilon_upper_bound",
    )
    assert audit["statement"] == audit_statement(**{field: audit[field] for field in stated})


def test_the_pair_teaches_its_lesson() -> None:
    private, unprotected = (CONTENT["audits"][name]["audit"] for name in AUDITS)
    assert private["epsilon_lower_bound"] < private["epsilon_upper_bound"]
    assert private["baseline"]["epsilon_lower_bound"] > 2 * private["epsilon_lower_bound"]
    assert unprotected["epsilon_lower_bound"] > 1
    assert unprotected["membership"]["auc"] > 0.7
