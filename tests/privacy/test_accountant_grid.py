"""tests/js/privacy_grid.json, which the page's accountant is held to, against this server's accountant."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.privacy.guarantee import guaranteed_epsilon
from app.privacy.mechanism import Mechanism
from tests.privacy.make_accountant_grid import GRID, Row, calibrated, points, sentences, shuffled, targets

CONTENT: dict[str, Any] = json.loads(GRID.read_text("utf-8"))
FIGURES = ("epsilon_rdp", "epsilon_pld")


def settings(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in FIGURES}


def test_the_grid_is_the_one_its_script_draws() -> None:
    assert [settings(row) for row in CONTENT["poisson"]] == points()


def test_the_server_gives_the_grids_epsilon_and_never_less_than_the_pld() -> None:
    for row in CONTENT["poisson"]:
        mechanism = Mechanism(**settings(row))
        epsilon = guaranteed_epsilon(mechanism)(mechanism.steps)
        assert epsilon == pytest.approx(row["epsilon_rdp"], rel=1e-6), row
        assert row["epsilon_pld"] <= row["epsilon_rdp"], row


def test_shuffled_batches_give_the_grids_worst_case_and_sentence() -> None:
    for row in CONTENT["shuffle"]:
        point = {name: value for name, value in row.items() if name not in ("epsilon", "sentence")}
        found = shuffled(point)
        assert found["epsilon"] == pytest.approx(row["epsilon"], rel=1e-9)
        assert found["sentence"] == row["sentence"]


def test_the_server_solves_for_what_the_grid_says() -> None:
    rows = CONTENT["calibrations"]
    assert [row["target"] for row in rows] == targets()
    for point, row in zip(points()[8:], rows, strict=False):
        found = calibrated(point, row["target"])
        for name in ("solved_noise", "solved_epochs"):
            assert found[name] == pytest.approx(row[name]), row


def test_the_server_words_an_epsilon_as_the_grid_does() -> None:
    assert CONTENT["sentences"] == sentences()
