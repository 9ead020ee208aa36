"""The one table of settings, read from DPSGD_* environment variables once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


class SettingsError(ValueError):
    """A setting's value cannot be used; the message lists every such setting on a line of its own."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one process; what each means stands in :data:`SETTINGS`."""

    host: str = "127.0.0.1"
    port: int = 5000
    trusted_hosts: tuple[str, ...] = ()
    data_dir: str | None = None
    offline: bool = False
    wait_seconds: float = 300.0
    queue_limit: int = 20
    max_body: int = 16 * 1024
    max_table: int = 4 * 2**20
    store: str | None = None
    retention_days: int = 30
    slots: int = 1
    run_seconds: int = 3600
    cost_seconds: int = 1800
    sweep_seconds: int = 3600
    lease_seconds: int | None = None
    scheduler: str | None = None
    tls_ca: str | None = None
    tls_certificate: str | None = None
    tls_key: str | None = None
    streams: int = 110
    stream_seconds: int = 900
    limits: str = "auto"
    active_runs: int = 2
    trainings_per_minute: int = 10
    simulations_per_minute: int = 600
    limiter_storage: str = "memory://"
    proxies: int = 0
    metrics: str = "loopback"
    log: str = "text"

    @property
    def store_location(self) -> str:
        """Return where the runs are kept: the setting, else a file in the user's folder for such state."""
        state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
        return self.store or os.path.join(os.path.expanduser(state), "dpsgd-playground", "runs.sqlite")

    @property
    def lease(self) -> float:
        """Return after how many seconds of silence an attempt is given up."""
        return self.lease_seconds or (30.0 if self.scheduler else 5.0)

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """Return every name under which this server may be addressed: its own machine's and the trusted."""
        return (*LOCAL_HOSTS, *self.trusted_hosts)


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value.strip()


def _path(value: str) -> str | None:
    return os.path.expanduser(value.strip()) or None


def _store(value: str) -> str:
    location = _text(value)
    host_and_port = r"(.*@)?(\[[^]]+\]|[^/@:\[]+|(?<=@))(:\d+)?"
    if "://" in location and not re.fullmatch(rf"(postgresql://{host_and_port}/|sqlite:///)[^/].*", location):
        raise ValueError("must be a file's path or postgresql://user:password@host/name")
    return location


def _scheduler(value: str) -> str:
    if not re.fullmatch(r"tls://[^/\s]+:\d+", value.strip()):
        raise ValueError("must be tls://host:port (an open Dask port would run anybody's code)")
    return value.strip()


