"""Is each setting where it works best? Clipping norm, batch size, learning rate, length of training."""

from __future__ import annotations

from collections.abc import Iterator

from app.advice.advice import Advice, band_of, two_digits, within_bounds
from app.advice.case import Case
from app.advice.rules.guarantee import epochs_within
from app.advice.rules.optimisation import is_far_from_learnt, is_travel_short
from app.advice.wording import epsilon_text, number, percent, points
from app.parameters import default_of

MOSTLY_CLIPPED = 0.9
HARDLY_CLIPPED = 0.05
FLAT_GAIN = 0.003
FALLING = 0.01


def clipping(case: Case) -> Iterator[Advice]:
    """Advise one move of C at most: up if nearly all is clipped, down if hardly any is, else to the band.

    C does not change ε: the noise is σ·C. Upwards it goes no further than the
    band's top, where more noise would cost what the longer gradients gain.
    """
    shares = [epoch.clipped_fraction for epoch in case.epochs if epoch.clipped_fraction is not None]
    norm, (low, high) = case.parameters.clipping_norm, band_of("clipping_norm")
    if len(shares) >= 2 and min(shares[-2:]) > MOSTLY_CLIPPED and norm < high:
        yield from _raise_clipping(case, min(shares[-2:]))
    elif shares and shares[-1] < HARDLY_CLIPPED:
        yield from _lower_clipping(case, shares[-1])
    elif norm > high or (norm < low and (not shares or shares[-1] > 0.75)):
        yield _clipping_to_band(case, high if norm > high else low)


def _median_norm(case: Case) -> float | None:
    median = case.last.gradient_norm_median if case.last else None
    return median if median and median > 0 else None


def _raise_clipping(case: Case, share: float) -> Iterator[Advice]:
    norm, median = case.parameters.clipping_norm, _median_norm(case)
    if median is None or median <= norm:
        return
    target = min(band_of("clipping_norm")[1], 2 * norm, two_digits(median))
    if target > norm:
        yield Advice(
            id="raise-clipping",
            severity="tip",
            title=f"Nearly every gradient is clipped: raise C to {number(target)}",
            detail=(
                f"At least {percent(share)} of the gradients were clipped in each of the last two epochs; "
                f"their median norm is {number(median)}, C is {number(norm)}. C {number(target)} moves "
                "further in each step; ε does not change."
            ),
            apply={"clipping_norm": target},
        )


def _lower_clipping(case: Case, share: float) -> Iterator[Advice]:
    norm = case.parameters.clipping_norm
    longest = case.last.gradient_norm_p90 if case.last else None
    # Examples that are learnt have tiny gradients: not below half of C at once.
    target = within_bounds("clipping_norm", two_digits(max(norm / 2, min(longest or 0.0, norm))))
    if target < norm:
        yield Advice(
            id="lower-clipping",
            severity="tip",
            title=f"Hardly any gradient is clipped: lower C to {number(target)}",
            detail=(
                f"Only {percent(share)} of the gradients are longer than C {number(norm)}: the noise σ·C is "
                f"larger than it has to be. C {number(target)} has {number(norm / target)} times less noise; "
                "ε does not change."
            ),
            apply={"clipping_norm": target},
        )


def _clipping_to_band(case: Case, target: float) -> Advice:
    norm = case.parameters.clipping_norm
    reason = "the noise σ·C grows with it" if norm > target else "each example can say very little"
    return Advice(
        id="clipping-band",
        severity="tip",
        title=f"Clipping norm outside the recommended band: try C {number(target)}",
        detail=f"At C {number(norm)} {reason}; 1 to 2 is recommended. ε does not change.",
        apply={"clipping_norm": target},
    )


def batch_size(case: Case) -> Iterator[Advice]:
    """Advise a batch of 128 at least, and a longer step where a big batch leaves only few of them."""
    batch, smallest = case.parameters.batch_size, int(band_of("batch_size")[0])
    usual = int(default_of("batch_size", case.parameters.task) or smallest)
    if batch < smallest <= case.parameters.train_size and case.epsilon is not None:
        yield _bigger_batch(case, smallest)
    elif batch >= 2 * usual and _steps_are_few(case):
        yield _longer_steps(case, usual)


def _bigger_batch(case: Case, smallest: int) -> Advice:
    parameters = case.parameters
    rate, larger = (
        _scaled_rate(case, smallest / parameters.batch_size),
        case.epsilon_with(batch_size=smallest),
    )
    return Advice(
        id="small-batch",
        severity="tip",
        title=f"Use batches of at least {smallest}",
        detail=(
            f"The noise on an average over {parameters.batch_size} examples is "
            f"{number(smallest / parameters.batch_size)} times that over {smallest}. "
            f"A batch of {smallest} spends {epsilon_text(larger)} instead of {epsilon_text(case.epsilon)} "
            f"and takes fewer steps, so the learning rate goes to {number(rate)}."
        ),
        apply={"batch_size": smallest, "learning_rate": rate},
    )


