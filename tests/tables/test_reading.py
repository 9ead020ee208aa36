"""A CSV file as it may come: what is read of it, what is refused, and that no refusal tells a value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from app.tables.declaration import Declaration, InvalidTable, declared
from app.tables.reading import FAULTS_SHOWN, LEAST_ROWS, MOST_ROWS, Report, read_table
from app.tables.table import Table

SECRET = "s3cr3t"
PEOPLE = declared(
    "sick",
    ["no", "yes"],
    {"age": {"bounds": [0, 100]}, "ward": {"values": ["A", "B, upper", "=1+1"]}},
)
HEADER = "name,age,ward,sick"
ROW = "Ann,25,A,no"


def file_of(*last: str, header: str = HEADER, rows: int = LEAST_ROWS, end: str = "\n") -> str:
    """Return a file of ``rows`` good rows, both classes among them, and the ``last`` ones behind them."""
    good = [ROW if number % 2 else "Bob,50,A,yes" for number in range(rows)]
    return end.join([header, *good, *last, ""])


def refusal(text: str, declaration: Declaration = PEOPLE, *, skip_empty: bool = False) -> list[str]:
    with pytest.raises(InvalidTable) as refused:
        read_table(text, declaration, skip_empty=skip_empty)
    sentences = [f"{field}: {sentence}" for field, sentence in refused.value.faults]
    assert SECRET not in "".join(sentences)
    return sentences


def last_row(text: str) -> tuple[list[float], int, Report]:
    table, report = read_table(text, PEOPLE)
    return table.inputs()[-1].tolist(), int(table.labels[-1]), report


def test_numbers_are_scaled_by_the_bounds_and_words_are_one_hot() -> None:
    assert last_row(file_of('Eve,75,"B, upper",yes'))[:2] == ([0.75, 0.0, 1.0, 0.0], 1)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + file_of(ROW),
        file_of(ROW, end="\r\n"),
        file_of(ROW, end="\r"),
        "\n\n" + file_of(ROW, "", ""),
        file_of(' "Ann" ,25,A,no'.replace(" ", "")),
        file_of("Ann, 25 , A ,no "),
        file_of('"A ""nn"",\nof two lines",25,A,no'),
        file_of("Ann\u2028Lee,25,A,no"),
        file_of(ROW, header=" name, age ,ward,sick"),
        file_of(ROW).replace(",", ";"),
        file_of(ROW).replace(",", "\t"),
        file_of("Ann,+2.5e1,A,no"),
    ],
    ids=[
        "byte order mark",
        "CRLF",
        "CR",
        "blank lines",
        "quotes",
        "blanks",
        "a comma, quotes and a line break in a cell that is not used",
        "a line separator of Unicode",
        "blanks in the header",
        "semicolons",
        "tabs",
        "an exponent",
    ],
)
def test_a_file_may_be_written_in_many_ways(text: str) -> None:
    inputs, label, _ = last_row(text)
    assert (inputs, label) == ([0.25, 1.0, 0.0, 0.0], 0)


def test_a_cell_that_a_spreadsheet_would_compute_is_only_a_word() -> None:
    assert last_row(file_of("Ann,25,=1+1,no"))[0] == [0.25, 0.0, 0.0, 1.0]
    assert "row 202" in refusal(file_of("Ann,=25,A,no"))[0]


@pytest.mark.parametrize(("cell", "scaled"), [("-3", 0.0), ("100.5", 1.0), ("1e999", 1.0), ("-1e999", 0.0)])
def test_numbers_beyond_their_bounds_are_clipped_and_counted(cell: str, scaled: float) -> None:
    inputs, _, report = last_row(file_of(f"Ann,{cell},A,no"))
    assert (inputs[0], report.clipped) == (scaled, {"age": 1})


@pytest.mark.parametrize(
    "row",
    [
        f"Ann,{SECRET},A,no",
        "Ann,NaN,A,no",
        "Ann,inf,A,no",
        "Ann,-Infinity,A,no",
        "Ann,1_000,A,no",
        "Ann,0x10,A,no",
        "Ann,٢٥,A,no",
        'Ann,"2,5",A,no',
        f"Ann,{'9' * 2000},A,no",
        f"Ann,25,{SECRET},no",
        "Ann,25,a,no",
        f"Ann,25,A,{SECRET}",
        "Ann,,A,no",
        "Ann,25,A,",
        f"{SECRET},25,A",
        f"Ann,25,A,no,{SECRET}",
        "Ann,25,A\0,no",
        f'Ann,25,"A"{SECRET},no',
        f'Ann,25,"A{SECRET},no',
        f"{'x' * 200_000},25,A,no",
    ],
    ids=lambda row: row[:24],
)
def test_a_faulty_row_is_named_and_its_value_is_not(row: str) -> None:
    (fault,) = refusal(file_of(row))
    assert fault.startswith(f"csv: row {LEAST_ROWS + 2}: ")


def test_faults_of_one_row_name_each_column() -> None:
    assert refusal(file_of("Ann,x,C,maybe")) == [
        'csv: row 202: column "age": it is not a number (such as 12, -0.5 or 3e4).',
        'csv: row 202: column "ward": it is none of the values declared.',
        'csv: row 202: column "sick": it is none of the classes declared.',
    ]


def test_many_faults_are_counted() -> None:
    faults = refusal(file_of(*["Ann,x,A,no"] * (FAULTS_SHOWN + 7)))
    assert len(faults) == FAULTS_SHOWN + 1
    assert faults[-1] == "csv: 7 more such faults are not listed."


def test_rows_without_a_value_are_left_out_on_request_and_counted() -> None:
    text = file_of("Ann,,A,no", "Ann,25,A,", ",25,A,no")
    table, report = read_table(text, PEOPLE, skip_empty=True)
    assert (table.rows, report.left_out) == (LEAST_ROWS + 1, 2)


@pytest.mark.parametrize("text", ["", "\ufeff", "\n\r\n"])
def test_an_empty_file_is_refused(text: str) -> None:
    assert "empty" in refusal(text)[0]


@pytest.mark.parametrize(
    ("header", "field", "said"),
    [
        ("name,age,ward,ill", "label", '"sick"'),
        ("name,years,ward,sick", "columns", '"age"'),
        ("age,age,ward,sick", "csv", '"age" twice'),
        (",".join(["age", "ward", "sick"] + [f"c{k}" for k in range(998)]), "csv", "1001 columns"),
    ],
    ids=["no label", "no column", "a name twice", "too many"],
)
def test_a_header_that_does_not_fit_is_refused(header: str, field: str, said: str) -> None:
    (fault,) = refusal(file_of(header=header))
    assert fault.startswith(f"{field}: ")
    assert said in fault


def test_columns_without_a_name_are_not_in_the_way() -> None:
    assert read_table(file_of(header=",age,ward,sick"), PEOPLE)[0].rows == LEAST_ROWS


@pytest.mark.parametrize(("rows", "said"), [(0, "0 rows"), (LEAST_ROWS - 1, "199 rows")])
def test_too_few_rows_are_refused(rows: int, said: str) -> None:
    assert said in refusal(file_of(rows=rows))[0]


def test_too_many_rows_are_refused() -> None:
    assert f"{MOST_ROWS} are the most" in refusal(file_of(rows=MOST_ROWS + 1))[0]


def test_many_inputs_allow_fewer_rows() -> None:
    words = [f"w{k}" for k in range(100)]
    wide = declared("y", ["0", "1"], {f"c{k}": {"values": words} for k in range(5)})
    header = ",".join([*(f"c{k}" for k in range(5)), "y"])
    rows = "\n".join("w0,w0,w0,w0,w0," + str(k % 2) for k in range(12_001))
    assert "with 500 inputs 12000 are the most" in refusal(f"{header}\n{rows}", wide)[0]


def test_one_class_is_nothing_to_learn() -> None:
    (fault,) = refusal("\n".join([HEADER, *[ROW] * LEAST_ROWS]))
    assert fault.startswith("label: ")


def test_columns_with_one_value_are_named() -> None:
    _, report = read_table(file_of(), PEOPLE)
    assert report.constant == ["ward"]


def changed_rows(one: Table, other: Table) -> Sequence[int]:
    return np.flatnonzero(
        (one.inputs() != other.inputs()).any(axis=1) | (one.labels != other.labels)
    ).tolist()


def test_what_a_row_becomes_depends_on_that_row_alone() -> None:
    calm, _ = read_table(file_of("Ann,25,A,no"), PEOPLE)
    wild, _ = read_table(file_of("Ann,99999,=1+1,yes"), PEOPLE)
    assert changed_rows(calm, wild) == [LEAST_ROWS]
