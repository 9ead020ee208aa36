"""What a training tells, in which order, and how it ends; the engine is a stand-in with its own clock."""

import json
import math
from dataclasses import astuple, replace

import numpy as np
import pytest
import tensorflow as tf

from app.catalog import cure_for_missing
from app.events import EpochPoint, Finished, IterationPoint, Notice, Phase, Progress, Ready, encode
from app.training import course, engines, notices, trainer, training
from app.training.dpsgd import Evaluation, StepStatistics, UnsupportedModel
from app.training.notices import RisingLoss
from tests.training import trained


class Clock:
    """Time that passes only where the stand-in engine works."""

    now = 0.0

    def monotonic(self):
        return self.now


class StandInEngine:
    """Takes ``seconds_per_step``; its loss falls like 2/sqrt(step) until ``breaks_at``, where it is NaN."""

    seconds_per_step = 0.004
    seconds_to_compile = 1.5
    parameters = 9_258

    def __init__(self, model, **arguments):
        self.arguments = arguments
        self.initial = [weight.copy() for weight in model.get_weights()]
        self.series = "baseline" if arguments["clipping_norm"] is None else "private"
        self.steps_done = 0
        self.calls = []
        type(self).made.append(self)

    def run(self, steps):
        started = self.clock.now
        self.clock.now += steps * self.seconds_per_step + (0 if self.steps_done else self.seconds_to_compile)
        self.calls.append((started, self.clock.now))
        losses = [self.loss_at(step) for step in range(self.steps_done + 1, self.steps_done + steps + 1)]
        self.steps_done += steps
        private = self.series == "private"
        return StepStatistics(
            steps=steps,
            examples=10 * steps,
            loss_sum=10 * sum(losses),
            clipped=4 * steps if private else 0,
            norms=np.tile(np.float32([0.5] * 6 + [3.0] * 4), steps) if private else np.zeros(0, np.float32),
            signal_norm=0.25 if private else 0.0,
            noise_norm=0.5 if private else 0.0,
        )

    def evaluate(self):
        self.clock.now += 0.04
        accuracy = min(0.1 + self.steps_done / 1_000, 0.9)
        return Evaluation(
            accuracy=accuracy, loss=self.loss_at(self.steps_done), per_class_accuracy=[0.5] * 10
        )

    def loss_at(self, step):
        return math.nan if step >= self.breaks_at[self.series] else 2 / math.sqrt(max(step, 1))


@pytest.fixture
def engine(monkeypatch):
    """Return a fresh class of stand-in engines, in use by the trainer."""
    clock = Clock()
    never = {"private": math.inf, "baseline": math.inf}
    kind = type("StandIn", (StandInEngine,), {"made": [], "clock": clock, "breaks_at": never})
    monkeypatch.setitem(engines.ENGINES, "fast", kind)
    monkeypatch.setattr(course, "time", clock)
    monkeypatch.setattr(training, "time", clock)
    return kind


def told(parameters, **options):
    """Train and return the events; every one must fit into strict JSON, and only the last be Finished."""
    events = trained.told(parameters, **options)
    for event in events:
        json.dumps(encode(event), allow_nan=False)
    assert [type(event) for event in events].count(Finished) == 1
    assert isinstance(events[-1], Finished)
    return events


def of(kind, events, **fields):
    return [
        event
        for event in events
        if isinstance(event, kind) and all(getattr(event, name) == value for name, value in fields.items())
    ]


def outline(events):
    """Return what comes in which order, repetitions left out."""
    names = [
        event.phase if isinstance(event, Phase) else f"{event.kind} {getattr(event, 'series', '')}".strip()
        for event in events
        if not isinstance(event, Progress)
    ]
    return [name for name, before in zip(names, [None, *names], strict=False) if name != before]


def test_a_run_is_told_in_its_order(engine, digits_run):
    points = ["iteration private", "epoch private"] * 2
    assert outline(told(digits_run)) == [
        "loading data",
        "ready",
        "compiling",
        "iteration private",
        "training",
        *points,
        "finished",
    ]


