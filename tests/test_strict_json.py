"""What strict JSON refuses to read, and what it never writes."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.strict_json import MAX_DEPTH, NotJSON, dump, parse

REFUSED = {
    b"": "not valid JSON",
    b'{"a": 1': "not valid JSON",
    b'{"a": 1} x': "not valid JSON",
    b'"\xff"': "UTF-8",
    b'"\\ud800"': "half of a character",
    b'{"\\udc00": 1}': "half of a character",
    b'{"a": 1, "a": 1}': "twice",
    b'{"b": {"a": 1, "a": 2}}': "twice",
    b"NaN": "NaN",
    b"[-Infinity]": "-Infinity",
    b"1e400": "too large",
    b"-1e400": "too large",
    b"1e-400": "too close to zero",
    b"9" * 5000: "100 digits",
    b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1): "deeper",
    b'{"a":' * 7000 + b"1" + b"}" * 7000: "deeper",
}


@pytest.mark.parametrize(("body", "reason"), REFUSED.items(), ids=[str(body[:20]) for body in REFUSED])
def test_refuses_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(NotJSON, match=reason):
        parse(body)


ACCEPTED = [
    (b' {"a": [1, 2.5, null, true]} ', {"a": [1, 2.5, None, True]}),
    (b"0.0", 0.0),
    (b"-0e5", 0.0),
    (b"9" * 100, 10**100 - 1),
    ('"σ ✓ \\ud83d\\ude00"'.encode(), "σ ✓ 😀"),
    (b'"' + b"[" * 500 + b'\\"{"', "[" * 500 + '"{'),
    (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, json.loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)),
]


@pytest.mark.parametrize(("body", "value"), ACCEPTED, ids=[str(body[:20]) for body, _ in ACCEPTED])
def test_reads(body: bytes, value: object) -> None:
    assert parse(body) == value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_written_as_null(value: float) -> None:
    assert json.loads(dump({"a": [value, 1.5], "b": (value,)})) == {"a": [None, 1.5], "b": [None]}


def test_refuses_to_write_what_json_has_no_form_for() -> None:
    with pytest.raises(TypeError):
        dump({"a": object()})


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**90), 10**90)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values)
def test_reads_back_what_it_wrote(value: object) -> None:
    assert parse(dump(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        value = parse(body)
    except NotJSON:
        return
    assert parse(dump(value).encode()) == value
