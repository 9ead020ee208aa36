"""The one table of settings, read from DPSGD_* environment variables once."""

from __future__ import annotations

import os
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
    Setting(name="host", read=_text, meaning="Address that run.py listens on; 0.0.0.0 for all."),
    Setting(name="port", read=_whole(0, 65535), meaning="Port that run.py listens on; 0 picks a free one."),
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
    Setting(name="queue_limit", read=_whole(1, 10_000), meaning="How many runs may wait; more are a 503."),
    Setting(name="max_body", read=_whole(256, 2**24), meaning="Longest request body (bytes); more is a 413."),
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
            faults.append(f"{setting.variable} {fault}; received {text!r}.")
    if faults:
        raise SettingsError("\n".join(faults))
    space = _names(environment.get("SPACE_HOST", ""))
    return Settings(**{**values, "trusted_hosts": (*values.get("trusted_hosts", ()), *space)})
