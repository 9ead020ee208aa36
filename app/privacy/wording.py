"""The sentences of a privacy statement: what is guaranteed, under what, and what is not."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Context

from app.privacy.accounting import RdpEpsilon
from app.privacy.interpretation import NO_PROTECTION_EPSILON
from app.privacy.mechanism import Mechanism
from app.privacy.pld import SMALLEST_SIGMA, PldResult

INFINITE_REASON = "without noise epsilon is infinite: nothing is guaranteed"
NEIGHBOURING = {
    "poisson": "add or remove one example",
    "shuffle": "blank one example: it keeps its place, but its gradient is zero",
}
UNIT = "one example"
UNIT_OF_A_TABLE = "one row"
PUBLIC = (
    "the number of examples N",
    "the batch size B",
    "the number of steps T",
    "the noise multiplier and the clipping norm",
    "the model, the optimizer and the test set",
)
SAMPLING_DONE = {
    "poisson": "Poisson: each example joins each step independently with probability B/N",
    "shuffle": "shuffled fixed-size batches: each example is used at most once per pass",
}
SHUFFLE_EXPLANATION = (
    "The Poisson number is not valid for this run: shuffled batches can give away several times as much. "
    "The worst case treats each pass as one unhidden use of the example (a Gaussian shift of "
    "mu = sqrt(passes) / noise multiplier, neighbours differing in one blanked example) and is a guarantee; "
    "the lower bound is what gradients made to tell most give away, by the largest noisy batch of each pass "
    "(Chua et al. 2024): an analysis that allows arbitrary gradients cannot prove less. "
    "The smallest epsilon that such an analysis can prove lies between the two."
)
_LIMITS = (
    "It covers every checkpoint of the private training and everything computed from them. "
    "It does not cover choosing hyper-parameters on the same data, a baseline trained without privacy, or "
    "the live loss and gradient-norm curves, which are exact statistics of the training data; nor does it "
    "protect the test examples on which the live accuracy is measured. "
    "It holds while nobody knows the seeds of sampling and noise, and up to the rounding of 32-bit "
    "floating point. "
    "The noise is drawn by TensorFlow's counter-based Philox generator, which is not a cryptographic one."
)


ROWS_OF_A_PERSON = (
    "An example is one row of the table, so one row is what is protected. A person who owns several rows is "
    "protected less: for k rows only k times this ε is guaranteed, at a δ that grows faster still (group "
    "privacy). One row for each person is safest."
)
_LEFT_OUT_OF_A_TABLE = (
    "Not covered: the fifth of the rows set aside for the test, on which accuracy is measured exactly; the "
    "number of rows, the names and whatever was declared of the columns count as public."
)


def of_a_table(statement: str) -> str:
    """Return ``statement`` with what it means where the examples are rows of a person's own table."""
    return f"{statement} {ROWS_OF_A_PERSON} {_LEFT_OUT_OF_A_TABLE}"


def warnings_for(mechanism: Mechanism, *, epsilon: float | None, rdp: RdpEpsilon) -> list[str]:
    """Return what a person should know before relying on the headline ``epsilon``; may be empty.

    ``rdp`` is the Poisson figure, which is the headline unless batches are shuffled.
    """
    found = _parameter_warnings(mechanism)
    if epsilon is not None and epsilon > NO_PROTECTION_EPSILON:
        found.append(f"ε {epsilon:.4g} is above {NO_PROTECTION_EPSILON:g}: that is no protection.")
    if rdp.at_edge and mechanism.sampling == "poisson":
        found.append(
            f"The best Rényi order, {rdp.order:g}, is at the edge of the list: ε is valid but may be loose."
        )
    return found


def _parameter_warnings(mechanism: Mechanism) -> list[str]:
    found = []
    if mechanism.delta >= 1 / mechanism.examples:
        found.append(
            f"δ {power_of_ten(mechanism.delta)} is not below 1/N = {1 / mechanism.examples:.3g}: "
            "it would allow giving away one example's data outright."
        )
    if mechanism.noise_multiplier == 0:
        found.append("The noise multiplier is 0: this is training without privacy.")
    elif mechanism.noise_multiplier < SMALLEST_SIGMA:
        found.append(f"A noise multiplier below {SMALLEST_SIGMA:g} gives no meaningful privacy.")
    if mechanism.sampling == "shuffle":
        found.append("Batches are shuffled, not Poisson-sampled: the Poisson ε is not valid for this run.")
    return found