def test_a_baseline_follows_the_private_series(engine, digits_run):
    events = told(replace(digits_run, baseline=True))
    assert outline(events)[-7:-1] == [
        "epoch private",
        "training baseline",
        *["iteration baseline", "epoch baseline"] * 2,
    ]
    private, baseline = (of(EpochPoint, events, series=series) for series in ("private", "baseline"))
    assert [point.iteration for point in private] == [point.iteration for point in baseline] == [12, 23]
    assert baseline[-1].clipped_fraction is baseline[-1].epsilon is baseline[-1].noise_norm is None


def test_a_baseline_has_the_same_weights_and_samples_without_clipping_and_noise(engine, digits_run):
    told(replace(digits_run, baseline=True))
    private, baseline = engine.made
    assert all((one == two).all() for one, two in zip(private.initial, baseline.initial, strict=True))
    differing = {
        name for name in private.arguments if private.arguments[name] is not baseline.arguments[name]
    }
    assert differing - {"seeds"} == {"clipping_norm", "noise_multiplier"}
    assert private.arguments["seeds"] == baseline.arguments["seeds"]
    assert (baseline.arguments["clipping_norm"], baseline.arguments["noise_multiplier"]) == (None, 0.0)


def test_ready_says_what_is_trained(engine, digits_run):
    (ready,) = of(Ready, told(digits_run))
    assert ready.dataset["name"] == "digits"
    assert (ready.dataset["examples"], ready.dataset["test_examples"]) == (1_437, 360)
    assert (ready.dataset["classes"], len(ready.dataset["class_names"])) == (10, 10)
    assert ready.model == {
        "name": "digits_cnn",
        "title": "Small CNN for 8x8 images",
        "trainable_parameters": 9_258,
    }


def test_an_epoch_point_equals_the_iteration_point_it_closes_with(engine, digits_run):
    events = told(replace(digits_run, epochs=4, baseline=True))
    for epoch in of(EpochPoint, events):
        (iteration,) = of(IterationPoint, events, series=epoch.series, iteration=epoch.iteration)
        assert (iteration.accuracy, iteration.loss) == (epoch.accuracy, epoch.loss)


def test_losses_are_means_over_the_sampled_examples(engine, digits_run):
    run = replace(digits_run, epochs=3)
    events = told(run)
    for point in of(EpochPoint, events):
        taken = range(run.steps_after(point.epoch - 1) + 1, run.steps_after(point.epoch) + 1)
        assert point.loss == pytest.approx(np.mean([2 / math.sqrt(step) for step in taken]))
    losses = [point.loss for point in of(IterationPoint, events)]
    assert losses == sorted(losses, reverse=True)


def test_an_epoch_carries_the_measured_gradients(engine, digits_run):
    for point in of(EpochPoint, told(digits_run)):
        assert point.clipped_fraction == 0.4
        assert (point.gradient_norm_median, point.gradient_norm_p90) == (0.5, 3.0)
        assert (point.signal_norm, point.noise_norm) == (pytest.approx(0.25), 0.5)
        assert max(point.gradient_norm_histogram["after"], key=lambda p: p["y"] * p["x"])["x"] == 1.0
        steps = digits_run.steps_after(point.epoch) - digits_run.steps_after(point.epoch - 1)
        assert point.seconds == pytest.approx(steps * 0.004 + 3 * 0.04, abs=0.01), "of this epoch alone"


def test_an_epoch_s_gradients_are_of_its_own_steps(engine, digits_run):
    def run(self, steps):
        statistics = StandInEngine.run(self, steps)
        return statistics if self.steps_done <= 12 else replace(statistics, clipped=10 * steps)

    engine.run = run
    assert [point.clipped_fraction for point in of(EpochPoint, told(digits_run))] == [0.4, 1.0]


def test_the_untrained_network_comes_first(engine, digits_run):
    first = of(IterationPoint, told(digits_run))[0]
    assert (first.iteration, first.accuracy, first.loss) == (0, 0.1, 2.0)


def test_epsilon_is_that_of_the_steps_taken(engine, digits_run):
    events = told(digits_run, epsilon_at=lambda steps: steps / 100)
    assert [point.epsilon for point in of(EpochPoint, events)] == [0.12, 0.23]
    assert all(event.epsilon == event.steps / 100 for event in of(Progress, events))
    assert of(Progress, events)[-1].steps == 23


