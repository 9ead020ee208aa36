"""What is passed in and out of the store about a run, and what a run may be refused with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from app.events import Event


class UnknownRun(LookupError):
    """No run has this id (or it has been deleted for its age)."""


class Fenced(RuntimeError):
    """The attempt is not the run's present one any more: its keeper must stop and write nothing."""


@dataclass(frozen=True, kw_only=True)
class NewRun:
    """A training to be queued. ``client`` and ``request_key`` are keyed hashes, see ``admission``."""

    job: Mapping[str, Any]
    client: str
    request_key: str | None = None
    request_print: str | None = None
    estimated_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right to execute one attempt of a run; ``earlier`` is what each lost one told of (``attempts``)."""

    run_id: str
    owner: str
    attempt: int
    job: dict[str, Any]
    earlier: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Running:
    """A running attempt as the leader sees it."""

    run_id: str
    owner: str
    heartbeat: int
    cancel_requested: bool


@dataclass(frozen=True, kw_only=True)
class Record:
    """The row of one run, without its client."""

    id: str
    sequence: int
    state: str
    job: dict[str, Any]
    created_at: float
    started_at: float | None
    ended_at: float | None
    attempt: int
    last_event: int
    estimated_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One event of a run with its id, 1 being the first."""

    id: int
    event: Event


def record_of(row: Row[Any]) -> Record:
    """Return the record of a row of ``runs``."""
    return Record(
        id=row.id,
        sequence=row.sequence,
        state=row.state,
        job=json.loads(row.job),
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        attempt=row.attempt,
        last_event=row.last_event,
        estimated_seconds=row.estimated_seconds,
    )
