"""The Learning Hub's tables are whole, and what the cards predict is what happens."""

from __future__ import annotations

from typing import Any

import pytest

from app.advice.presets import preset_parameters
from app.catalog import DEFAULT_TASK
from app.learning import CARDS, CORRECTIONS, DEPLOYMENTS, DIALOGUE, FLASH_CARDS, GLOSSARY, MNEMONICS, QUIZ
from app.learning import SOURCES as KNOWN
from app.learning.kinds import Card
from app.parameters import RunParameters
from app.runs.documents.document import final_epsilon, simulated_document
from app.schemas.resolution import complete

ASKED = [card for card in CARDS if card.question]
MOST_WORDS = 60

Quantities = dict[str, float]

# What may be said of a quantity, and what must then hold of its values before and after the change.
HOLDS = {
    "stays": lambda before, after: after == pytest.approx(before, abs=0.01),
    "rises": lambda before, after: after > before * 1.05,
    "falls": lambda before, after: after < before / 1.05,
    "more than halves": lambda before, after: after < before / 2,
    "about doubles": lambda before, after: 1.8 < after / before < 2.2,
}


def quantities(settings: dict[str, Any], *, simulated: bool) -> Quantities:
    """Return ε and, if asked for, the simulated accuracy and clipped share of settings."""
    parameters: RunParameters = complete({"mode": "simulation", "seed": 1, **settings})
    epsilon = final_epsilon(parameters)
    assert epsilon is not None
    if not simulated:
        return {"epsilon": epsilon}
    document = simulated_document(parameters)
    return {
        "epsilon": epsilon,
        "accuracy": document["final_metrics"]["accuracy"],
        "clipped": document["gradient_norms"]["clipped_fraction"],
    }


@pytest.mark.parametrize("card", ASKED, ids=lambda card: card.name)
def test_what_a_card_explains_is_what_its_change_does(card: Card) -> None:
    expects = card.expects or ""
    simulated = "accuracy" in expects or "clipped" in expects
    before = quantities(dict(card.before), simulated=simulated)
    after = quantities(card.after, simulated=simulated)
    assert expects
    for said in expects.split(", "):
        quantity, how = said.split(" ", 1)
        assert HOLDS[how](before[quantity], after[quantity]), said


def test_a_false_prediction_would_be_found() -> None:
    assert not HOLDS["stays"](1.28, 2.6)
    assert not HOLDS["rises"](1.28, 1.28)
    assert not HOLDS["about doubles"](1.28, 1.5)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_card_explains_in_at_most_sixty_words(card: Card) -> None:
    assert 15 < len(card.explanation.split()) <= MOST_WORDS


@pytest.mark.parametrize("card", ASKED, ids=lambda card: card.name)
def test_a_card_that_asks_has_an_answer_and_a_change(card: Card) -> None:
    assert card.answer in range(len(card.options))
    assert set(card.change) <= set(card.after)
    assert card.change
    assert dict(card.before) != card.after


def test_cards_start_from_todays_presets() -> None:
    starts = {card.before["optimizer"]: dict(card.before) for card in ASKED}
    for optimizer, preset in (("momentum", "optimal"), ("sgd", "balanced")):
        settings = preset_parameters(DEFAULT_TASK, preset)
        assert starts[optimizer] == {name: settings[name] for name in starts[optimizer]}


def test_there_are_twelve_flash_cards_and_six_questions() -> None:
    assert len(FLASH_CARDS) == len({card.name for card in FLASH_CARDS}) == 12
    assert len(QUIZ) == 6
    assert all(question.answer in range(len(question.options)) for question in QUIZ)


def test_right_answers_do_not_always_stand_at_the_same_place() -> None:
    assert len({question.answer for question in QUIZ}) > 1
    assert len({card.answer for card in ASKED}) > 1


def test_every_named_source_is_listed() -> None:
    rows = (*CARDS, *CORRECTIONS, *DEPLOYMENTS, *DIALOGUE, *FLASH_CARDS, *GLOSSARY.values(), *QUIZ)
    assert {row.source for row in rows if row.source} - set(KNOWN) == set()


def test_every_deployment_names_its_unit_and_source_and_comes_in_order() -> None:
    assert all(use.unit and use.source for use in DEPLOYMENTS)
    largest = [use.epsilon_to or use.epsilon for use in DEPLOYMENTS]
    assert largest == sorted(largest)


def test_mnemonics_and_dialogue_are_there() -> None:
    assert len(MNEMONICS) >= 5
    assert {line.speaker for line in DIALOGUE} == {"Teacher", "Learner"}
    assert DIALOGUE[0].speaker == "Learner"
