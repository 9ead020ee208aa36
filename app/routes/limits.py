"""How many simulations and privacy questions one client may ask a minute; runs are limited in the store."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable
from typing import cast

from flask import Flask, current_app, g
from flask_limiter import Limiter, RateLimitExceeded
from limits.errors import ConfigurationError

from app.errors import TooManyRequests
from app.routes.exchange import run_service, settings
from app.routes.visitors import visitor
from app.runs.admission import pseudonym
from app.runs.store.database import StoreUnavailable
from app.settings import SettingsError, without_password

MEMORY = "memory://"
RUNS_A_QUESTION = 10  # of a simulated sweep: what a single simulation takes is mostly not the simulating

_OWN_SECRET = secrets.token_hex(32)


def register(app: Flask) -> None:
    """Give ``app`` its counter of questions.

    Raises:
        SettingsError: the storage that the settings name cannot be used.
    """
    chosen = app.extensions["settings"]
    limiter = Limiter(key_func=_client, storage_uri=chosen.limiter_storage, in_memory_fallback_enabled=True)
    try:
        limiter.init_app(app)
    except ConfigurationError as fault:
        said = without_password(str(fault))  # it may name the storage whole
        raise SettingsError(f"DPSGD_LIMITER_STORAGE cannot be used: {said}") from None
    count = limiter.shared_limit(
        f"{chosen.simulations_per_minute}/minute",
        scope="questions",
        exempt_when=lambda: not visitor().limited,
        cost=lambda: g.get("question_cost", 1),
    )
    app.extensions["count_question"] = count(_one)
    app.extensions["questions"] = limiter


def _one() -> None:
    """Be what the limiter counts: a simulation is one kind of request of a view, and not all it answers."""


def count_question(*, runs: int = 1) -> None:
    """Count a simulation or a privacy question of the present client; one of many ``runs`` as some of them.

    Raises:
        TooManyRequests: it has asked as many as it may this minute.
    """
    g.question_cost = math.ceil(runs / RUNS_A_QUESTION)
    try:
        cast(Callable[[], None], current_app.extensions["count_question"])()
    except RateLimitExceeded:
        counted = cast(Limiter, current_app.extensions["questions"]).current_limit
        seconds = max(1, int(counted.reset_at - time.time())) if counted else 60
        raise TooManyRequests(
            f"{settings().simulations_per_minute} simulations and privacy questions a minute are as many as "
            f"one client may ask; try again in {seconds} seconds.",
            headers={"Retry-After": str(seconds)},
        ) from None


def _client() -> str:
    return pseudonym(_secret(), visitor().network)


def _secret() -> str:
    """Return what keys the counters' names: where several processes share them, a secret they share too."""
    known = current_app.extensions.get("question_secret")
    if known is None:
        try:
            shared = settings().limiter_storage != MEMORY
            known = run_service().admission.secret() if shared else _OWN_SECRET
        except StoreUnavailable:  # questions are answered without the store
            return _OWN_SECRET
        current_app.extensions["question_secret"] = known
    return cast(str, known)
