"""Imports run one way, and the web side works without TensorFlow."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "app"

# What each part of app may import of app, beside itself.
CATALOG = {"catalog"}
PARAMETERS = {*CATALOG, "parameters"}
PRIVACY = {*PARAMETERS, "privacy"}
SIMULATION = {*PRIVACY, "events", "simulation"}
ADVICE = {*SIMULATION, "advice"}
RUNS = {*ADVICE, "tables", "code", "inference", "runs"}
SCHEMAS = {*PRIVACY, "tables", "code", "errors", "strict_json", "settings", "schemas"}
ALLOWED = {
    "catalog": set(),
    "events": set(),
    "errors": set(),
    "settings": set(),
    "security": set(),
    "strict_json": set(),
    "bundles": set(),
    "logs": set(),
    "metrics": set(),
    "gunicorn_config": {"logs", "settings", "metrics"},
    "parameters": CATALOG,
    "privacy": PARAMETERS,
    "tables": CATALOG,
    "simulation": {*PRIVACY, "events"},
    "code": PARAMETERS,
    "inference": {*PARAMETERS, "code"},
    "learning": PARAMETERS,
    "advice": SIMULATION,
    "training": {*PRIVACY, "tables", "events", "inference"},
    "runs": {*ADVICE, "tables", "code", "inference", "settings", "logs"},
    "schemas": {*PRIVACY, "tables", "code", "errors", "strict_json", "settings"},
    "routes": {*RUNS, *SCHEMAS, "bundles", "learning", "security", "metrics", "__version__"},
    "__init__": {"routes", "runs", "settings", "metrics"},
}
# The same within runs, whose other files may import all of it.
ALLOWED_OF_RUNS = {
    "store": set(),
    "documents": {"store"},
    "following": {"store"},
    "execution": {"store"},
    "cluster": {"store", "execution"},
    "sweeps": {"store", "documents", "execution", "admission", "capabilities", "jobs", "timing"},
}
ONLY_IN = {
    "tensorflow": {"training"},
    "tensorflow_privacy": {"training"},
    "keras": {"training"},
    "flask": {"routes", "__init__"},
    "werkzeug": {"routes"},
    "flask_limiter": {"routes"},
    "limits": {"routes"},
}


def part_of(file: Path) -> str:
    return file.relative_to(APP).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted name of everything a module imports, at its top or inside its functions.

    Imports for type checkers alone are left out; import_module("name") counts.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            continue
        yield from names_in(node)
        yield from imported(node)


def names_in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in (
        "import_module",
        "__import__",
    ):
        yield from (argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant))


FILES = sorted(APP.rglob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(APP)))
def test_a_module_imports_only_what_its_part_may(file: Path) -> None:
    part = part_of(file)
    names = set(imported(ast.parse(file.read_text(encoding="utf-8"))))
    own = {name.split(".")[1] for name in names if name.startswith("app.")}
    assert own - ALLOWED[part] - {part} == set()
    packages = {name.split(".")[0] for name in names}
    assert [package for package in packages if part not in ONLY_IN.get(package, {part})] == []


@pytest.mark.parametrize("room", ALLOWED_OF_RUNS)
def test_a_room_of_runs_imports_only_what_it_may(room: str) -> None:
    files = [file for file in FILES if file.relative_to(APP).with_suffix("").parts[:2] == ("runs", room)]
    names = {name for file in files for name in imported(ast.parse(file.read_text(encoding="utf-8")))}
    own = {name.split(".")[2] for name in names if name.startswith("app.runs.")}
    assert files
    assert own - ALLOWED_OF_RUNS[room] - {room} == set()


def test_every_part_of_the_application_has_a_rule() -> None:
    assert {part_of(file) for file in FILES} == set(ALLOWED)


@pytest.mark.parametrize(
    "source",
    [
        "import tensorflow",
        "def f():\n    import tensorflow.keras as keras",
        "from tensorflow import keras",
        "import importlib\nimportlib.import_module('tensorflow')",
        "if x:\n    try:\n        import tensorflow\n    except ImportError:\n        pass",
    ],
)
def test_the_check_finds_an_import_wherever_it_stands(source: str) -> None:
    assert "tensorflow" in {name.split(".")[0] for name in imported(ast.parse(source))}


BLOCKER = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocker())
"""

WITHOUT_TENSORFLOW = f"""
BLOCKED = {{"tensorflow", "tensorflow_privacy", "keras"}}
{BLOCKER}
from app import create_app
from app.settings import Settings

client = create_app(Settings(offline=True)).test_client()
pages = ("/", "/learning", "/attacks", "/api/docs")
for path in (*pages, "/api/parameters", "/api/openapi.json", "/healthz", "/readyz"):
    assert client.get(path).status_code == 200, path
for path, body in (
    ("/api/train", {{}}),
    ("/api/privacy", {{}}),
    ("/api/privacy/calibrate", {{"target_epsilon": 2}}),
):
    response = client.post(path, json=body)
    assert response.status_code == 200, (path, response.text)
assert client.get("/api/parameters").json["real"]["available"] is False

refused = client.post("/api/train", json={{"mode": "real", "dataset": "digits"}})
assert refused.status_code == 503, refused.text
assert "TensorFlow is not installed" in refused.json["detail"]
print("served")
"""

WITHOUT_FLASK = f"""
BLOCKED = {{"flask", "werkzeug", "tensorflow", "tensorflow_privacy", "keras"}}
{BLOCKER}
import app, app.privacy, app.simulation, app.advice, app.runs.service, app.schemas.resolution
print("served")
"""

UNBLOCKED = """
import sys
from app import create_app
from app.settings import Settings

client = create_app(Settings(offline=True)).test_client()
assert client.get("/").status_code == 200
assert client.post("/api/train", json={}).status_code == 200
assert client.post("/api/privacy", json={}).status_code == 200
assert not {"tensorflow", "tensorflow_privacy", "keras"} & set(sys.modules)
print("served")
"""


@pytest.mark.parametrize(
    "program",
    [WITHOUT_TENSORFLOW, WITHOUT_FLASK, UNBLOCKED],
    ids=["pages and endpoints work without TensorFlow", "workers need no Flask", "TensorFlow is not loaded"],
)
def test_in_a_process_of_its_own(program: str) -> None:
    outcome = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert outcome.stdout == "served\n", outcome.stderr
