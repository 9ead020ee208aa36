"""The reference part of docs/http_api.md, from the table of operations and the schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app import __version__
from app.schemas.openapi import openapi
from app.schemas.operations import OPERATIONS, Operation

Schema = Mapping[str, Any]


def reference() -> str:
    """Return every call in one table, then a table of fields for each schema, by name."""
    schemas = openapi(version=__version__)["components"]["schemas"]
    parts = [_table(("call", "what it does", "takes", "answers", "may fail with"), map(_call, OPERATIONS))]
    parts += [_fields(name, schemas[name]) for name in sorted(schemas)]
    return "\n\n".join(parts)


def _call(operation: Operation) -> tuple[str, ...]:
    path = operation.path.replace("{", "<").replace("}", ">")
    in_query_too = {} if operation.path != "/api/code" else _properties("TrainRequest")
    takes = [_link(operation.body.__name__)] if operation.body else []
    takes += [f"`{each['name']}`" for each in operation.parameters if each["in"] != "path"]
    takes = [each for each in takes if each.strip("`") not in in_query_too]
    takes += ["the fields of " + _link("TrainRequest")] if in_query_too else []
    answers = [f"{status} {_kind(kind)}".strip() for status, kind in operation.answers.items()]
    failures = " ".join(map(str, operation.statuses_of_failure))
    call = f"`{operation.method.upper()} {path}`"
    return call, operation.summary, ", ".join(takes), ", ".join(answers), failures


def _properties(name: str) -> Schema:
    return openapi(version=__version__)["components"]["schemas"][name]["properties"]


def _kind(kind: Any) -> str:
    if kind is None:
        return ""
    return f"`{kind}`" if isinstance(kind, str) else _link(kind.__name__)


def _fields(name: str, schema: Schema) -> str:
    required = schema.get("required", [])
    is_request = name.endswith("Request")
    heading = ("field", "takes", "default", "meaning") if is_request else ("field", "is", "meaning")

    def rows() -> Iterator[tuple[str, ...]]:
        for field, each in schema.get("properties", {}).items():
            middle = (_type(each),)
            if is_request:
                middle += ("required" if field in required else _default(each),)
            yield (f"`{field}`", *middle, each.get("description", ""))

    description = schema.get("description", "").replace("``", "`").strip()
    return f"### {name}\n\n{' '.join(description.split())}\n\n{_table(heading, rows())}"


def _default(schema: Schema) -> str:
    default = schema.get("default")
    return "" if default is None else f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _type(schema: Schema) -> str:
    """Return what values a JSON schema allows, in words."""
    if "$ref" in schema:
        return _link(schema["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{word}`" for word in schema.get("enum", [schema.get("const")]))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}" + _bounds(schema, "minItems", "maxItems")
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {_type(schema['additionalProperties'])}"
    words = {"integer": "whole number", "string": "text", "boolean": "true or false"}
    return words.get(kind, kind) + _bounds(schema, "minimum", "maximum")


def _bounds(schema: Schema, lowest: str, highest: str) -> str:
    low, high = schema.get(lowest), schema.get(highest)
    if low is None and high is None:
        return ""
    if high is None:
        return f" ≥ {low:g}"
    return f" ≤ {high:.12g}" if low is None else f" {low:.12g}–{high:.12g}"


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _table(heading: tuple[str, ...], rows: Any) -> str:
    lines = [heading, ("---",) * len(heading), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
