"""What the documents say of the code is what the code says now."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.documents.generated import PARTS, ROOT, replaced
from tests.documents.rooms import PARTS as PARTS_DRAWN
from tests.documents.rooms import ROOMS_OF_RUNS, direct, rooms_of_runs
from tests.test_imports import ALLOWED, ALLOWED_OF_RUNS


@pytest.mark.parametrize("name", PARTS)
def test_a_generated_part_is_in_step(name: str) -> None:
    document, made = PARTS[name]
    text = (ROOT / document).read_text(encoding="utf-8")
    assert replaced(text, name, made()) == text, f"{document} is behind the code: make docs"


def test_a_part_that_is_not_marked_is_not_written() -> None:
    with pytest.raises(ValueError, match="no part 'rooms'"):
        replaced("no marks here", "rooms", "new")


@pytest.mark.parametrize(
    ("rule", "drawn"),
    [
        (ALLOWED, {part for parts in PARTS_DRAWN.values() for part in parts}),
        (rooms_of_runs(ALLOWED_OF_RUNS), set(ROOMS_OF_RUNS)),
    ],
    ids=["of the application", "of runs"],
)
def test_every_arrow_that_is_left_out_of_the_picture_follows_from_those_drawn(
    rule: Mapping[str, set[str]], drawn: set[str]
) -> None:
    def reached(part: str) -> set[str]:
        near = direct(rule, part)
        return near.union(*(reached(each) for each in near if each in rule))

    for part in drawn:
        assert rule[part] & drawn <= reached(part)


def test_the_picture_shows_every_room_of_runs_that_has_a_rule() -> None:
    assert set(ALLOWED_OF_RUNS) - set(ROOMS_OF_RUNS) == {"cluster"}  # one file, for Dask to begin with
