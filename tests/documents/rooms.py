"""The picture of the rooms in docs/architecture.md, from the import rules that tests hold the code to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Rule = Mapping[str, set[str]]

ABOVE_ALL = "__init__"  # create_app
# What hardly anything is asked of it, or asked by hardly anybody, would only hide the rest.
PARTS: Mapping[str, tuple[str, ...]] = {
    "web": ("__init__", "routes", "schemas"),
    "runs": ("runs",),
    "training": ("training",),
    "pure": ("advice", "simulation", "privacy", "inference", "code", "learning", "tables"),
    "names": ("parameters", "catalog", "events"),
}
ROOMS_OF_RUNS = ("service", "sweeps", "documents", "following", "execution", "store")
COLOURS: Mapping[str, str] = {
    "web": "fill:#dbeafe,stroke:#1d4ed8,color:#111",
    "runs": "fill:#fef3c7,stroke:#b45309,color:#111",
    "training": "fill:#fee2e2,stroke:#b91c1c,color:#111",
    "pure": "fill:#dcfce7,stroke:#15803d,color:#111",
    "names": "fill:#f3f4f6,stroke:#4b5563,color:#111",
}


def picture(allowed: Rule, allowed_of_runs: Rule) -> str:
    """Return a Mermaid diagram in which an arrow means "imports"; what follows from other arrows is left out.

    There are no boxes but that of runs: several of them overlap as soon as a browser has drawn them.

    Args:
        allowed: by part of the application, what it may import; without cycles.
        allowed_of_runs: the same of the rooms within runs.
    """
    within = rooms_of_runs(allowed_of_runs)
    drawn = [part for parts in PARTS.values() for part in parts]
    nodes = [(part, colour) for colour, parts in PARTS.items() for part in parts if part != "runs"]
    lines = ["```mermaid", "flowchart TD", *(_node(part, colour) for part, colour in nodes)]
    lines += ['  subgraph runs["runs"]', *(f"  {_node(room, 'runs')}" for room in ROOMS_OF_RUNS), "  end"]
    lines += [*_arrows(allowed, drawn), *_arrows(within, ROOMS_OF_RUNS)]
    lines += [f"  classDef {colour} {style}" for colour, style in COLOURS.items()]
    return "\n".join([*lines, "```"])


def rooms_of_runs(allowed_of_runs: Rule) -> dict[str, set[str]]:
    """Return the rule of the rooms that are drawn; the service and the files beside it may import all."""
    rooms = set(ROOMS_OF_RUNS)
    return {
        **{room: allowed_of_runs.get(room, rooms) & rooms for room in rooms},
        "service": rooms - {"service"},
    }


def direct(allowed: Rule, part: str) -> set[str]:
    """Return what ``part`` may import and none of its other imports may.

    >>> direct({"roof": {"wall", "floor"}, "wall": {"floor"}, "floor": set()}, "roof")
    {'wall'}
    """
    below = allowed[part]
    return {other for other in below if not any(other in allowed.get(each, ()) for each in below - {other})}


def _arrows(allowed: Rule, drawn: Sequence[str]) -> Iterator[str]:
    for part in drawn:
        yield from (
            f"  {_name(part)} --> {_name(other)}" for other in drawn if other in direct(allowed, part)
        )


def _name(part: str) -> str:
    return "create_app" if part == ABOVE_ALL else part


def _node(part: str, colour: str) -> str:
    return f'  {_name(part)}["{_name(part)}"]:::{colour}'
