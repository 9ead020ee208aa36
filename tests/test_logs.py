"""The log's lines: their form, and what they never hold whoever wrote them."""

from __future__ import annotations

import json
import logging
import logging.config
import subprocess
import sys
from typing import Any

import pytest

from app.logs import configuration, masked
from tests.serving import ROOT

RUN_ID = "0123456789abcdef01234567"
CASES = {
    "a run's id": (f"run {RUN_ID} ended", "run 012345… ended"),
    "a longer token": (f"owner {RUN_ID}01234567.", "owner 012345…."),
    "a request's id stays": ("request_id=0123456789abcdef", "request_id=0123456789abcdef"),
    "IPv4": ("Invalid request from ip=203.0.113.9: x", "Invalid request from ip=[address]: x"),
    "IPv4 with port": ("203.0.113.9:4711", "[address]:4711"),
    "IPv6": ("from 2001:db8::7:1 now", "from [address] now"),
    "IPv6 in brackets": ("[2001:db8::7]:80", "[[address]]:80"),
    "IPv4 in IPv6": ("::ffff:203.0.113.9", "[address]"),
    "this machine stays": ("http://127.0.0.1:5000 ::1 0.0.0.0", "http://127.0.0.1:5000 ::1 0.0.0.0"),
    "a time stays": ("2026-11-22T03:00:12Z 03:00:12", "2026-11-22T03:00:12Z 03:00:12"),
    "a version stays": ("gunicorn 27.0.1", "gunicorn 27.0.1"),
    "a query": ("'GET /api/x?secret=1&y HTTP/9'", "'GET /api/x?… HTTP/9'"),
    "a question stays": ("what is it? nothing", "what is it? nothing"),
    "line breaks": ("one\r\ntwo", "one\\x0d\\ntwo"),
    "colours": ("\x1b[31mred", "\\x1b[31mred"),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_what_may_be_told_is_told_and_the_rest_is_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


def test_a_traceback_keeps_its_lines_and_is_masked_too() -> None:
    assert masked(f"one\n  two {RUN_ID}", lines=True) == "one\n  two 012345…"


def formatted(form: str, message: str, **extra: Any) -> str:
    specification = dict(configuration(form)["formatters"]["lines"])
    formatter: logging.Formatter = specification.pop("()")(**specification)
    record = logging.getLogger("app.test").makeRecord("app.test", 30, "", 0, message, (), None, extra=extra)
    return formatter.format(record)


def test_a_json_line_holds_the_fields_of_whoever_logged() -> None:
    line = formatted("json", f"ended {RUN_ID}", route="/api/runs/<run_id>", status=404, client="203.0.113.9")
    fields = json.loads(line)
    assert fields.pop("timestamp").endswith("Z")
    assert isinstance(fields.pop("process"), int)
    assert fields == {
        "event": "ended 012345…",
        "level": "warning",
        "logger": "app.test",
        "route": "/api/runs/<run_id>",
        "status": 404,
        "client": "[address]",
    }


def test_a_text_line_is_one_line_with_its_fields() -> None:
    line = formatted("text", "one\ntwo", status=404)
    assert "\n" not in line
    assert "[warning" in line
    assert "one\\ntwo" in line
    assert "status=404" in line


PROGRAM = """
import logging, logging.config
from app.logs import configuration
logging.config.dictConfig(configuration("json"))
logging.getLogger("app.somewhere").info("ours")
logging.getLogger("library").info("not worth a line")
logging.getLogger("library").warning("theirs")
logging.getLogger("gunicorn.error").info("gunicorn's")
try:
    raise BlockingIOError(11, "again")
except BlockingIOError:
    logging.getLogger("gunicorn.error").exception("Socket error processing request.")
try:
    raise ValueError("of 203.0.113.9")
except ValueError:
    logging.getLogger("gunicorn.error").exception("a fault")
"""


def test_everybody_s_lines_go_to_standard_error_in_one_form() -> None:
    outcome = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in outcome.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["ours", "theirs", "gunicorn's", "a fault"]
    assert lines[-1]["exception"].endswith("ValueError: of [address]")
    assert outcome.stdout == ""