def test_without_noise_there_is_no_epsilon_and_a_notice(engine, digits_run):
    events = told(replace(digits_run, noise_multiplier=0.0))
    assert {point.epsilon for point in of(EpochPoint, events)} == {None}
    assert of(Notice, events, id="not-private")


def test_the_accountant_answers_where_no_epsilon_is_passed(engine, digits_run):
    epsilons = [point.epsilon for point in of(EpochPoint, told(digits_run))]
    assert 0.1 < epsilons[0] < epsilons[1] < 3


@pytest.mark.parametrize("seconds_per_step", [0.0005, 0.004, 0.03, 0.19])
def test_no_slice_keeps_a_stop_waiting(engine, digits_run, seconds_per_step):
    engine.seconds_per_step = seconds_per_step
    told(replace(digits_run, epochs=20, baseline=True))
    for made in engine.made:
        assert max(end - start for start, end in made.calls[1:]) <= 0.2


@pytest.mark.parametrize("seconds_per_step", [0.0005, 0.004, 0.03, 0.19])
def test_progress_comes_at_least_each_half_second(engine, digits_run, seconds_per_step):
    engine.seconds_per_step = seconds_per_step
    at = []
    trainer.train(
        replace(digits_run, epochs=20),
        emit=lambda event: at.append(engine.clock.now) if isinstance(event, Progress) else None,
        should_stop=lambda: False,
        data_directory=None,
        offline=True,
    )
    after_compiling = [time for time in at if time > engine.seconds_to_compile]
    assert np.diff(after_compiling).max() <= 0.5


def test_progress_between_points_comes_at_most_each_quarter_of_a_second(engine, digits_run):
    engine.seconds_per_step = 0.1
    events = told(digits_run)  # 23 steps, each a slice; seven points
    assert len(of(Progress, events)) <= 23 / 2.5 + 8


@pytest.mark.parametrize("seconds", [0.0, 1.6, 1.7, 2.5])
def test_a_stop_ends_the_run_soon_and_keeps_what_was_measured(engine, digits_run, seconds):
    events = told(
        replace(digits_run, epochs=60, baseline=True), should_stop=lambda: engine.clock.now >= seconds
    )
    assert events[-1].state == "cancelled"
    assert events[-1].error is None
    assert events[-1].steps == sum(made.steps_done for made in engine.made)
    assert engine.clock.now <= seconds + 0.25
    assert all(point.iteration <= events[-1].steps for point in of(IterationPoint, events))


def test_a_run_that_is_stopped_tells_how_long_it_trained(engine, digits_run):
    events = told(replace(digits_run, epochs=60), should_stop=lambda: engine.clock.now >= 3.0)
    assert events[-1].state == "cancelled"
    assert events[-1].training_seconds == pytest.approx(3.0 - engine.seconds_to_compile, abs=0.3)


def test_a_stop_in_the_baseline_keeps_the_private_series(engine, digits_run):
    stop = {"asked": False}

    def emit(event):
        stop["asked"] |= getattr(event, "series", None) == "baseline"
        events.append(event)

    events = []
    trainer.train(
        replace(digits_run, baseline=True),
        emit=emit,
        should_stop=lambda: stop["asked"],
        data_directory=None,
        offline=True,
    )
    assert (events[-1].state, events[-1].steps) == ("cancelled", 23)
    assert len(of(EpochPoint, events, series="private")) == 2


def test_the_budget_ends_a_run_before_the_step_that_exceeds_it(engine, digits_run):
    run = replace(digits_run, epochs=20, stop_at_budget=True, privacy_budget=0.155)
    events = told(run, epsilon_at=lambda steps: steps / 100)
    assert (events[-1].state, events[-1].steps) == ("done", 15)
    assert of(EpochPoint, events)[-1].iteration == 15
    assert of(EpochPoint, events)[-1].epsilon == 0.15
    assert "15 of" in of(Notice, events, id="stopped-at-budget")[0].text


def test_a_budget_that_lasts_changes_nothing(engine, digits_run):
    events = told(replace(digits_run, stop_at_budget=True), epsilon_at=lambda steps: steps / 100)
    assert events[-1].steps == 23
    assert not of(Notice, events, id="stopped-at-budget")


