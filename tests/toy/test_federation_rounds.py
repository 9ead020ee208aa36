"""tests/js/federation_rounds.json, which the page's federated training is held to, is its script's work."""

from __future__ import annotations

import json

import numpy as np

from tests.toy.make_federation_rounds import ROUNDS_FILE, cases

CONTENT = json.loads(ROUNDS_FILE.read_text("utf-8"))


def test_the_rounds_are_those_of_the_script() -> None:
    for kept, made in zip(CONTENT["cases"], cases(), strict=True):
        assert [draw["sampled"] for draw in kept["draws"]] == [draw["sampled"] for draw in made["draws"]]
        for before, now in zip(kept["stages"], made["stages"], strict=True):
            np.testing.assert_allclose(before["model"], now["model"], rtol=1e-12, atol=1e-13)


def test_the_rounds_hold_an_empty_one_and_clipped_updates() -> None:
    first = CONTENT["cases"][0]
    assert [] in [draw["sampled"] for draw in first["draws"]]
    norms = [norm for stage in first["stages"] for norm in stage["norms"]]
    assert min(norms) < first["recipe"]["clipping_norm"] < max(norms)
