"""Strict field types made from the parameter table and the catalog's names.

Each type knows what it allows: the bounds of a number come from
:data:`app.parameters.PARAMETERS`, the words of a choice from the catalog.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from app.parameters import PARAMETERS, Parameter

FieldDefinition = tuple[Any, Any]  # what pydantic.create_model takes: a type and its Field


def number(name: str, *, required: bool = False) -> FieldDefinition:
    """Return type and field of the numeric parameter ``name``; null is accepted where the default is none."""
    parameter = PARAMETERS[name]
    kind = kind_of(name)
    if parameter.default is None and not required:
        kind = kind | None
    default = ... if required else parameter.default
    return kind, Field(default, description=f"{parameter.label}: {parameter.meaning}")


def kind_of(name: str) -> Any:
    """Return the type of the numeric parameter ``name``, bounds included, without null."""
    parameter = PARAMETERS[name]
    return _integer(parameter) if parameter.integer else _float(parameter)


def choice(
    names: Iterable[str], *, default: str | None, description: str, required: bool = False
) -> FieldDefinition:
    """Return type and field of a word out of ``names``; null is accepted where the default is none."""
    allowed = tuple(names)

    def check(value: str) -> str:
        if value not in allowed:
            raise PydanticCustomError("choice", "must be one of the names offered")
        return value

    kind: Any = Annotated[str, AfterValidator(check), Field(json_schema_extra={"enum": list(allowed)})]
    if required:
        return kind, Field(..., description=description)
    return kind if default else kind | None, Field(default, description=description)


def ruled(kind: Any, *, rule: str, description: str, default: Any = ...) -> FieldDefinition:
    """Return type and field of what is neither a number nor a choice; ``rule`` is said where it is broken."""
    return kind, Field(default, description=description, json_schema_extra={"rule": rule})


def rule_of(field: FieldInfo) -> str | None:
    """Return the rule of a field that :func:`ruled` made, None for another."""
    extra = field.json_schema_extra
    return str(extra["rule"]) if isinstance(extra, dict) and "rule" in extra else None


def switch(description: str) -> FieldDefinition:
    """Return type and field of a flag that is off by default."""
    return bool, Field(False, description=description)


def _integer(parameter: Parameter) -> Any:
    bounds = Field(ge=int(parameter.minimum), le=int(parameter.maximum))
    return Annotated[int, bounds, BeforeValidator(_whole)]


def _float(parameter: Parameter) -> Any:
    bounds = Field(ge=parameter.minimum, le=parameter.maximum, allow_inf_nan=False)
    return Annotated[float, bounds, AfterValidator(_unsigned_zero)]


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _unsigned_zero(value: float) -> float:
    return value + 0.0  # -0.0 would be shown as such
