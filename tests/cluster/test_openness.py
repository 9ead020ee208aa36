"""Who is let in: the members of the cluster, and nobody through any other door."""

from __future__ import annotations

import re
import socket
import ssl
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from app.runs.store.database import Store, StoreUnavailable
from tests.cluster.machines import Cluster
from tests.postgresql import running_postgresql

ANSWER_SECONDS = 5


def context(authority: Path, pair: Path | None) -> ssl.SSLContext:
    """Return what trusts ``authority``/ca.pem and shows ``pair``/web.pem, or nothing."""
    made = ssl.create_default_context(cafile=authority / "ca.pem")
    made.check_hostname = False
    if pair is not None:
        made.load_cert_chain(pair / "web.pem", pair / "web.key")
    return made


def greeting(address: str, shown: ssl.SSLContext | None) -> bytes:
    """Return the first bytes that the Dask process at ``address`` sends to a client; b"" if it hangs up.

    Raises:
        OSError: the client, or its encryption, was refused.
    """
    host, port = address.removeprefix("tls://").split(":")
    plain = socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS)
    with closing(plain if shown is None else shown.wrap_socket(plain)) as connection:
        if shown is None:
            connection.sendall(b"\0" * 64)  # what a client speaks that has no TLS
        return connection.recv(1)


@pytest.fixture
def doors(cluster: Cluster) -> list[str]:
    """The addresses of the scheduler and of the workers."""
    return [cluster.address, *(str(worker.address()) for worker in cluster.workers)]


def test_a_member_is_let_in(doors: list[str], certificates: Path) -> None:
    for address in doors:
        assert greeting(address, context(certificates, certificates))


def test_a_client_with_a_certificate_of_another_authority_is_refused(
    doors: list[str], certificates: Path, foreign_certificates: Path
) -> None:
    for address in doors:
        with pytest.raises(ssl.SSLError, match="alert"):
            greeting(address, context(certificates, foreign_certificates))


def test_a_client_without_a_certificate_is_refused(doors: list[str], certificates: Path) -> None:
    for address in doors:
        with pytest.raises(ssl.SSLError, match="alert"):
            greeting(address, context(certificates, None))


def test_a_client_without_encryption_is_refused(doors: list[str]) -> None:
    for address in doors:
        try:
            assert greeting(address, None) == b""
        except ConnectionResetError:
            continue


def test_a_scheduler_of_another_authority_is_not_trusted(
    doors: list[str], foreign_certificates: Path
) -> None:
    for address in doors:
        with pytest.raises(ssl.SSLCertVerificationError):
            greeting(address, context(foreign_certificates, foreign_certificates))


def test_nothing_listens_on_anything_but_loopback(cluster: Cluster) -> None:
    machines = [cluster.scheduler, *cluster.workers]
    family = [process for machine in machines for process in machine.family()] + cluster.web.family()
    listening = {
        connection.laddr.ip
        for process in family
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


@pytest.mark.parametrize("path", ["/info/main/workers.html", "/json/counts.json", "/metrics", "/status"])
def test_the_schedulers_web_page_tells_nothing(cluster: Cluster, path: str) -> None:
    found = re.search(r"dashboard at: +(http://[^/]+)", cluster.scheduler.log())
    assert found is not None
    with urllib.request.urlopen(found[1] + "/health") as answer:
        assert answer.status == 200
    with pytest.raises(urllib.error.HTTPError, match="404") as refused:
        urllib.request.urlopen(found[1] + path)
    refused.value.close()


def test_the_store_is_encrypted_and_is_the_clusters_own(
    certificates: Path, foreign_certificates: Path
) -> None:
    def store(url: str, authority: Path) -> Store:
        return Store(f"{url}?sslmode=verify-ca&sslrootcert={authority / 'ca.pem'}")

    with running_postgresql(pair=certificates / "database") as server:
        ours = store(server.url("postgres"), certificates)
        with ours.reading() as connection:
            encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            assert connection.exec_driver_sql(encrypted).scalar_one() is True
        ours.close()
        theirs = store(server.url("postgres"), foreign_certificates)
        with pytest.raises(StoreUnavailable), theirs.reading():
            pass
        theirs.close()
