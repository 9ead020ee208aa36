"""Imports run one way (docs/architecture.md): who may know whom, and who may know Flask and TensorFlow."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parent.parent / "app"

# Part of app → the parts it may import. What is not listed is bound by the rules on libraries only.
MAY_IMPORT = {
    "catalog": set[str](),
    "events": set[str](),
    "parameters": {"catalog"},
    "privacy": {"catalog", "events", "parameters"},
    "simulation": {"catalog", "events", "parameters", "privacy"},
    "advice": {"catalog", "events", "parameters", "privacy", "simulation"},
    "training": {"catalog", "events", "parameters", "privacy"},
}
TENSORFLOW = {"tensorflow", "tensorflow_privacy", "keras"}


def part_of(path: Path) -> str:
    return path.relative_to(APP).parts[0].removesuffix(".py")


def imported_names(tree: ast.AST) -> Iterator[str]:
    """Yield every dotted name that ``tree`` imports at run time, also within functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide what is imported"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        yield from imported_names(node)


def imports(part: str) -> set[tuple[str, str]]:
    """Return (module, first two names of what it imports) for every module of ``part``."""
    paths = [path for path in sorted(APP.rglob("*.py")) if part_of(path) == part]
    assert paths, f"app/{part} has gone"
    return {
        (str(path.relative_to(APP)), ".".join(name.split(".")[:2]))
        for path in paths
        for name in imported_names(ast.parse(path.read_text(encoding="utf-8")))
    }


def parts() -> list[str]:
    return sorted({part_of(path) for path in APP.rglob("*.py")})


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_part_imports_only_what_lies_below_it(part: str) -> None:
    allowed = {f"app.{other}" for other in MAY_IMPORT[part] | {part}}
    inside = {(path, name) for path, name in imports(part) if name.split(".")[0] == "app"}
    assert {(path, name) for path, name in inside if name not in allowed} == set()


@pytest.mark.parametrize("part", [part for part in parts() if part != "training"])
def test_only_training_knows_tensorflow(part: str) -> None:
    found = {(path, name) for path, name in imports(part) if name.split(".")[0] in TENSORFLOW}
    assert found | {(path, name) for path, name in imports(part) if name == "app.training"} == set()


@pytest.mark.parametrize("part", [part for part in parts() if part not in ("routes", "__init__")])
def test_only_the_factory_and_the_routes_know_flask(part: str) -> None:
    assert {(path, name) for path, name in imports(part) if name.split(".")[0] == "flask"} == set()


def test_importing_the_package_does_not_load_flask() -> None:
    body = ast.parse((APP / "__init__.py").read_text(encoding="utf-8")).body
    top_level = ast.Module([node for node in body if not isinstance(node, ast.FunctionDef)], type_ignores=[])
    assert {name.split(".")[0] for name in imported_names(top_level)} <= {"__future__", "pathlib", "typing"}
