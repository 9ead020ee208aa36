"""gunicorn's configuration: where it listens, how many threads, and how long a silent client may stay."""

from __future__ import annotations

import importlib
import os
import socket
import subprocess
import sys
import time
from types import ModuleType, SimpleNamespace

import pytest

from tests.serving import ROOT


def configured(monkeypatch: pytest.MonkeyPatch, **environment: str) -> ModuleType:
    for name in [name for name in os.environ if name.startswith("DPSGD_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    return importlib.reload(importlib.import_module("app.gunicorn_config"))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, {"bind": "127.0.0.1:5000", "workers": 2, "threads": 120}),
        ({"DPSGD_HOST": "0.0.0.0", "DPSGD_PORT": "7860"}, {"bind": "0.0.0.0:7860"}),
        ({"DPSGD_HOST": "::1"}, {"bind": "[::1]:5000"}),
        ({"WEB_CONCURRENCY": "4", "DPSGD_STREAMS": "30"}, {"workers": 4, "threads": 40}),
    ],
    ids=str,
)
def test_settings_become_options(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: dict[str, object]
) -> None:
    module = configured(monkeypatch, **environment)
    assert {name: getattr(module, name) for name in expected} == expected


def test_a_client_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    module = configured(monkeypatch)
    monkeypatch.setattr(module, "STALLED_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        module.when_ready(SimpleNamespace(LISTENERS=[listener]))
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted:
                began = time.monotonic()
                with pytest.raises(BlockingIOError):
                    accepted.recv(1)
                assert time.monotonic() - began > 0.5
                with pytest.raises(BlockingIOError):
                    accepted.sendall(b" " * 2**26)  # its receiver never reads


def test_a_setting_that_cannot_be_used_is_one_line_that_names_it() -> None:
    command = [sys.executable, "-m", "gunicorn", "--config", "python:app.gunicorn_config", "run:app"]
    environment = {**os.environ, "DPSGD_PORT": "http"}
    outcome = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert outcome.returncode == 1
    assert outcome.stderr.splitlines() == [
        "DPSGD_PORT must be a whole number from 0 to 65535; received 'http'."
    ]
