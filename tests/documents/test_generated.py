"""What the documents say of the code is what the code says now."""

from __future__ import annotations

import pytest

from tests.documents.generated import PARTS, ROOT, replaced
from tests.documents.rooms import FLOORS, direct
from tests.test_imports import ALLOWED


@pytest.mark.parametrize("name", PARTS)
def test_a_generated_part_is_in_step(name: str) -> None:
    document, made = PARTS[name]
    text = (ROOT / document).read_text(encoding="utf-8")
    assert replaced(text, name, made()) == text, f"{document} is behind the code: make docs"


def test_a_part_that_is_not_marked_is_not_written() -> None:
    with pytest.raises(ValueError, match="no part 'rooms'"):
        replaced("no marks here", "rooms", "new")


def test_every_arrow_that_is_left_out_of_the_picture_follows_from_those_drawn() -> None:
    def reached(part: str) -> set[str]:
        near = direct(ALLOWED, part)
        return near.union(*(reached(each) for each in near if each in ALLOWED))

    drawn = {part for parts in FLOORS.values() for part in parts}
    for part in drawn:
        assert ALLOWED[part] & drawn <= reached(part)
