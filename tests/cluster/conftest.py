"""Certificates made by the commands of the deployment guide, and clusters on them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cluster.deployment import commands
from tests.cluster.machines import Cluster
from tests.postgresql import PostgreSQL, missing


def _new_authority(folder: Path) -> Path:
    if shutil.which("openssl") is None:
        missing("there is no openssl; cure: apt-get install openssl")
    subprocess.run(
        ["sh", "-euc", commands("Certificates")], cwd=folder, check=True, stderr=subprocess.DEVNULL
    )
    return folder


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the authority of the cluster and the pairs of its members."""
    return _new_authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def foreign_certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of another cluster."""
    return _new_authority(tmp_path_factory.mktemp("foreign"))


@pytest.fixture
def new_cluster(
    tmp_path: Path, postgresql: PostgreSQL, certificates: Path
) -> Iterator[Callable[..., Cluster]]:
    """Return a function that starts a cluster on an empty database."""
    with ExitStack() as opened:

        def start(**options: object) -> Cluster:
            url = opened.enter_context(postgresql.database())
            return opened.enter_context(
                Cluster(tmp_path, url=url, certificates=certificates, **options)  # type: ignore[arg-type]
            )

        yield start


@pytest.fixture(scope="module")
def cluster(
    tmp_path_factory: pytest.TempPathFactory, postgresql: PostgreSQL, certificates: Path
) -> Iterator[Cluster]:
    """A cluster whose machines a test leaves as it found them."""
    with (
        postgresql.database() as url,
        Cluster(tmp_path_factory.mktemp("cluster"), url=url, certificates=certificates) as started,
    ):
        yield started
