"""Whatever is missing in a run document, the advice answers, agrees with itself and keeps the bounds."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.advice.advice import Advice
from app.advice.assessment import assess
from app.advice.recommendations import MOST, WHOLE_SETTINGS, _without_conflicts, recommend
from app.catalog import OPTIMIZERS, SAMPLINGS, TASKS
from app.parameters import PARAMETERS, RunParameters
from tests.advice.documents import epsilon_of, parameters_of

SEVERITIES = {"error", "warning", "tip"}
LEVELS = {"strong", "good", "weak", "little", "none", "unknown"}
ROW = (
    "accuracy",
    "clipped_fraction",
    "loss",
    "test_loss",
    "epsilon",
    "gradient_norm_median",
    "gradient_norm_p90",
    "signal_norm",
    "noise_norm",
)

fractions = st.none() | st.floats(0, 1)
numbers = st.none() | st.floats(0, 1e6) | st.just(float("nan")) | st.just(float("inf"))
values = st.one_of(numbers, st.text(max_size=3), st.booleans())
rows = st.lists(
    st.none()
    | st.fixed_dictionaries(
        {"epoch": st.integers(0, 60)},
        optional={name: fractions if name in ROW[:2] else numbers for name in ROW},
    ),
    max_size=20,
)
metrics = st.none() | st.dictionaries(st.sampled_from(ROW), values)
# Few distinct values: each new pair of sigma and batch size costs the accountant some 20 ms.
parameters = st.builds(
    parameters_of,
    st.sampled_from(sorted(TASKS)),
    optimizer=st.sampled_from(sorted(OPTIMIZERS)),
    sampling=st.sampled_from(sorted(SAMPLINGS)),
    mode=st.sampled_from(["simulation", "real"]),
    clipping_norm=st.sampled_from([0.05, 0.5, 1.0, 1.5, 4.0, 20.0]),
    noise_multiplier=st.sampled_from([0.0, 0.1, 0.6, 1.1, 4.0]),
    batch_size=st.sampled_from([16, 128, 1024]),
    learning_rate=st.sampled_from([0.001, 0.02, 1.0]),
    epochs=st.sampled_from([1, 15, 60]),
    delta=st.sampled_from([1e-9, 1e-5, 1e-3]),
    privacy_budget=st.sampled_from([0.01, 3.0, 50.0]),
    target_epsilon=st.sampled_from([None, 1.0]),
    seed=st.none() | st.integers(0, 9),
)
maybe_accuracy = st.sampled_from([lambda _: None, lambda run: 0.9 / (1 + run.noise_multiplier)])


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Return a run document in which anything may be missing, null, or not a number."""
    resolved = draw(parameters).to_dict()
    broken = (
        draw(st.dictionaries(st.sampled_from(sorted(resolved)), values, max_size=1))
        if draw(st.booleans())
        else {}
    )
    document = {
        "state": draw(st.sampled_from(["queued", "running", "done", "cancelled", "failed"])),
        "evidence": draw(st.sampled_from(["measured", "simulated", None])),
        "parameters": {**resolved, **broken},
        "epochs": draw(st.none() | rows),
        "final_metrics": draw(metrics),
        "privacy": draw(st.none() | st.dictionaries(st.sampled_from(["epsilon", "epsilon_pld"]), numbers)),
        "per_class_accuracy": draw(st.none() | st.lists(fractions, max_size=11)),
        "baseline": draw(st.none() | st.fixed_dictionaries({}, optional={"final_metrics": metrics})),
    }
    for name in draw(st.sets(st.sampled_from(sorted(document)), max_size=4)):
        del document[name]
    return document


property_test = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@property_test
@given(documents(), maybe_accuracy)
def test_any_partial_document_gets_sound_recommendations(document: dict[str, Any], accuracy_of: Any) -> None:
    entries = recommend(document, epsilon_of=epsilon_of, accuracy_of=accuracy_of)
    assert len(entries) <= MOST
    assert len({entry["id"] for entry in entries}) == len(entries)
    for entry in entries:
        assert entry["severity"] in SEVERITIES
        assert (entry["apply"] is None) == (entry["predicted"] is None)
        assert "None" not in entry["title"] + entry["detail"]
        assert "nan" not in entry["detail"]
        if entry["apply"] is not None:
            _assert_predicted_exactly(document, entry)


@property_test
@given(documents(), maybe_accuracy)
def test_no_two_recommendations_contradict_each_other(document: dict[str, Any], accuracy_of: Any) -> None:
    entries = recommend(document, epsilon_of=epsilon_of, accuracy_of=accuracy_of)
    for name in ("clipping_norm", "noise_multiplier", "batch_size", "learning_rate", "epochs"):
        before = document.get("parameters", {}).get(name)
        moves = {
            entry["apply"][name] > before
            for entry in entries
            if entry["id"] != WHOLE_SETTINGS and entry["apply"] and entry["apply"].get(name, before) != before
        }
        assert len(moves) <= 1


@property_test
@given(documents())
def test_any_partial_document_gets_an_assessment(document: dict[str, Any]) -> None:
    assessment = assess(document)
    assert set(assessment) == {"level", "summary"}
    assert assessment["level"] in LEVELS
    assert assessment["summary"].endswith(".")
    assert "nan" not in assessment["summary"]


def _assert_predicted_exactly(document: dict[str, Any], entry: dict[str, Any]) -> None:
    changed = RunParameters.from_dict({**document["parameters"], **entry["apply"]})
    predicted = entry["predicted"]
    assert entry["apply"] != {}
    assert set(predicted) == {"epsilon", "accuracy", "evidence"}
    assert predicted["epsilon"] == epsilon_of(changed)
    assert (predicted["accuracy"] is None) == (predicted["evidence"] is None)
    for name, value in entry["apply"].items():
        bounds = PARAMETERS.get(name)
        assert bounds is None or value is None or bounds.minimum <= value <= bounds.maximum


def test_advice_behind_the_optimal_settings_contradicts_nothing_before_them() -> None:
    """The optimal settings may ask for a learning rate other than shorter steps do; a third may not."""
    before = RunParameters.of_task("mnist", learning_rate=0.02)

    def advice(id: str, rate: float) -> Advice:
        return Advice(id=id, severity="tip", title="", detail="", apply={"learning_rate": rate})

    found = [advice("diverged", 0.005), advice(WHOLE_SETTINGS, 0.05), advice("scale-learning-rate", 0.1)]
    assert [each.id for each in _without_conflicts(before, found)] == ["diverged", WHOLE_SETTINGS]
