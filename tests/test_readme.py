"""The README (and docs/) say what is: settings, parameters, presets, endpoints and commands."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from app import create_app
from app.advice.presets import presets
from app.parameters import PARAMETERS, default_of
from app.privacy.accounting import epsilon_rdp
from app.settings import SETTINGS, Settings
from tests.serving import ROOT, free_port, serving

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SPACE_COLORS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


def texts() -> dict[str, str]:
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in DOCUMENTS}


def front_matter() -> dict[str, str]:
    _, block, _ = README.split("---\n", 2)
    return dict(line.split(": ", 1) for line in block.splitlines())


def code_blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands(program: str) -> list[str]:
    """Return the README's shell commands that start with ``program``, continued lines joined."""
    lines = "\n".join(code_blocks()).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith(program)]


def table_below(heading_cells: str) -> list[list[str]]:
    """Return the rows of the README's table whose heading starts with these cells."""
    _, _, rest = README.partition(f"\n| {heading_cells} |")
    assert rest, f"no table headed {heading_cells}"
    rows = []
    for line in rest.splitlines()[2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return rows


def test_front_matter_is_what_a_docker_space_needs() -> None:
    fields = front_matter()
    assert (fields["sdk"], fields["app_port"], fields["license"]) == ("docker", "7860", "mit")
    assert {fields["colorFrom"], fields["colorTo"]} <= SPACE_COLORS
    assert fields["title"]
    assert fields["emoji"]
    assert fields["pinned"] in ("true", "false")
    assert len(fields["short_description"]) <= 60


def test_opens_with_the_two_commands() -> None:
    assert [line.split("#")[0].strip() for line in code_blocks()[0].splitlines()] == ["make run", "make test"]
    assert re.search(r"^# .+\n\n```sh\nmake run", README, re.MULTILINE)


def test_every_make_goal_named_exists() -> None:
    goals = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {goal for text in texts().values() for goal in re.findall(r"(?:`|^)make ([a-z-]+)", text, re.M)}
    assert named <= goals


def test_settings_table_is_the_app_s_own() -> None:
    def shown(default: object) -> str:
        return (
            ""
            if default in (None, ())
            else f"{default:g}"
            if isinstance(default, float | bool)
            else str(default)
        )

    assert [row[:3] for row in table_below("variable | default | meaning")] == [
        [setting.variable, shown(setting.default), setting.meaning] for setting in SETTINGS
    ]


@pytest.mark.parametrize("name", texts())
def test_every_setting_named_exists(name: str) -> None:
    named = set(re.findall(r"DPSGD_[A-Z_]+[A-Z]", texts()[name]))
    assert named <= {setting.variable for setting in SETTINGS}


def bounds(cell: str) -> tuple[float, ...]:
    return tuple(float(number) for number in cell.split("–")) if cell else ()


def test_parameter_table_is_the_app_s_own() -> None:
    rows = {row[1]: row for row in table_below("parameter | name | range")}
    assert list(rows) == list(PARAMETERS)
    for name, parameter in PARAMETERS.items():
        label, _, permitted, default, recommended, _ = rows[name]
        assert label == parameter.label
        assert bounds(permitted) == (parameter.minimum, parameter.maximum), name
        assert bounds(default) == (() if parameter.default is None else (parameter.default,)), name
        assert bounds(recommended) == (parameter.recommended or ()), name


def test_presets_are_the_app_s_own_with_their_epsilon_and_measured_accuracy() -> None:
    rows = {row[0].removesuffix(" (the default)"): row[1:] for row in table_below("preset | C")}
    offered = {preset["title"]: preset for preset in presets("mnist")}
    for title, (clipping, noise, rate, epochs, optimizer, epsilon, accuracy) in rows.items():
        assert offered[title]["parameters"] == {
            "clipping_norm": float(clipping),
            "noise_multiplier": float(noise),
            "batch_size": default_of("batch_size", "mnist"),
            "learning_rate": float(rate),
            "epochs": int(epochs),
            "optimizer": optimizer,
        }
        assert epsilon == f"{rdp_on_mnist(noise_multiplier=float(noise), epochs=int(epochs)):.2f}"
        measured = offered[title]["measured"]
        spread = re.search(r"standard deviation ([\d.]+) points", measured["source"])
        assert spread
        assert accuracy == f"{100 * measured['accuracy']:.1f} % ± {spread[1]}"


def rdp_on_mnist(*, noise_multiplier: float, epochs: int) -> float:
    steps = -(-epochs * 60_000 // 256)
    answer = epsilon_rdp(
        sampling_probability=256 / 60_000, noise_multiplier=noise_multiplier, steps=steps, delta=1e-5
    )
    return answer.epsilon


@pytest.mark.parametrize("name", texts())
def test_every_endpoint_named_exists(name: str) -> None:
    rules = [str(rule) for rule in create_app(Settings()).url_map.iter_rules()]
    patterns = [re.compile(re.sub(r"<[^>]+>", "[^/]+", rule) + "$") for rule in rules]
    named = re.findall(
        r"(?<![\w/.])(?:localhost:\d+)?(/(?:api|healthz|readyz|metrics)\b[\w/.<>-]*)", texts()[name]
    )
    paths = {path.rstrip("./") for path in named} - {"/api"}
    assert [path for path in sorted(paths) if not any(pattern.match(path) for pattern in patterns)] == []


@pytest.mark.parametrize("command", commands("python -m"))
def test_shell_command_prints_finite_epsilons(command: str) -> None:
    _, *arguments = shlex.split(command)
    outcome = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    answer = json.loads(outcome.stdout)
    assert 0 < answer["epsilon_pld"] < answer["epsilon_rdp"] < 50


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port = free_port()
    with serving([sys.executable, "run.py"], port=port, home=tmp_path_factory.mktemp("home")):
        yield port


def curl(command: str, port: int, **replaced: str) -> tuple[int, str, str]:
    """Run a curl command of the README against ``port``; return status, headers and body."""
    for name, value in {**replaced, "localhost:5000": f"localhost:{port}"}.items():
        command = command.replace(name, value)
    program, *arguments = shlex.split(command)
    outcome = subprocess.run(
        [program, "-s", "-i", *arguments], capture_output=True, text=True, check=True, timeout=300
    )
    headers, _, body = outcome.stdout.replace("\r\n", "\n").partition("\n\n")
    return int(headers.split()[1]), headers, body


def curl_commands(*, about: str) -> list[str]:
    return [command for command in commands("curl") if re.search(about, command)]


needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@needs_curl
def test_simulation_examples_answer_with_a_simulated_run(port: int) -> None:
    examples = [c for c in curl_commands(about="/api/train") if '"real"' not in c]
    assert len(examples) == 2
    for command in examples:
        status, _, body = curl(command, port)
        assert (status, json.loads(body)["evidence"]) == (200, "simulated")


@needs_curl
def test_mnist_example_names_the_cure_where_the_data_cannot_be_had(port: int) -> None:
    (command,) = curl_commands(about='"dataset":"mnist"')
    status, headers, body = curl(command, port)
    assert status == 503
    assert "application/problem+json" in headers
    assert "DPSGD_DATA_DIR" in json.loads(body)["detail"]


@needs_curl
def test_async_example_leads_to_a_measured_run_that_can_be_stopped_and_exported(port: int) -> None:
    (start,) = curl_commands(about='"dataset":"digits"')
    look, watch, stop, export, audit, _ = curl_commands(about="RUN_ID")
    status, headers, _ = curl(start, port)
    assert status == 202
    location = re.search(r"^Location: .*/api/runs/(\S+)$", headers, re.MULTILINE)
    assert location
    run_id = location.group(1)
    status, _, body = curl(look, port, RUN_ID=run_id)
    assert (status, json.loads(body)["evidence"]) == (200, "measured")
    status, _, body = curl(stop, port, RUN_ID=run_id)
    assert (status, json.loads(body)["id"]) == (200, run_id)
    status, headers, _ = curl(export, port, RUN_ID=run_id)
    assert status == 200
    assert "text/csv" in headers
    status, headers, body = curl(watch, port, RUN_ID=run_id)
    assert (status, "text/event-stream" in headers) == (200, True)
    assert "event: finished" in body
    status, _, body = curl(audit, port, RUN_ID=run_id)
    assert status == 202
    assert json.loads(body)["audit"]["canaries"] > 0
    curl(stop, port, RUN_ID=json.loads(body)["id"])


@needs_curl
def test_predict_example_asks_the_model_of_a_finished_run(port: int) -> None:
    (start,) = curl_commands(about='"dataset":"digits"')
    _, _, body = curl(start.replace("-H 'Prefer: respond-async'", ""), port)
    (predict,) = curl_commands(about="predict")
    status, _, body = curl(predict, port, RUN_ID=json.loads(body)["id"])
    answer = json.loads(body)
    assert (status, answer["dataset"], answer["baseline"]) == (200, "digits", None)
    assert sum(answer["private"]["probabilities"]) == pytest.approx(1)


@needs_curl
def test_sweep_example_answers_with_a_point_for_each_value(port: int) -> None:
    (command,) = curl_commands(about="/api/sweeps")
    status, _, body = curl(command, port)
    sweep = json.loads(body)
    assert (status, sweep["evidence"], sweep["state"]) == (200, "simulated", "done")
    assert [(point["value"], point["runs"]) for point in sweep["points"]] == [
        (0.5, 3),
        (1, 3),
        (2, 3),
        (4, 3),
    ]
    assert sweep["pareto"]


@needs_curl
def test_code_example_gives_a_script(port: int) -> None:
    (command,) = curl_commands(about="/api/code")
    status, _, body = curl(command.replace(" -o train.py", ""), port)
    assert status == 200
    compile(body, "train.py", "exec")


@needs_curl
def test_privacy_examples_answer_with_epsilon_and_noise(port: int) -> None:
    (privacy,) = curl_commands(about="/api/privacy -H")
    status, _, body = curl(privacy, port)
    assert status == 200
    assert f"{rdp_on_mnist(noise_multiplier=1.1, epochs=15):.6g}" == f"{json.loads(body)['epsilon']:.6g}"
    (calibrate,) = curl_commands(about="calibrate")
    status, _, body = curl(calibrate, port)
    noise = json.loads(body)["noise_multiplier"]
    assert status == 200
    assert 1.98 < rdp_on_mnist(noise_multiplier=noise, epochs=15) <= 2
