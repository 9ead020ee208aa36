"""The one problem body, and what public errors say."""

from __future__ import annotations

import pytest

from app import errors
from app.errors import KINDS, Fault, InvalidParameters, PublicError, problem


@pytest.mark.parametrize("status", KINDS)
def test_every_status_has_a_whole_problem_of_its_own(status: int) -> None:
    body = problem(status)
    assert list(body) == ["type", "title", "status", "detail", "errors"]
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["errors"] == []


def test_kinds_are_told_apart_by_their_type() -> None:
    assert len({problem(status)["type"] for status in KINDS}) == len(KINDS)


@pytest.mark.parametrize(("status", "stands_in"), [(418, 400), (410, 400), (502, 500)])
def test_a_status_without_a_problem_of_its_own_keeps_its_number(status: int, stands_in: int) -> None:
    assert problem(status) == {**problem(stands_in), "status": status}


def test_invalid_parameters_say_all_their_faults_twice() -> None:
    body = InvalidParameters.of(Fault("epochs", "too many."), Fault("delta", "too large.")).to_problem()
    assert body["detail"] == "epochs: too many. delta: too large."
    assert body["errors"] == [
        {"field": "epochs", "message": "too many."},
        {"field": "delta", "message": "too large."},
    ]


PUBLIC = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, PublicError)]


@pytest.mark.parametrize("kind", PUBLIC)
def test_every_public_error_has_a_status_that_is_described(kind: type[PublicError]) -> None:
    assert kind("why").to_problem() == {**problem(kind.status), "detail": "why"}