def poisson_statement(
    mechanism: Mechanism, *, steps: int, done: bool, rdp: RdpEpsilon, pld: PldResult
) -> str:
    """Return the paragraph for a run whose batches are Poisson-sampled; ``done``: it has really run."""
    if steps == 0:
        return "No step was taken, so nothing about the training data has been given away (ε = 0)."
    if math.isinf(rdp.epsilon):
        return f"Training without noise gives no differential privacy: ε is infinite after {_steps(steps)}."
    tighter = ""
    if pld.epsilon is not None:
        tighter = f"; the tightest known bound, by privacy loss distributions, is ε = {at_most(pld.epsilon)}"
    return (
        f"{_guarantee(rdp.epsilon, mechanism.delta, done)} by Rényi accounting{tighter}. "
        f"{_verdict(rdp.epsilon)}{_setting(mechanism, steps, done)} "
        f"{_replace_one(pld.replace_one_epsilon)}{_LIMITS}"
    )


def shuffle_statement(
    mechanism: Mechanism,
    *,
    steps: int,
    done: bool,
    worst_case: float,
    replace_one: float | None,
    lower_bound: float | None,
) -> str:
    """Return the paragraph for a run whose batches are shuffled; ``worst_case`` may be infinite."""
    if steps == 0:
        return "No step was taken, so nothing about the training data has been given away (ε = 0)."
    if math.isinf(worst_case):
        return f"Training without noise gives no differential privacy: ε is infinite after {_steps(steps)}."
    proved = ""
    if lower_bound:
        proved = f"; no analysis that allows arbitrary gradients can prove less than {at_least(lower_bound)}"
    return (
        f"{_guarantee(worst_case, mechanism.delta, done)} by the once-per-epoch worst case{proved}. "
        f"{_verdict(worst_case)}Its batches "
        f"{'were' if done else 'are'} shuffled, so the smaller Poisson figure does not apply. The unit of "
        f"privacy is one example, blanked or not; N, B and the number of steps ({steps:,}) are public. "
        f"{_replace_one(replace_one)}{_LIMITS}"
    )


def _guarantee(epsilon: float, delta: float, done: bool) -> str:
    # A plan or a simulation has touched no data, so it is no training that could satisfy anything.
    subject = "This training" if done else "A real training with these settings"
    return f"{subject} satisfies (ε = {at_most(epsilon)}, δ = {power_of_ten(delta)})-differential privacy"


def _setting(mechanism: Mechanism, steps: int, done: bool) -> str:
    each = "the only step" if steps == 1 else f"each of {steps:,} steps"
    draw, add = ("drew", "added") if done else ("draws", "adds")
    return (
        f"Neighbouring datasets differ by adding or removing one example, the unit of privacy; {each} {draw} "
        f"every one of {mechanism.examples:,} examples independently with "
        f"probability q = {mechanism.sampling_probability:.4g} and {add} Gaussian noise of "
        f"{mechanism.noise_multiplier:g} clipping norms to the sum of clipped gradients; "
        f"N, B and the number of steps are public."
    )


def _replace_one(epsilon: float | None) -> str:
    if epsilon is None:
        return "For replacing one example ε is larger, up to about twice. "
    return f"For replacing one example ε = {at_most(epsilon)}. "


def _verdict(epsilon: float) -> str:
    return "An ε this large is no protection. " if epsilon > NO_PROTECTION_EPSILON else ""


def stopped_at_budget(*, steps: int, planned: int, budget: float) -> str:
    """Return why a run ended after ``steps`` of ``planned`` steps."""
    return (
        f"Stopped after {steps:,} of {planned:,} steps: one more would exceed the privacy budget "
        f"ε = {budget:g}."
    )


def budget_too_small(budget: float, *, step: str = "One step alone") -> str:
    """Return why a run cannot take the first ``step``, and the cure."""
    return f"{step} would exceed the privacy budget ε = {budget:g}: raise the noise multiplier or the budget."


def power_of_ten(delta: float) -> str:
    """Return δ as a person writes it.

    >>> power_of_ten(1e-5), power_of_ten(2.5e-4)
    ('1e-5', '2.5e-4')
    """
    mantissa, exponent = f"{delta:.1e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def at_most(epsilon: float) -> str:
    """Return ``epsilon`` with four digits, rounded up, since an upper bound must stay one; "∞" for infinity.

    >>> at_most(1.27901), at_most(math.inf)
    ('1.280', '∞')
    """
    if math.isinf(epsilon):
        return "∞"
    return _four_digits(epsilon, ROUND_CEILING)


def at_least(epsilon: float) -> str:
    """Return ``epsilon`` with four digits, rounded down: a lower bound must stay one."""
    return _four_digits(epsilon, ROUND_FLOOR)


def _four_digits(value: float, rounding: str) -> str:
    return f"{Context(prec=4, rounding=rounding).create_decimal(value):f}"


def _steps(steps: int) -> str:
    return "1 step" if steps == 1 else f"{steps:,} steps"
