"""The picture of the rooms in docs/architecture.md, from the import rule that tests hold the code to."""

from __future__ import annotations

from collections.abc import Mapping

ABOVE_ALL = "__init__"  # create_app
# What hardly anything is asked of it, or asked by hardly anybody, would only hide the rest.
FLOORS: Mapping[str, tuple[str, ...]] = {
    "web: the only floor that knows Flask": ("__init__", "routes", "schemas"),
    "runs: the store, the queue, the executors": ("runs",),
    "training: the only room that knows TensorFlow": ("training",),
    "pure functions": ("advice", "simulation", "privacy", "code", "learning", "tables"),
    "tables of names and numbers": ("parameters", "catalog", "events"),
}


def picture(allowed: Mapping[str, set[str]]) -> str:
    """Return a Mermaid diagram in which an arrow means "imports"; what follows from other arrows is left out.

    Args:
        allowed: by part of the application, what it may import; without cycles.
    """
    drawn = [part for parts in FLOORS.values() for part in parts]
    lines = ["```mermaid", "flowchart TD"]
    for number, (title, parts) in enumerate(FLOORS.items()):
        lines += [f'  subgraph floor{number}["{title}"]', *(f"    {_node(part)}" for part in parts), "  end"]
    for part in drawn:
        lines += [f"  {_name(part)} --> {_name(other)}" for other in drawn if other in direct(allowed, part)]
    return "\n".join([*lines, "```"])


def direct(allowed: Mapping[str, set[str]], part: str) -> set[str]:
    """Return what ``part`` may import and none of its other imports may.

    >>> direct({"roof": {"wall", "floor"}, "wall": {"floor"}, "floor": set()}, "roof")
    {'wall'}
    """
    below = allowed[part]
    return {other for other in below if not any(other in allowed.get(each, ()) for each in below - {other})}


def _name(part: str) -> str:
    return "create_app" if part == ABOVE_ALL else part


def _node(part: str) -> str:
    return f'{_name(part)}["{_name(part)}"]'
