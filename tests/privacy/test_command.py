from __future__ import annotations

import json
import subprocess
import sys

import pytest

from app.privacy.__main__ import main

SETTING = ["--sampling-probability", "0.004", "--steps", "3516", "--delta", "1e-5"]


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.privacy", *options], capture_output=True, text=True, check=False
    )


def test_it_prints_four_figures() -> None:
    finished = run(*SETTING, "--noise-multiplier", "1.1")
    assert (finished.returncode, finished.stderr) == (0, "")
    answer = json.loads(finished.stdout)
    assert set(answer) == {"epsilon_rdp", "epsilon_pld", "epsilon_gdp", "order"}
    assert answer["epsilon_gdp"] < answer["epsilon_rdp"]
    assert answer["order"] == 12.0


@pytest.mark.usefixtures("patient")
def test_it_solves_for_the_noise(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SETTING, "--target-epsilon", "2"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert 1.99 < answer["epsilon_rdp"] <= 2
    assert answer["epsilon_gdp"] < answer["epsilon_pld"] < answer["epsilon_rdp"]
    assert main([*SETTING, "--noise-multiplier", str(answer.pop("noise_multiplier"))]) == 0
    assert json.loads(capsys.readouterr().out) == answer


def test_without_noise_it_prints_null(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SETTING, "--noise-multiplier", "0"]) == 0
    assert set(json.loads(capsys.readouterr().out).values()) == {None}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ([*SETTING, "--noise-multiplier", "nan"], "--noise-multiplier"),
        ([*SETTING, "--noise-multiplier=-1"], "--noise-multiplier"),
        ([*SETTING, "--noise-multiplier", "much"], "--noise-multiplier"),
        ([*SETTING, "--target-epsilon", "51"], "--target-epsilon"),
        ([*SETTING, "--target-epsilon", "1e-5"], "--target-epsilon"),
        ([*SETTING, "--noise-multiplier", "1", "--target-epsilon", "1"], "--target-epsilon"),
        (SETTING, "--noise-multiplier"),
        ([*SETTING, "--noise-multiplier", "1", "--steps", "2.5"], "--steps"),
        ([*SETTING, "--noise-multiplier", "1", "--delta", "0"], "--delta"),
        ([*SETTING, "--noise-multiplier", "1", "--sampling-probability", "2"], "--sampling-probability"),
        (["--noise-multiplier", "1", *SETTING[2:]], "--sampling-probability"),
    ],
)
def test_bad_input_is_one_line_that_names_the_option(
    options: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(options)
    except SystemExit as left:
        code = int(left.code or 0)
    printed = capsys.readouterr()
    assert code == 2
    assert printed.out == ""
    assert named in printed.err
    assert printed.err.count("\n") == 1


def test_it_loads_no_web_framework() -> None:
    code = (
        "import sys; from app.privacy.__main__ import main;"
        "main(sys.argv[1:]);"
        "sys.exit(', '.join({'flask', 'tensorflow', 'tensorflow_privacy'} & sys.modules.keys()) or 0)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code, *SETTING, "--noise-multiplier", "1.1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