def test_a_budget_below_one_step_is_refused(engine, digits_run):
    events = told(replace(digits_run, stop_at_budget=True), epsilon_at=lambda steps: 3.5 + steps)
    assert (events[-1].state, events[-1].steps) == ("failed", 0)
    assert events[-1].error["kind"] == "invalid"
    assert "privacy budget" in events[-1].error["message"]


def test_the_budget_pays_for_the_lost_attempts_too(engine, digits_run):
    """10 steps of a lost attempt and 13 of this one cost what 23 do; the fallback's are on other data."""
    budget = trainer.accountant(digits_run)(23)
    run = replace(digits_run, stop_at_budget=True, privacy_budget=budget, epochs=20)
    lost = [{"steps": 4, "fallback": False}, {"steps": 6, "fallback": False}, {"steps": 99, "fallback": True}]
    assert told(run)[-1].steps == 23
    events = told(run, earlier=lost)
    assert events[-1].steps == 13
    assert of(Notice, events, id="stopped-at-budget")
    ended = told(run, earlier=[{"steps": 23, "fallback": False}])[-1]
    assert (ended.state, ended.steps, ended.error["kind"]) == ("failed", 0, "invalid")
    assert "attempts that were lost" in ended.error["message"]


@pytest.mark.parametrize("step", [1, 2, 17])
def test_divergence_fails_with_a_diagnosis(engine, digits_run, step):
    engine.breaks_at = {"private": step, "baseline": math.inf}
    events = told(replace(digits_run, baseline=True))
    assert events[-1].state == "failed"
    assert events[-1].steps >= step
    (notice,) = of(Notice, events, id="diverged")
    assert "learning rate than 0.01" in notice.text
    assert events[-1].error == {"kind": "invalid", "message": notice.text}
    assert all(point.iteration < step for point in of(IterationPoint, events))
    assert not of(IterationPoint, events, series="baseline")


def test_gradients_that_are_not_finite_are_a_divergence_though_the_loss_is(engine, digits_run):
    def run(self, steps):
        statistics = StandInEngine.run(self, steps)
        return replace(statistics, norms=np.full_like(statistics.norms, np.inf))

    engine.run = run
    events = told(digits_run)
    assert (events[-1].state, events[-1].error["kind"]) == ("failed", "invalid")
    assert [point.iteration for point in of(IterationPoint, events)] == [0]


def test_a_test_loss_that_is_not_finite_is_a_divergence(engine, digits_run):
    def evaluate(self):
        found = StandInEngine.evaluate(self)
        return replace(found, loss=math.inf) if self.steps_done >= 12 else found

    engine.evaluate = evaluate
    events = told(digits_run)
    assert (events[-1].state, events[-1].steps) == ("failed", 12)
    assert max(point.iteration for point in of(IterationPoint, events)) < 12


def test_a_diverged_baseline_costs_the_private_run_nothing(engine, digits_run):
    engine.breaks_at = {"private": math.inf, "baseline": 5}
    events = told(replace(digits_run, baseline=True))
    assert (events[-1].state, events[-1].steps) == ("done", 23)
    assert of(Notice, events, id="baseline-diverged")


@pytest.mark.parametrize(("rising", "noticed"), [("private", ["loss-rising"]), ("baseline", [])])
def test_a_rising_loss_is_noticed_in_the_private_series_alone(engine, digits_run, rising, noticed):
    engine.loss_at = lambda self, step: 1.0 + step if self.series == rising else 1.0
    events = told(replace(digits_run, epochs=6, baseline=True))
    assert [notice.id for notice in of(Notice, events)] == noticed


@pytest.mark.parametrize(
    ("losses", "noticed_after"),
    [
        ([2.0, 1.0, 0.9, 0.95, 0.98], None),
        ([2.0, 1.0, 1.2, 1.0, 1.2, 1.0], None),
        ([2.0, 1.0, 1.2, 1.3, 1.4, 1.5], 4),
    ],
)
def test_a_rising_loss_is_noticed_once(losses, noticed_after):
    alarm = RisingLoss()
    found = [epoch for epoch, loss in enumerate(losses, 1) if alarm.after_epoch(loss)]
    assert found == ([noticed_after] if noticed_after else [])


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({}, []),
        ({"noise_multiplier": 0.0}, ["not-private"]),
        ({"sampling": "shuffle"}, ["shuffle"]),
        ({"delta": 1e-3}, ["large-delta"]),
        ({"seed": 1}, []),  # told where the request is resolved
    ],
)
def test_a_run_says_what_weakens_its_guarantee(digits_run, changes, ids):
    assert [notice.id for notice in notices.about_parameters(replace(digits_run, **changes))] == ids


