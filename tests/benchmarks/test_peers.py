"""The benchmark's parent and its children, with contenders that only sleep; and the page made of results."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.peers import curves
from benchmarks.peers.architectures import ARCHITECTURES, weight_shapes
from benchmarks.peers.environments import ROOT, EnvironmentMissing
from benchmarks.peers.measure import Plan, compare
from benchmarks.peers.plot import chart
from benchmarks.peers.report import page
from benchmarks.peers.roster import MODELS, OURS, PLAIN, ROSTER, Contender
from tests.benchmarks.fake_contenders import LOG

WRITTEN = ROOT / "docs" / "benchmarks.json"


def fake(name: str, environment: str = "own", **options: Any) -> Contender:
    return Contender(name, environment, "tests.benchmarks.fake_contenders", name, **options)


def python_of(name: str) -> Path:
    if name == "nowhere":
        raise EnvironmentMissing("pip found nothing")
    return Path(sys.executable)


def plan(**options: Any) -> Plan:
    quiet: dict[str, Any] = {"say": lambda text: None}
    return Plan(**{"rounds": 3, "seconds": 0.01, "python_of": python_of, **quiet, **options})


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "log"
    monkeypatch.setenv(LOG, str(file))
    return file


@pytest.fixture
def reference(tmp_path: Path) -> Callable[[str], Path]:
    """A batch whose clipped sum is that of its labels in each of three coordinates."""
    labels = np.arange(64, dtype=np.int32) % 10
    file = tmp_path / "reference.npz"
    known = {"images": np.zeros((64, 28, 28, 1), np.uint8), "labels": labels, "clipping_norm": 1.0}
    np.savez(file, **known, clipped_sum=np.full(3, labels.sum()), weights=1, weight_0=np.ones(3, np.float32))
    return lambda model: file


def test_windows_alternate_one_at_a_time_and_updates_are_checked(
    log: Path, reference: Callable[[str], Path]
) -> None:
    found = compare(plan(reference_of=reference), "mlp", [fake("Sleeper"), fake("Halver")], [64])["rows"]
    spans = [line.split() for line in log.read_text(encoding="ascii").splitlines()]
    assert all(float(end) <= float(start) for (_, end, _), (start, _, _) in pairwise(spans))
    assert [name for *_, name in spans[-6:]] == ["Sleeper", "Halver"] * 3
    for row in found.values():
        cell = row["cells"]["64"]
        assert len(cell["speeds"]) == 3
        assert 0 < max(cell["speeds"]) <= 64 / 0.002
        assert 0 < cell["pss"] <= cell["peak"] * 1.05
        assert 0 < row["from_go"] < row["from_start"]
    assert found["Sleeper"]["error"] < 1e-6
    assert found["Halver"]["error"] == pytest.approx(0.5)


@pytest.mark.usefixtures("log")
def test_who_cannot_is_reported_and_stops_nobody() -> None:
    others = [fake("Refuser"), fake("Quitter"), fake("Homeless", "nowhere"), fake("Unknown")]
    limited = fake("Halver", models=("mlp",), elsewhere="only for mlp")
    hungry = fake("Sleeper", hungry=True)._replace(title="Hungry")
    contenders = [fake("Sleeper"), *others, limited, hungry]
    found = compare(plan(rounds=1), "wide_cnn", contenders, [64, 128])["rows"]
    assert list(found) == [contender.title for contender in contenders]
    assert [len(cell["speeds"]) for cell in found["Sleeper"]["cells"].values()] == [1, 1]
    assert len(found["Refuser"]["cells"]["64"]["speeds"]) == 1
    assert found["Refuser"]["cells"]["128"]["absent"] == "MemoryError: no room for so many"
    assert found["Quitter"]["absent"] == "its process has ended"
    assert found["Homeless"]["absent"] == "pip found nothing"
    assert found["Unknown"]["absent"] == "KeyError: 'Unknown'"
    assert found["Halver"]["absent"] == "only for mlp"
    assert [len(cell["beside"]) for cell in found["Hungry"]["cells"].values()] == [1, 1]


@pytest.mark.usefixtures("log")
def test_an_interruption_leaves_no_process() -> None:
    def interrupt(text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(plan(say=interrupt), "mlp", [fake("Sleeper"), fake("Halver")], [64])
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "tests.benchmarks.fake_contenders" not in running


@pytest.mark.usefixtures("log")
def test_speed_is_measured_on_limited_cores() -> None:
    found = curves.over_cores(plan(rounds=1), [fake("Sleeper"), fake("Homeless", "nowhere")], cores=(1, 999))
    assert {name: list(row) for name, row in found.items()} == {"Sleeper": ["1"]}


def results() -> dict[str, Any]:
    """Results in which every contender but the last is a little slower than the one before it."""
    cell = {"speeds": [900.0, 1000.0, 1100.0], "peak": 700.0, "pss": 400.0}
    cells = {"64": cell, "256": cell, "1024": {"speeds": [], "absent": "would need about 27 GB"}}
    row = {"cells": cells, "from_go": 0.5, "from_start": 2.5, "error": 2e-7}
    rows: dict[str, Any] = {each.title: {**row, "private": each.private} for each in ROSTER}
    rows[ROSTER[-1].title] = {"private": True, "cells": {}, "absent": "ImportError: no module"}
    curve = {each.title: {"16": [0.001], "256": [0.004]} for each in (OURS, PLAIN)}
    facts = {"date": "a day", "cores": 4, "processor": "X", "memory": 16, "system": "Linux", "data": "MNIST"}
    return {
        "sittings": 1,
        "facts": facts,
        "options": {"rounds": 3, "seconds": 0.5},
        "versions": {"own": "Python 3.11"},
        "models": {model: {"load": [0.1, 4.0], "rows": rows} for model in MODELS},
        "cores": {OURS.title: {"1": [100.0], "4": [300.0]}},
        "costs": dict.fromkeys(("batch size", "model", "examples"), curve),
        "profile": {"plain": {"total": 16.0, "pools": 2.0}, "private": {"total": 20.0, "pools": 2.5}},
    }


def test_the_page_says_what_was_measured_and_what_was_not() -> None:
    text = page(results())
    for each in ROSTER:
        assert text.count(f"| {each.title} |") == len(MODELS) + 1 + (each is OURS)
    assert "| 1,000 [900–1,100] | 1,000 [900–1,100] | not measured: would need about 27 GB | 1.00" in text
    assert f"| {ROSTER[-1].title} | not measured: ImportError: no module |" in text
    assert "300 (3.00x)" in text
    assert "2.0e-07" in text
    assert "has 0.80 of the plain step's speed" in text
    assert "| pools | 2.0 | 2.5 |" in text
    assert "A trial" not in text


@pytest.mark.parametrize(("load", "seconds"), [(3.0, 0.5), (0.1, 0.1)])
def test_a_page_of_figures_that_are_worth_little_says_so(load: float, seconds: float) -> None:
    found = results()
    found["options"]["seconds"] = seconds
    found["models"][MODELS[0]]["load"][0] = load
    assert "**A trial and no result" in page(found)


def test_the_plot_is_a_picture_of_every_contender() -> None:
    words = [mark.text for mark in ElementTree.fromstring(chart(results())).iter() if mark.text]
    assert {each.title for each in ROSTER} <= set(words)
    assert "not measured" in words


def test_the_documents_are_what_the_script_writes() -> None:
    written = json.loads(WRITTEN.read_text(encoding="utf-8"))
    assert WRITTEN.with_suffix(".md").read_text(encoding="utf-8") == page(written)
    assert WRITTEN.with_suffix(".svg").read_text(encoding="utf-8") == chart(written)


@pytest.mark.parametrize("model", MODELS)
def test_the_plain_architectures_are_those_of_the_catalog(model: str) -> None:
    from app.training.models import build

    built = build(model, input_shape=(28, 28, 1), classes=10, seed=1)
    assert list(ARCHITECTURES) == list(dict.fromkeys([*MODELS]))
    assert [tuple(weight.shape) for weight in built.get_weights()] == list(weight_shapes(model))
