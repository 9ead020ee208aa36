"""The Learning Hub's tables, read once from the texts in ``content/``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from app.learning.kinds import (
    Card,
    Correction,
    Deployment,
    FlashCard,
    Line,
    Mnemonic,
    Question,
    Setting,
    Source,
    Term,
)
from app.parameters import PARAMETERS

Kind = TypeVar("Kind")

# The settings that the cards compare; those of the playground's presets of the same names.
_BASES: Mapping[str, Mapping[str, Setting]] = {
    "optimal": {
        "clipping_norm": 1.5,
        "noise_multiplier": 1.1,
        "batch_size": 256,
        "learning_rate": 0.02,
        "epochs": 15,
        "optimizer": "momentum",
    },
    "balanced": {
        "clipping_norm": 1.0,
        "noise_multiplier": 0.8,
        "batch_size": 256,
        "learning_rate": 0.02,
        "epochs": 15,
        "optimizer": "sgd",
    },
}


def _rows(name: str) -> list[dict[str, Any]]:
    text = (Path(__file__).parent / "content" / f"{name}.json").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text)
    return rows


def _table(name: str, kind: type[Kind]) -> tuple[Kind, ...]:
    """Return the rows of a file; one with an unknown or missing field is a TypeError at the start."""
    return tuple(kind(**row) for row in _rows(name))


def _card(row: dict[str, Any]) -> Card:
    base = row.pop("base", None)
    return Card(**row, before=_BASES[base] if base else {})


def _parameter(name: str) -> Term:
    """Return the term of a training parameter: its text is the parameter table's, no second one is kept."""
    return Term(name=name, title=PARAMETERS[name].label, text=PARAMETERS[name].meaning)


SOURCES: Mapping[str, Source] = {source.name: source for source in _table("sources", Source)}
GLOSSARY: Mapping[str, Term] = {
    term.name: term for term in (*(_parameter(name) for name in PARAMETERS), *_table("glossary", Term))
}
CARDS: tuple[Card, ...] = tuple(_card(row) for row in _rows("cards"))
FLASH_CARDS = _table("flash_cards", FlashCard)
QUIZ = _table("quiz", Question)
CORRECTIONS = _table("corrections", Correction)
MNEMONICS = _table("mnemonics", Mnemonic)
DIALOGUE = _table("dialogue", Line)
DEPLOYMENTS = _table("deployments", Deployment)

_MEASURED_RUNS = Path(__file__).parents[2] / "static" / "data" / "measured_runs.json"
SHIPPED: Mapping[str, Any] = json.loads(_MEASURED_RUNS.read_text(encoding="utf-8"))["runs"]
