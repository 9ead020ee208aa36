"""Health, readiness, and a description of the interface that is in step with it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from app import __version__
from app.errors import KINDS
from app.schemas.documents import Run
from app.schemas.operations import OPERATIONS
from app.schemas.sweeps import Sweep

ROOT = Path(__file__).resolve().parents[2]
PAGES = {("get", path) for path in ("/", "/learning", "/attacks", "/static/{filename}")}


def served(client: Any) -> set[tuple[str, str]]:
    """Return (method, path with {name}) of every route but the pages."""
    return {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in client.application.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    } - PAGES


def test_healthz_and_readyz_answer(client):
    assert client.get("/healthz").json == {"status": "ok", "version": __version__}
    ready = client.get("/readyz").json
    assert (ready["status"], ready["real"]["available"]) == ("ready", True)


def test_the_version_is_the_project_s():
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text()


def test_openapi_describes_exactly_what_is_served(client):
    paths = client.get("/api/openapi.json").json["paths"]
    described = {(method, path) for path, methods in paths.items() for method in methods}
    assert described == served(client)


def test_http_api_md_describes_exactly_what_is_served(client):
    text = (ROOT / "docs" / "http_api.md").read_text(encoding="utf-8")
    headings = re.findall(r"^### `([A-Z]+) (/[^`]*)`", text, re.MULTILINE)
    kinds = {"runs": "run", "tables": "table", "sweeps": "sweep"}
    names = {f"/{plural}/<id>": f"/{plural}/{{{kind}_id}}" for plural, kind in kinds.items()}
    for written, described_as in names.items():
        headings = [(method, path.replace(written, described_as)) for method, path in headings]
    described = {(method.lower(), path) for method, path in headings}
    assert described == served(client)


@pytest.mark.parametrize(("heading", "model"), [("The run document", Run), ("The sweep document", Sweep)])
def test_http_api_md_describes_every_field_of_the_document(heading, model):
    text = (ROOT / "docs" / "http_api.md").read_text(encoding="utf-8")
    table = text.partition(f"## {heading}")[2].partition("## ")[0]
    first_cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`(\w+)`", "".join(first_cells))) == set(model.model_fields)


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        here = {node["$ref"]} if "$ref" in node else set()
        return here.union(*(references(value) for value in node.values()))
    return set().union(*(references(item) for item in node)) if isinstance(node, list) else set()


def test_every_reference_in_openapi_leads_to_a_schema(client):
    document = client.get("/api/openapi.json").json
    names = {reference.removeprefix("#/components/schemas/") for reference in references(document)}
    assert names <= set(document["components"]["schemas"])
    assert {"Problem", "Run", "TrainRequest"} <= names


def test_every_failure_in_openapi_is_the_one_problem(client):
    for methods in client.get("/api/openapi.json").json["paths"].values():
        for operation in methods.values():
            failures = {
                status: answer for status, answer in operation["responses"].items() if status >= "400"
            }
            assert {"400", "404", "405", "413", "414", "500"} <= set(failures)
            for answer in failures.values():
                schema = answer["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}


def test_openapi_tells_which_failures_a_server_before_the_application_may_answer_as_a_page(client):
    for methods in client.get("/api/openapi.json").json["paths"].values():
        for operation in methods.values():
            answers = operation["responses"].items()
            pages = {status for status, answer in answers if "text/html" in answer.get("content", {})}
            assert pages - {"200"} == {"400", "414"}


def test_openapi_leads_from_a_run_to_all_that_can_be_asked_about_it(client):
    paths = client.get("/api/openapi.json").json["paths"]
    about_runs = {
        operation["operationId"]
        for path, methods in paths.items()
        for operation in methods.values()
        if "{run_id}" in path
    }
    accepted = paths["/api/train"]["post"]["responses"]["202"]["links"]
    cancelled = paths["/api/runs/{run_id}/cancel"]["post"]["responses"]["200"]["links"]
    assert set(accepted) == set(cancelled) == about_runs
    assert {link["operationId"] for link in accepted.values()} == about_runs


def test_openapi_names_each_operation_once(client):
    paths = client.get("/api/openapi.json").json["paths"]
    names = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(names) == len(set(names))


def test_openapi_carries_the_bounds_of_the_parameter_table(client):
    schemas = client.get("/api/openapi.json").json["components"]["schemas"]
    epochs = schemas["TrainRequest"]["properties"]["epochs"]
    assert (epochs["type"], epochs["minimum"], epochs["maximum"], epochs["default"]) == ("integer", 1, 60, 15)
    assert schemas["TrainRequest"]["additionalProperties"] is False


def test_the_docs_page_names_every_endpoint_and_every_kind_of_failure(client):
    page = client.get("/api/docs").text
    assert all(f"{operation.method.upper()} {operation.path}" in page for operation in OPERATIONS)
    assert all(f'id="{kind.slug}"' in page for kind in KINDS.values())


@pytest.mark.parametrize("path", ["/", "/learning", "/attacks", "/api/docs"])
def test_a_page_is_html_without_inline_script_or_style(client, path):
    response = client.get(path)
    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert re.findall(r"<script(?![^>]*\bsrc=)", response.text) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", response.text) == []


@pytest.mark.parametrize("path", ["/", "/learning", "/attacks", "/api/docs"])
def test_a_page_asks_nothing_of_another_origin(client, path):
    assert re.findall(r'(?:src|action)="(?!/)|<link[^>]*href="(?!/)', client.get(path).text) == []