def _steps_are_few(case: Case) -> bool:
    usual_rate = default_of("learning_rate", case.parameters.task)
    is_adam = case.parameters.optimizer == "adam"
    return case.parameters.learning_rate <= (usual_rate or 0) and (is_adam or is_travel_short(case))


def _longer_steps(case: Case, usual: int) -> Advice:
    parameters = case.parameters
    rate = _scaled_rate(case, parameters.batch_size / usual)
    return Advice(
        id="scale-learning-rate",
        severity="tip",
        title="Big batches mean fewer steps: scale the learning rate",
        detail=(
            f"{parameters.epochs} epochs in batches of {parameters.batch_size} are "
            f"{number(parameters.steps)} steps, {number(parameters.batch_size / usual)} times fewer than in "
            f"batches of {usual}. Learning rate {number(rate)} makes up for it; ε does not change."
        ),
        apply={"learning_rate": rate},
    )


def _scaled_rate(case: Case, factor: float) -> float:
    """Return the learning rate for a ``factor`` times larger batch: linear for SGD, square root for Adam."""
    power = 0.5 if case.parameters.optimizer == "adam" else 1.0
    return within_bounds("learning_rate", two_digits(case.parameters.learning_rate * factor**power))


def learning_rate(case: Case) -> Iterator[Advice]:
    """Advise the band's upper end to a run that steps further than it and has not got where it could."""
    rate, (_, high) = case.parameters.learning_rate, band_of("learning_rate")
    if rate <= high or is_travel_short(case) or case.accuracy is None:
        return
    gain = case.gain_of({"learning_rate": high})
    effect = "" if gain is None else f", where accuracy is {points(gain)} higher (simulated)"
    if is_far_from_learnt(case) if gain is None else gain > FLAT_GAIN:
        yield Advice(
            id="high-learning-rate",
            severity="tip",
            title=f"Lower the learning rate to {number(high)}",
            detail=(
                f"Steps of {number(rate)} carry the noise along; the recommended band ends at {number(high)}"
                f"{effect}. ε does not change."
            ),
            apply={"learning_rate": high},
        )


def training_length(case: Case) -> Iterator[Advice]:
    """Advise to stop where the last epochs gain nothing, else a length inside the band of 8 to 20 epochs."""
    flat_from = _flat_from(case)
    shortest, longest = (int(end) for end in band_of("epochs"))
    if flat_from is not None:
        yield _stop_earlier(case, flat_from)
    elif case.epsilon is None:
        return  # what the band weighs against accuracy is gone already; another rule says so
    elif case.parameters.epochs > longest:
        yield _epochs_to_band(case, longest, "every step spends privacy")
    elif case.parameters.epochs < shortest and (epochs_within(case, case.limit) or 0) >= shortest:
        yield _epochs_to_band(case, shortest, "few steps learn little, and the budget has room for more")


def _flat_from(case: Case) -> int | None:
    """Return the epoch after which accuracy gained under 0.3 points, None if it went on or never learnt."""
    curve = [epoch.accuracy for epoch in case.epochs]
    values = [value for value in curve if value is not None]
    if case.accuracy is None or len(values) != len(curve) or not case.has_learnt(values[-1]):
        return None
    if values[-1] < max(values) - FALLING:  # not flat: something is wrong, and other rules say what
        return None
    best, best_after = 0.0, max(values)
    for place, value in enumerate(values[:-3]):
        best, best_after = max(best, value), max(values[place + 1 :])
        if best_after - best < FLAT_GAIN and best - value < FLAT_GAIN:
            return case.epochs[place].epoch
    return None


def _stop_earlier(case: Case, epochs: int) -> Advice:
    reached = next(epoch.accuracy for epoch in case.epochs if epoch.epoch == epochs)
    assert reached is not None
    assert case.accuracy is not None
    gain, before = case.accuracy - reached, case.epsilon_with(epochs=epochs)
    spent = "ε is infinite all along"
    if case.epsilon is not None:
        spent = f"ε rose from {epsilon_text(before)[2:]} to {epsilon_text(case.epsilon)[2:]}"
    return Advice(
        id="flat-tail",
        severity="tip",
        title=f"The last {case.parameters.epochs - epochs} epochs gain next to nothing",
        detail=(
            f"From epoch {epochs} to {case.parameters.epochs} accuracy went from {percent(reached)} to "
            f"{percent(case.accuracy)} ({gain * 100:+.1f} points) while {spent}."
        ),
        apply={"epochs": epochs},
        accuracy=reached,
    )


def _epochs_to_band(case: Case, epochs: int, reason: str) -> Advice:
    return Advice(
        id="epochs-band",
        severity="tip",
        title=f"Train for {epochs} epochs",
        detail=(
            f"8 to 20 epochs are recommended: {reason}. {epochs} instead of {case.parameters.epochs} epochs "
            f"spend {epsilon_text(case.epsilon_with(epochs=epochs))} instead of {epsilon_text(case.epsilon)}."
        ),
        apply={"epochs": epochs},
    )
