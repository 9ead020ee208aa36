"""What is nearly JSON, and what is not, gets one shape of answer from every endpoint that reads a body."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.schemas.operations import OPERATIONS
from tests.api.served import Served

EXAMPLES = int(os.environ.get("DPSGD_FUZZ_GARBAGE", "400"))  # `make fuzz` tries more, and others each time
ENDPOINTS = sorted(operation.path for operation in OPERATIONS if operation.body is not None)
FIELDS = sorted({name for operation in OPERATIONS if operation.body for name in operation.body.model_fields})
WORDS = ("simulation", "real", "digits", "mnist", "xor", "auto", "poisson", "sgd", "toy_mlp", "../../x")

numbers = st.one_of(
    st.integers(-3, 70).map(str),
    st.integers(-(10**120), 10**120).map(str),
    st.floats().map(repr),  # nan, inf and -inf among them
    st.sampled_from(["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e-400", "0." + "0" * 400 + "1"]),
    st.sampled_from(
        ["5.0", "5e0", "-0.0", "-0", "1E+2", "01", "+1", "1.", ".5", "0x10", "1_0", "- 1", "9" * 5000]
    ),
)
strings = st.one_of(
    st.sampled_from(WORDS).map(json.dumps),
    st.text(max_size=20).map(json.dumps),
    st.text(max_size=20).map(lambda text: f'"{text}"'),  # quotes, backslashes and controls as they come
    st.sampled_from(
        [
            r'"\ud800"',
            r'"\udc00\ud800"',
            r'"\u0000"',
            r'"\x41"',
            '"',
            "'x'",
            '"\u202e"',
            '"' + "a" * 3000 + '"',
        ]
    ),
)
names = st.one_of(
    st.sampled_from(FIELDS),
    st.sampled_from(["__proto__", "constructor", "__class__", "", "$ref", "\u0435pochs"]),
).map(json.dumps)
scalars = st.one_of(
    numbers, strings, st.sampled_from(["null", "true", "false", "None", "True", "undefined", ""])
)


def _object(members: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{name}:{value}" for name, value in members) + "}"


def _containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.lists(inner, max_size=4).map(lambda items: "[" + ",".join(items) + "]")
    members = st.lists(st.tuples(st.one_of(names, strings), inner), max_size=6)  # a name may come twice
    return st.one_of(lists, members.map(_object))


values = st.recursive(scalars, _containers, max_leaves=12)
deep = st.builds(
    lambda depth, opening: opening * depth + "1" + {"[": "]", '{"epochs":': "}"}[opening] * depth,
    st.integers(20, 900),
    st.sampled_from(["[", '{"epochs":']),
)
requests = st.lists(st.tuples(names, st.one_of(values, deep)), max_size=8).map(_object)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a text with a piece cut out and another put in."""
    body = draw(st.one_of(requests, values)).encode("utf-8", "surrogatepass")
    begin, end = sorted(draw(st.tuples(*[st.integers(0, len(body))] * 2)))
    return body[:begin] + draw(st.binary(max_size=6)) + body[end:]


bodies = st.one_of(
    requests.map(lambda text: text.encode("utf-8", "surrogatepass")),
    values.map(lambda text: text.encode("utf-8", "surrogatepass")),
    damaged(),
    st.binary(max_size=64),
    requests.map(lambda text: text.encode("utf-16", "surrogatepass")),
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(store=str(tmp_path_factory.mktemp("garbage") / "runs.sqlite"), limits="off")
    yield served
    served.service.close()


def refuse(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} in an answer")


def assert_one_problem(status: int, media_type: str, answer: dict[str, Any]) -> None:
    assert media_type == "application/problem+json"
    assert set(answer) == {"type", "title", "status", "detail", "errors"}
    assert answer["status"] == status
    assert status != 422 or answer["errors"], "a field that breaks a rule is named"
    for fault in answer["errors"]:
        assert set(fault) == {"field", "message"}
        assert len(fault["field"]) <= 61
        assert len(fault["message"]) <= 500


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize="DPSGD_FUZZ_GARBAGE" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(endpoint=st.sampled_from(ENDPOINTS), body=bodies)
def test_whatever_is_sent_the_answer_is_a_document_or_the_one_problem(
    served: Served, endpoint: str, body: bytes
) -> None:
    response = served.client.post(endpoint, data=body, headers={"Content-Type": "application/json"})
    answer = json.loads(response.data.decode("utf-8"), parse_constant=refuse)
    assert isinstance(answer, dict)
    if response.status_code in (200, 202):
        assert "type" not in answer
        return
    unknown = (404,) if "{" in endpoint else ()  # no run has the id that stands in braces
    assert response.status_code in (400, 413, 422, 503, *unknown), response.text
    assert_one_problem(response.status_code, response.mimetype, answer)
