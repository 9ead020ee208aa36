"""Turns a failed validation into the full list of faults, each with what came and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from app.errors import Fault, InvalidParameters
from app.parameters import PARAMETERS, Parameter
from app.schemas.fields import rule_of
from app.schemas.requests import StrictRequest
from app.strict_json import dump

Request = TypeVar("Request", bound=StrictRequest)

SHOWN = 60  # characters of a received value or name that a message repeats


def validated(model: type[Request], body: Mapping[str, Any]) -> Request:
    """Return ``body`` as a ``model``.

    Raises:
        InvalidParameters: with one fault for every field that breaks a rule.
    """
    try:
        return model.model_validate(body)
    except ValidationError as failure:
        # A field can fail several rules at once (null and a bound); one sentence covers them all.
        faults = {str(error["loc"][0]): _fault(model, error) for error in failure.errors(include_url=False)}
        raise InvalidParameters(_detail(model, body), errors=list(faults.values())) from None


def received(value: Any) -> str:
    """Return ``value`` as the sender wrote it, shortened."""
    return _shortened(dump(value))


def allowed_range(parameter: Parameter) -> str:
    """Return the sentence of what a parameter accepts.

    >>> allowed_range(PARAMETERS["epochs"])
    'must be a whole number from 1 to 60'
    """
    kind = "a whole number" if parameter.integer else "a number"
    return f"must be {kind} from {_plain(parameter.minimum)} to {_plain(parameter.maximum)}"


def _detail(model: type[StrictRequest], body: Mapping[str, Any]) -> str:
    if any(name not in model.model_fields for name in body):
        return (
            f"The request has fields that are unknown or not valid. Known: {', '.join(model.model_fields)}."
        )
    return "The request has fields that are not valid."


def _fault(model: type[StrictRequest], error: Any) -> Fault:
    name = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        return Fault(_shortened(name), "unknown field")
    rule = rule_of(model.model_fields[name])
    if rule is not None:  # what was received may be private, and long
        return Fault(name, f"{rule}.")
    if error["type"] == "missing":
        return Fault(name, f"is required; {_rule(model, name)}")
    return Fault(name, f"{_rule(model, name)}; received {received(error['input'])}")


def _rule(model: type[StrictRequest], name: str) -> str:
    if name in PARAMETERS:
        return allowed_range(PARAMETERS[name])
    words = _words(model, name)
    return f"must be one of {', '.join(words)}" if words else "must be true or false"


def _words(model: type[StrictRequest], name: str) -> list[str]:
    schema = model.model_json_schema()["properties"][name]
    names: list[str] = schema.get("enum") or schema.get("anyOf", [{}])[0].get("enum", [])
    return names


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def _plain(bound: float) -> str:
    return str(int(bound)) if bound == int(bound) else f"{bound:g}"
