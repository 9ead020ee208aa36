"""/metrics: what it tells, to whom, and that each answered request is counted and logged by its route."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import create_app
from app.metrics import server_processes
from app.runs.following.seats import NoSeat
from app.settings import Settings
from tests.api.conftest import RUN_ID


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Return a function that makes a client of an application with a store of its own."""
    services = []

    def make(*, store: str = "runs.sqlite", **settings: Any) -> Any:
        app = create_app(Settings(store=str(tmp_path / store), **settings))
        services.append(app.extensions["runs"])
        return app.test_client()

    yield make
    for service in services:
        service.close()


def samples(client: Any) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.content_type.startswith("text/plain; version=")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def value(client: Any, name: str, **labels: str) -> float | None:
    return samples(client).get((f"dpsgd_{name}", frozenset(labels.items())))


def test_a_request_is_counted_by_its_route_and_status_and_never_by_its_path(server):
    client = server()
    client.get(f"/api/runs/{RUN_ID}")
    client.get(f"/api/runs/{RUN_ID[::-1]}")
    client.get("/nothing/of/the/kind")
    counted = {"method": "GET", "route": "/api/runs/<run_id>", "status": "404"}
    assert value(client, "http_requests_total", **counted) == 2
    assert value(client, "http_requests_total", method="GET", route="none", status="404") == 1
    assert value(client, "http_seconds_count", route="/api/runs/<run_id>") == 2
    assert RUN_ID not in client.get("/metrics").text


def test_made_up_methods_share_one_name(server):
    client = server()
    for method in ("BREW", "WHEN"):
        client.open("/healthz", method=method)
    assert value(client, "http_requests_total", method="other", route="none", status="405") == 2


def test_the_runs_are_told_from_the_store(server):
    client = server()
    assert value(client, "store_available") == 1
    assert value(client, "runs", state="queued") == 0
    assert value(client, "queue_length") == 0
    assert value(client, "leader") == 0
    assert value(client, "streams_open") == 0


def test_streams_are_told_while_they_are_open_and_counted_when_refused(server, monkeypatch):
    client = server(streams=1)
    service = client.application.extensions["runs"]
    with service.seats.take():
        assert value(client, "streams_open") == 1

    def refuse(*_: object, **__: object) -> None:
        raise NoSeat("all seats are taken")

    monkeypatch.setattr(service, "stream", refuse)
    assert client.get(f"/api/runs/{RUN_ID}/events").status_code == 503
    assert (value(client, "streams_open"), value(client, "streams_refused_total")) == (0, 1)


def test_without_its_store_it_still_answers_and_says_so(server, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    client = server(store="file/runs.sqlite")
    assert value(client, "store_available") == 0
    assert value(client, "runs", state="queued") is None
    assert value(client, "streams_open") == 0


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is told by Linux' /proc")
def test_memory_is_this_process_s_and_its_children_s(server):
    client = server()
    web = value(client, "resident_bytes", processes="web")
    assert web is not None
    assert 2e7 < web < 1e10
    assert server_processes()[0] == {os.getpid()}


FORWARDED = [
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Real-IP": "127.0.0.1"},
    {"Forwarded": "for=127.0.0.1"},
]


@pytest.mark.parametrize("headers", FORWARDED, ids=str)
def test_a_proxy_on_this_machine_speaks_for_somebody_else(server, expect_problem, headers):
    problem = expect_problem(server().get("/metrics", headers=headers), 403)
    assert "DPSGD_METRICS" in problem["detail"]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "status"),
    [(1, "203.0.113.9", 403), (1, "127.0.0.1", 200), (1, "127.0.0.1, 203.0.113.9", 403)],
)
def test_behind_a_trusted_proxy_its_client_counts(server, proxies, forwarded, status):
    response = server(proxies=proxies).get("/metrics", headers={"X-Forwarded-For": forwarded})
    assert response.status_code == status


@pytest.mark.parametrize(
    ("address", "setting", "status"),
    [
        ("127.0.0.1", "loopback", 200),
        ("::1", "loopback", 200),
        ("203.0.113.9", "loopback", 403),
        ("", "loopback", 403),
        ("203.0.113.9", "all", 200),
    ],
)
def test_only_this_machine_may_ask_unless_all_may(server, address, setting, status):
    response = server(metrics=setting).get("/metrics", environ_overrides={"REMOTE_ADDR": address})
    assert response.status_code == status


@pytest.mark.parametrize(
    ("path", "level", "route"),
    [
        (f"/api/runs/{RUN_ID}?after=1", logging.INFO, "/api/runs/<run_id>"),
        ("/nothing?secret=1", logging.INFO, "none"),
        ("/healthz", logging.DEBUG, "/healthz"),
        ("/static/favicon.svg", logging.DEBUG, "/static/<path:filename>"),
    ],
)
def test_a_request_is_logged_by_its_route_and_the_quiet_ones_below_info(client, caplog, path, level, route):
    caplog.set_level(logging.DEBUG, logger="app")
    response = client.get(path, headers={"X-Request-ID": "seen-1"})
    (record,) = (record for record in caplog.records if record.name == "app.routes.records")
    told = vars(record)
    assert (record.levelno, record.getMessage()) == (level, "request")
    assert (told["request_id"], told["method"], told["route"]) == ("seen-1", "GET", route)
    assert told["status"] == response.status_code
    assert re.fullmatch(r"\d+\.\d", str(told["milliseconds"]))
    response.close()


def test_nothing_logged_tells_where_a_request_came_from_or_what_it_asked(client, caplog):
    caplog.set_level(logging.DEBUG)
    client.get(f"/api/runs/{RUN_ID}/export?format=secret", environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    for record in caplog.records:
        told = str(vars(record))
        assert not re.search(rf"203\.0\.113|{RUN_ID}|secret", told)
