"""The log: one form for what this program and its libraries say, on standard error.

Everybody logs through the standard library's ``logging``, with fields in ``extra``; structlog
gives the lines their form. No line holds a visitor's address or a run's whole id, whoever wrote it.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

SHOWN_OF_A_RUN_ID = 6  # characters: enough to tell runs apart, too few to open one

_LONG_HEX = re.compile(rf"\b([0-9a-f]{{{SHOWN_OF_A_RUN_ID}}})[0-9a-f]{{18,}}\b")
_ADDRESS = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w])|(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:\.\d{1,3}){0,3}",
    re.IGNORECASE,
)
_QUERY = re.compile(r"(?<=[\w/])\?[^\s'\"]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def configuration(form: str) -> dict[str, Any]:
    """Return the configuration for ``logging.config.dictConfig``; ``form`` is "text" or "json"."""
    shared = [
        structlog.stdlib.ExtraAdder(),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.CallsiteParameterAdder({structlog.processors.CallsiteParameter.PROCESS}),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
        )
    )
    lines = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            discreet,
            last,
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"no stalled clients": {"()": lambda: _is_no_stalled_client}},
        "formatters": {"lines": lines},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "lines"}
        },
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            "app": {"level": "INFO"},
            # gunicorn gives its logger a handler of its own; this takes it away again.
            "gunicorn.error": {
                "level": "INFO",
                "handlers": [],
                "propagate": True,
                "filters": ["no stalled clients"],
            },
        },
    }


def _is_no_stalled_client(record: logging.LogRecord) -> bool:
    """Return whether a line of gunicorn's is more than the traceback of a client that fell silent."""
    return not (record.exc_info and isinstance(record.exc_info[1], BlockingIOError))


def discreet(logger: object, method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return ``fields`` of a line (a structlog processor) with every text in them made fit for a log."""
    for name, value in fields.items():
        if isinstance(value, str):
            fields[name] = masked(value, lines=name == "exception")
    return fields


def masked(text: str, *, lines: bool = False) -> str:
    """Return ``text`` without foreign network addresses, whole run ids, queries and what could forge lines.

    ``lines`` says that line breaks belong to it.

    >>> masked("run 0123456789abcdef01234567 of 203.0.113.9")
    'run 012345… of [address]'
    """
    text = _LONG_HEX.sub(r"\1…", text)
    text = _ADDRESS.sub(_unless_own, text)
    text = _QUERY.sub("?…", text)
    text = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    return text if lines else text.replace("\n", "\\n")


def _unless_own(found: re.Match[str]) -> str:
    """Return what stands for a word that may be an address; those of this machine may be told."""
    word = found[0].rstrip(":") if found[0] != "::" else found[0]
    try:
        address = ipaddress.ip_address(word)
    except ValueError:
        return found[0]
    own = address.is_loopback or address.is_unspecified
    return found[0] if own else f"[address]{found[0][len(word) :]}"