def test_the_notice_of_shuffled_batches_calls_their_epsilon_guaranteed(digits_run):
    (notice,) = notices.about_parameters(replace(digits_run, sampling="shuffle"))
    assert "The ε of this run is what is guaranteed all the same: their worst case." in notice.text


def test_missing_data_fall_back_visibly(engine, mnist_run, digits_run, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    events = told(mnist_run, fallback=digits_run, epsilon_at=lambda steps: 99.0)
    fallback = events[1]
    assert fallback.parameters == digits_run.to_dict()
    assert "mnist is not on this machine" in fallback.reason
    assert of(Ready, events)[0].dataset["name"] == "digits"
    assert events[-1].state == "done"
    assert of(EpochPoint, events)[-1].epsilon < 10  # the fallback's own, not that of the run asked for


def test_missing_data_without_fallback_name_the_cure(engine, mnist_run, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    finished = told(mnist_run)[-1]
    assert (finished.state, finished.error["kind"]) == ("failed", "data_unavailable")
    assert cure_for_missing("mnist") in finished.error["message"]


def raising(fault):
    def make(*_, **__):
        raise fault

    return make


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        (UnsupportedModel("BatchNorm mixes examples."), "invalid", "BatchNorm mixes examples."),
        (engines.EngineUnavailable("Needs Python < 3.12."), "engine_unavailable", "Needs Python < 3.12."),
        (RuntimeError("/secret/path"), "internal", "internal error"),
        (ValueError("[[0.1 0.2]]"), "internal", "internal error"),
    ],
)
def test_only_public_errors_show_their_text(monkeypatch, digits_run, fault, kind, message):
    monkeypatch.setitem(engines.ENGINES, "fast", raising(fault))
    finished = told(digits_run)[-1]
    assert (finished.state, finished.error["kind"]) == ("failed", kind)
    assert message in finished.error["message"]
    assert kind != "internal" or str(fault) not in finished.error["message"]


@pytest.mark.parametrize(
    "fault", [MemoryError(), tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")]
)
def test_a_lack_of_memory_is_no_end_of_the_run(monkeypatch, digits_run, fault):
    """What the process hoards may be the cause: another process shall try."""
    monkeypatch.setitem(engines.ENGINES, "fast", raising(fault))
    events = []
    with pytest.raises(trainer.OutOfMemory):
        trainer.train(
            digits_run, emit=events.append, should_stop=lambda: False, data_directory=None, offline=True
        )
    assert of(Finished, events) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "tutorial_cnn"}, "13x13"),
        ({"batch_size": 2_000}, "batch_size 2000"),
        ({"train_size": 2_000}, "train_size 2000"),
    ],
)
def test_what_cannot_be_trained_is_named(digits_run, changes, message):
    finished = told(replace(digits_run, **changes))[-1]
    assert (finished.state, finished.error["kind"]) == ("failed", "invalid")
    assert message in finished.error["message"]


def test_what_the_listener_raises_ends_the_training_and_is_passed_on(engine, digits_run):
    def emit(event):
        assert not isinstance(event, Finished)
        if isinstance(event, EpochPoint):
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        trainer.train(digits_run, emit=emit, should_stop=lambda: False, data_directory=None, offline=True)
    assert engine.made[0].steps_done == 12


def test_a_seed_fixes_all_three_streams(engine, digits_run):
    for seed in (4, 4, 5, None, None):
        told(replace(digits_run, seed=seed))
    keys = [(made.initial[0].tobytes(), *astuple(made.arguments["seeds"])) for made in engine.made]
    assert keys[0] == keys[1]
    weights, sampling, noise = (len({key[stream] for key in keys}) for stream in range(3))
    assert (weights, sampling, noise) == (3, 4, 4)  # without a seed the initial weights are a public draw
