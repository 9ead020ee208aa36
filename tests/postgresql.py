"""A PostgreSQL server for tests: Debian's own programs, data in a temporary folder, loopback only."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest

from tests.serving import ROOT, free_port

START_SECONDS = 30.0
STOP_SECONDS = 20.0
MISSING = "there is no PostgreSQL; cure: apt-get install postgresql"

# Tests lose nothing that a power cut could take, and write faster for it.
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "16MB",
}


@dataclass(frozen=True, kw_only=True)
class PostgreSQL:
    """A running server; ``process`` is its postmaster."""

    process: subprocess.Popen[bytes]
    port: int
    password: str

    def url(self, database: str) -> str:
        """Return the URL of ``database`` as DPSGD_STORE takes it."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give the URL of a database that is empty, and drop it in the end, whoever still uses it."""
        name = f"test_{secrets.token_hex(4)}"
        self.execute(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def closed(self, url: str) -> Iterator[None]:
        """Cut all connections to the database at ``url`` and let none in until the block ends."""
        name = url.rpartition("/")[2]
        self.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        try:
            self.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            yield
        finally:
            self.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")

    def execute(self, statement: str) -> None:
        """Execute ``statement`` as the server's owner."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


def programs() -> Path | None:
    """Return the folder with initdb and postgres, of the newest version where there are several."""
    found = subprocess.run([ROOT / ".ci" / "find-postgresql"], capture_output=True, text=True, check=False)
    return Path(found.stdout.strip()) if found.returncode == 0 else None


def missing(what: str) -> NoReturn:
    """Skip the test for the lack of ``what``, a reason with its cure; where CI=true it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI=true, and yet {what}")
    pytest.skip(f"NOT RUN: {what}")


@contextmanager
def running_postgresql(*, pair: Path | None = None) -> Iterator[PostgreSQL]:
    """Run a server until the block ends; with TLS, by ``pair``.pem and ``pair``.key, if one is given."""
    folder = programs() or missing(MISSING)
    with tempfile.TemporaryDirectory(prefix="dpsgd-postgresql-") as home:
        account = _account(Path(home))
        options = OPTIONS | (_encryption(Path(home), pair, account) if pair else {})
        server = _started(folder, Path(home), account, options)
        try:
            yield server
        finally:
            server.process.send_signal(signal.SIGINT)  # ends its clients' connections, then itself
            server.process.wait(timeout=STOP_SECONDS)


def _account(home: Path) -> dict[str, Any]:
    """Return the account that the programs run under: they refuse root, who therefore lends them ``home``."""
    if os.geteuid() != 0:
        return {}
    owner = pwd.getpwnam("postgres")
    os.chown(home, owner.pw_uid, owner.pw_gid)
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _encryption(home: Path, pair: Path, account: dict[str, Any]) -> dict[str, str]:
    """Return the options for TLS by copies of the pair that the server's account, and no other, can read."""
    for ending in ("pem", "key"):
        copy = shutil.copy(pair.with_suffix(f".{ending}"), home / f"server.{ending}")
        copy.chmod(0o600)
        if account:
            os.chown(copy, account["user"], account["group"])
    return {"ssl": "on", "ssl_cert_file": f"{home}/server.pem", "ssl_key_file": f"{home}/server.key"}


def _started(folder: Path, home: Path, account: dict[str, Any], options: Mapping[str, str]) -> PostgreSQL:
    password = secrets.token_hex(12)
    secret = home / "password"
    secret.write_text(password)
    secret.chmod(0o644)  # initdb reads it under its own account; ``home`` keeps others out
    initdb = [folder / "initdb", "--pgdata", home / "data", "--username", "postgres", "--pwfile", secret]
    subprocess.run(
        [*initdb, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"],
        check=True,
        cwd=home,
        stdout=subprocess.DEVNULL,
        **account,
    )
    port = free_port()
    arguments = [f"--{name}={value}" for name, value in options.items()]
    log = (home / "log").open("wb")
    with log:
        process = subprocess.Popen(
            [folder / "postgres", "-D", home / "data", "-p", str(port), *arguments],
            cwd=home,
            stdout=log,
            stderr=log,
            **account,
        )
    server = PostgreSQL(process=process, port=port, password=password)
    _wait_until_ready(server, home / "log")
    return server


def _wait_until_ready(server: PostgreSQL, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.execute("SELECT 1")
            return
        except psycopg.OperationalError:
            assert server.process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
