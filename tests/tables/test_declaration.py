"""What may be declared public of a table, and every way in which that is refused."""

from __future__ import annotations

from typing import Any

import pytest

from app.tables.declaration import Categories, InvalidTable, Numbers, declared

AGE = {"age": {"bounds": [0, 120]}}


def refusal(label: str, classes: list[str], columns: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidTable) as refused:
        declared(label, classes, columns)
    return list(refused.value.faults)


def test_columns_keep_their_order_and_words_lose_their_blanks() -> None:
    columns = {"ward": {"values": [" A", "B "]}, **AGE}
    assert declared("sick", ["no", "yes"], columns).columns == (
        Categories(name="ward", values=("A", "B")),
        Numbers(name="age", lowest=0.0, highest=120.0),
    )


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("label", {"label": ""}),
        ("label", {"label": "x" * 101}),
        ("classes", {"classes": ["one"]}),
        ("classes", {"classes": [str(k) for k in range(21)]}),
        ("classes", {"classes": ["a", "a "]}),
        ("classes", {"classes": ["a", " "]}),
        ("columns", {"columns": {}}),
        ("columns", {"columns": {f"c{k}": {"bounds": [0, 1]} for k in range(201)}}),
        ("columns", {"columns": {"sick": {"bounds": [0, 1]}}}),
        ("columns", {"columns": {"": {"bounds": [0, 1]}}}),
        ("columns", {"columns": {"age": {"bounds": [1, 1]}}}),
        ("columns", {"columns": {"age": {"bounds": [2, 1]}}}),
        ("columns", {"columns": {"age": {"bounds": [0]}}}),
        ("columns", {"columns": {"age": {"bounds": [0, True]}}}),
        ("columns", {"columns": {"age": {"bounds": [0, "1"]}}}),
        ("columns", {"columns": {"age": {"bounds": [-1.7e308, 1.7e308]}}}),
        ("columns", {"columns": {"age": {"bounds": [0, 1], "values": ["a", "b"]}}}),
        ("columns", {"columns": {"age": {}}}),
        ("columns", {"columns": {"ward": {"values": ["A"]}}}),
        ("columns", {"columns": {"ward": {"values": ["A", 1]}}}),
        ("columns", {"columns": {"ward": {"values": ["A", "A"]}}}),
        ("columns", {"columns": {"ward": {"values": [str(k) for k in range(101)]}}}),
        ("columns", {"columns": {f"c{k}": {"values": [str(v) for v in range(100)]} for k in range(6)}}),
    ],
    ids=str,
)
def test_a_faulty_declaration_is_refused_by_its_field(field: str, change: dict[str, Any]) -> None:
    asked: dict[str, Any] = {"label": "sick", "classes": ["no", "yes"], "columns": AGE, **change}
    assert {name for name, _ in refusal(**asked)} == {field}


def test_all_faults_are_told_at_once() -> None:
    faults = refusal("", ["one"], {"age": {"bounds": [2, 1]}, "ward": {"values": ["A"]}})
    assert [name for name, _ in faults] == ["label", "classes", "columns", "columns"]