def _one_of(*words: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.strip().lower() not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return value.strip().lower()

    return read


def without_password(value: str) -> str:
    """Return ``value`` fit for a log, also where a URL with a password was expected or given."""
    return re.sub(r"(?<=://).*@", "…@", value, flags=re.DOTALL)


def _names(value: str) -> tuple[str, ...]:
    return tuple(name.strip().lower() for name in value.split(",") if name.strip())


def _switch(value: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"": False, "0": False, "false": False, "no": False, "off": False}
    if value.strip().lower() not in words:
        raise ValueError("must be 1 or 0")
    return words[value.strip().lower()]


def _whole(minimum: int, maximum: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not value.strip().isascii() or not value.strip().isdigit():
            raise ValueError(f"must be a whole number from {minimum} to {maximum}")
        if not minimum <= int(value) <= maximum:
            raise ValueError(f"must be from {minimum} to {maximum}")
        return int(value)

    return read


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One row of the table: the field of :class:`Settings`, its variable, its reader and its meaning.

    ``read`` returns the value of the variable's text, or raises ValueError with the rule it breaks.
    """

    name: str
    read: Callable[[str], Any]
    meaning: str

    @property
    def variable(self) -> str:
        return f"DPSGD_{self.name.upper()}"

    @property
    def default(self) -> Any:
        return getattr(Settings, self.name)


SETTINGS: tuple[Setting, ...] = (
    Setting(name="host", read=_text, meaning="Address that the server listens on; 0.0.0.0 for all."),
    Setting(
        name="port", read=_whole(0, 65535), meaning="Port that the server listens on; 0 picks a free one."
    ),
    Setting(
        name="trusted_hosts",
        read=_names,
        meaning=(
            "Host names, beside localhost, under which the server may be addressed, separated by commas; "
            "a leading dot means all subdomains, * any name. "
            "In a Hugging Face Space the Space's own name (SPACE_HOST) is added."
        ),
    ),
    Setting(name="data_dir", read=_path, meaning="Folder with mnist.npz and fashion_mnist.npz."),
    Setting(name="offline", read=_switch, meaning="1 forbids the download of datasets."),
    Setting(
        name="wait_seconds",
        read=_whole(0, 86_400),
        meaning="How long POST /api/train waits for a real run before it answers 202 (seconds).",
    ),
    Setting(
        name="queue_limit",
        read=_whole(1, 10_000),
        meaning="How many runs may wait, a sweep counted as one; more are a 503.",
    ),
    Setting(name="max_body", read=_whole(256, 2**24), meaning="Longest request body (bytes); more is a 413."),
    Setting(
        name="max_table",
        read=_whole(0, 2**24),
        meaning="Longest body of POST /api/tables (bytes); more is a 413, and 0 refuses tables altogether.",
    ),
    Setting(
        name="store",
        read=_store,
        meaning=(
            "Where runs are kept: the path of an SQLite file, or postgresql://user:password@host/name. "
            "Without it ~/.local/state/dpsgd-playground/runs.sqlite."
        ),
    ),
    Setting(name="retention_days", read=_whole(1, 3650), meaning="How long a finished run is kept (days)."),
    Setting(
        name="slots",
        read=_whole(1, 64),
        meaning="How many trainings run at once on this machine; each already uses all its cores.",
    ),
    Setting(
        name="run_seconds",
        read=_whole(1, 604_800),
        meaning="Longest time that a real run may take; past it the run fails (seconds).",
    ),
    Setting(
        name="cost_seconds",
        read=_whole(1, 604_800),
        meaning="A real run that is estimated to take longer is refused with a 422 (seconds).",
    ),
    Setting(
        name="sweep_seconds",
        read=_whole(1, 604_800),
        meaning="A real sweep that is estimated to take longer, all its runs together, is refused with a 422 "
        "(seconds).",
    ),
    Setting(
        name="lease_seconds",
        read=_whole(1, 3600),
        meaning="Silence after which a training is given up and tried again (seconds); "
        "without it 5 on this machine, 30 on a cluster.",
    ),
    Setting(
        name="scheduler",
        read=_scheduler,
        meaning="tls://host:port of a Dask scheduler whose workers train; without it this machine does.",
    ),
    Setting(name="tls_ca", read=_path, meaning="File with the certificate authority of the cluster (PEM)."),
    Setting(
        name="tls_certificate",
        read=_path,
        meaning="File with this machine's certificate for the cluster (PEM).",
    ),
    Setting(name="tls_key", read=_path, meaning="File with the key of that certificate (PEM)."),
    Setting(
        name="streams",
        read=_whole(1, 10_000),
        meaning="How many streams and waiting requests one web process serves; "
        "more are a 503 and the page polls. Keep it below gunicorn's threads.",
    ),
    Setting(
        name="stream_seconds",
        read=_whole(1, 86_400),
        meaning="Age at which a stream ends, to be resumed by its client (seconds).",
    ),
    Setting(
        name="limits",
        read=_one_of("auto", "on", "off"),
        meaning="Whether the limits for each client apply: "
        "auto is off for this machine's own clients, on for others.",
    ),
    Setting(
        name="active_runs",
        read=_whole(1, 10_000),
        meaning="Runs that one client may have queued or running; more are a 429.",
    ),
    Setting(
        name="trainings_per_minute",
        read=_whole(1, 100_000),
        meaning="Real runs that one client may start a minute.",
    ),
    Setting(
        name="simulations_per_minute",
        read=_whole(1, 1_000_000),
        meaning="Simulations and privacy questions that one client may ask a minute of each web process.",
    ),
    Setting(
        name="limiter_storage",
        read=_text,
        meaning="Where those are counted: memory://, "
        "or redis://host:port for several machines (needs the redis package).",
    ),
    Setting(
        name="proxies",
        read=_whole(0, 10),
        meaning="How many proxies before the server set X-Forwarded-For; 0 ignores that header. "
        "1 in a Hugging Face Space.",
    ),
    Setting(
        name="metrics",
        read=_one_of("loopback", "all"),
        meaning="Who may read /metrics: this machine only, or all.",
    ),
    Setting(
        name="log",
        read=_one_of("text", "json"),
        meaning="Form of the log's lines on standard error: text or json.",
    ),
)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that ``environment`` (None: this process') asks for.

    Raises:
        SettingsError: one or more values cannot be used.

    >>> read_settings({"DPSGD_PORT": "8080"}).port
    8080
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    faults: list[str] = []
    for setting in SETTINGS:
        text = environment.get(setting.variable)
        if text is None:
            continue
        try:
            values[setting.name] = setting.read(text)
        except ValueError as fault:
            faults.append(f"{setting.variable} {fault}; received {without_password(text)!r}.")
    faults += _cluster_faults(values)
    if faults:
        raise SettingsError("\n".join(faults))
    space = _names(environment.get("SPACE_HOST", ""))
    if space:
        values = {"proxies": 1, **values, "trusted_hosts": (*values.get("trusted_hosts", ()), *space)}
    return Settings(**values)


def _cluster_faults(values: Mapping[str, Any]) -> list[str]:
    """Return what a cluster needs beside its scheduler and does not have."""
    if "scheduler" not in values:
        return []
    faults = []
    for name in ("tls_ca", "tls_certificate", "tls_key"):
        if not values.get(name):
            faults.append(f"DPSGD_{name.upper()} must be set where DPSGD_SCHEDULER is.")
        elif not os.access(values[name], os.R_OK):
            faults.append(f"DPSGD_{name.upper()} names a file that cannot be read: {values[name]!r}.")
    if not str(values.get("store")).startswith("postgresql://"):
        faults.append(
            "DPSGD_STORE must be postgresql://user:password@host/name where DPSGD_SCHEDULER is set: "
            "the workers of a cluster write to it too."
        )
    return faults
