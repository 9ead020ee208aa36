"""POST /api/privacy: what a mechanism guarantees, and which mechanism gives a wanted guarantee."""

from __future__ import annotations

from flask import Blueprint, Response

from app.privacy.mechanism import Mechanism
from app.privacy.statement import privacy_report
from app.privacy.trade_off import trade_off
from app.routes.exchange import answer, read_body
from app.routes.limits import count_question
from app.schemas.requests import CalibrateRequest, PrivacyRequest, given
from app.schemas.resolution import complete, solved

blueprint = Blueprint("privacy", __name__, url_prefix="/api/privacy")


@blueprint.post("")
def privacy() -> Response:
    """Answer with ε by three accountants, its curve, the statement and the attack bounds."""
    asked = read_body(PrivacyRequest)
    count_question()
    mechanism = Mechanism.of(complete(given(asked)))
    report = privacy_report(mechanism, wait_for_pld=True)
    return answer(report | {"trade_off": trade_off(mechanism, wait=False)})


@blueprint.post("/calibrate")
def calibrate() -> Response:
    """Answer with the noise multiplier, or the epochs, that spend the target ε."""
    values = given(read_body(CalibrateRequest))
    count_question()
    solved_for, parameters = solved(values)
    return answer(
        {
            "target_epsilon": values["target_epsilon"],
            "solved_for": solved_for,
            "noise_multiplier": parameters.noise_multiplier,
            "epochs": parameters.epochs,
            "privacy": privacy_report(Mechanism.of(parameters), wait_for_pld=True),
        }
    )
