"""Requests in a query string: the same strict fields as in a JSON body, written as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from app.errors import Fault, InvalidParameters
from app.schemas.faults import validated
from app.schemas.requests import StrictRequest
from app.strict_json import NotJSON, parse

Request = TypeVar("Request", bound=StrictRequest)


def from_query(model: type[Request], query: Mapping[str, Sequence[str]]) -> Request:
    """Return the query's fields (name → its values) as a ``model``.

    Raises:
        InvalidParameters: a field comes twice, is unknown or breaks a rule; every fault is listed.
    """
    repeated = [name for name, values in query.items() if len(values) > 1]
    if repeated:
        raise InvalidParameters.of(*(Fault(name, "must be given once.") for name in repeated))
    return validated(model, {name: _value(model, name, values[0]) for name, values in query.items()})


def query_parameters(model: type[StrictRequest]) -> tuple[dict[str, Any], ...]:
    """Return the fields of ``model`` as OpenAPI's query parameters."""
    properties = model.model_json_schema()["properties"]
    return tuple({"name": name, "in": "query", "schema": schema} for name, schema in properties.items())


def _value(model: type[StrictRequest], name: str, text: str) -> Any:
    """Return what ``text`` means to field ``name``: a word stays text, all else is JSON if it can be."""
    field = model.model_fields.get(name)
    if field is None or "str" in str(field.annotation):
        return text
    try:
        value = parse(text.encode())
    except NotJSON:
        return text
    return text if isinstance(value, (dict, list)) else value
