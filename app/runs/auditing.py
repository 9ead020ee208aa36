"""The job of an audit: the training of a run done again, with canaries and fresh seeds."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from app.parameters import RunParameters
from app.privacy.audit_plan import audit_plan
from app.privacy.audit_statement import trained_again
from app.privacy.guarantee import charged_epsilon
from app.privacy.mechanism import Mechanism
from app.runs.documents.document import Document
from app.runs.store.schema import FINISHED_STATES


class CannotBeAudited(ValueError):
    """The run is an audit itself, or its data are gone; the text says which."""


def audit_job(document: Document, canaries: str) -> tuple[RunParameters, dict[str, Any]]:
    """Return the parameters and the job of an audit of the run with this ``document``.

    ``canaries`` is one of ``app.privacy.audit_plan.CHOICES``. It trains what the run really trained
    (its fallback, if it had to take it), without its seed: whoever knows that seed knows its noise.

    Raises:
        CannotBeAudited: the run is an audit, or trained on a table that is deleted.
    """
    if document["audit"] is not None:
        raise CannotBeAudited("The run is an audit; audit the training that it audited.")
    parameters = replace(RunParameters.from_dict(document["parameters"]), seed=None)
    if parameters.table is not None:
        raise CannotBeAudited("The table that the run trained on has been deleted, so it cannot train again.")
    plan = audit_plan(canaries, noise_multiplier=parameters.noise_multiplier, examples=parameters.train_size)
    return parameters, {
        "kind": "audit",
        "parameters": parameters.to_dict(),
        "fallback": None,
        "notices": _notices(document, parameters, method=plan.method),
        "audit": asdict(plan),
        "audited_run": document["id"],
    }


def _notices(document: Document, parameters: RunParameters, *, method: str) -> list[dict[str, Any]]:
    text = trained_again(epsilon=_epsilon_of_both(document, parameters))
    notices = [{"id": "audit-trains-again", "severity": "warning", "text": text}]
    if method == "mislabelled":
        notices.append(_MISLABELLED)
    return notices


def _epsilon_of_both(document: Document, parameters: RunParameters) -> float | None:
    """Return the ε of whoever sees what the run and its audit have released, None where it is infinite.

    A lost attempt may have trained on other data, before the run fell back to these: for those examples,
    which the audit does not touch, what the run was charged holds; the steps count here all the same.
    """
    both = charged_epsilon(Mechanism.of(parameters))([*_steps_charged(document), parameters.steps])
    charged = document["epsilon_charged"]
    return None if both is None or charged is None else max(both, charged)


def _steps_charged(document: Document) -> list[int]:
    """Return the steps of each attempt of the run, those to come included."""
    progress = document["progress"]
    own = progress["steps"] if document["state"] in FINISHED_STATES else progress["steps_total"]
    return [*(attempt["steps"] for attempt in document["attempts"]), own]


_MISLABELLED = {
    "id": "audit-mislabelled",
    "severity": "info",
    "text": "Canaries with wrong labels spoil what the model learns: its accuracy is a few points lower than "
    "that of the run audited, and tells nothing about it.",
}
