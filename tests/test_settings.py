"""Settings come from the environment once, and every value that cannot be used is named."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from app.settings import SETTINGS, Settings, SettingsError, read_settings

VALUES = [
    ("DPSGD_HOST", "0.0.0.0", "host", "0.0.0.0"),
    ("DPSGD_PORT", "8080", "port", 8080),
    ("DPSGD_PORT", "0", "port", 0),
    ("DPSGD_TRUSTED_HOSTS", "Lab.example, .hf.space,", "trusted_hosts", ("lab.example", ".hf.space")),
    ("DPSGD_DATA_DIR", "data", "data_dir", "data"),
    ("DPSGD_DATA_DIR", "", "data_dir", None),
    ("DPSGD_OFFLINE", "1", "offline", True),
    ("DPSGD_OFFLINE", "No", "offline", False),
    ("DPSGD_OFFLINE", "", "offline", False),
    ("DPSGD_WAIT_SECONDS", "5", "wait_seconds", 5),
    ("DPSGD_QUEUE_LIMIT", "3", "queue_limit", 3),
    ("DPSGD_MAX_BODY", "1024", "max_body", 1024),
    ("DPSGD_STORE", "postgresql://u:p/q@[::1]:5432/runs", "store", "postgresql://u:p/q@[::1]:5432/runs"),
    ("DPSGD_STORE", "postgresql://u@/runs?host=/run", "store", "postgresql://u@/runs?host=/run"),
    ("SPACE_HOST", "someone-playground.hf.space", "trusted_hosts", ("someone-playground.hf.space",)),
]


@pytest.mark.parametrize(("variable", "text", "name", "value"), VALUES)
def test_reads_a_variable(variable: str, text: str, name: str, value: object) -> None:
    assert getattr(read_settings({variable: text}), name) == value


BAD = [
    ("DPSGD_HOST", " "),
    ("DPSGD_PORT", "65536"),
    ("DPSGD_PORT", "http"),
    ("DPSGD_PORT", "-1"),
    ("DPSGD_PORT", "٣"),
    ("DPSGD_OFFLINE", "perhaps"),
    ("DPSGD_WAIT_SECONDS", "1.5"),
    ("DPSGD_QUEUE_LIMIT", "0"),
    ("DPSGD_MAX_BODY", "10"),
]


@pytest.mark.parametrize(("variable", "text"), BAD)
def test_names_a_variable_that_cannot_be_used_and_what_it_held(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=variable) as caught:
        read_settings({variable: text})
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("DPSGD_STORE", "postgres://bob:s3cret@db/runs"),
        ("DPSGD_STORE", "postgresql+psycopg://bob:s3cret@db/runs"),
        ("DPSGD_STORE", "postgres://bob:s3@cr/et@db"),
        ("DPSGD_STORE", "postgresql://bob:s3cret@db:port/runs"),
        ("DPSGD_PORT", "redis://:s3cret@cache:6379"),
    ],
)
def test_tells_nobody_the_password_of_an_address_that_cannot_be_used(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=variable) as caught:
        read_settings({variable: text})
    for secret in ("s3", "cret", "cr/et", "bob"):
        assert secret not in str(caught.value)


def test_names_all_bad_variables_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"DPSGD_PORT": "x", "DPSGD_OFFLINE": "x", "DPSGD_HOST": "localhost"})
    assert [line.split()[0] for line in str(caught.value).splitlines()] == ["DPSGD_PORT", "DPSGD_OFFLINE"]


def test_without_variables_all_defaults_hold() -> None:
    assert read_settings({}) == Settings()


def test_the_table_has_one_row_for_every_setting() -> None:
    assert [setting.name for setting in SETTINGS] == [field.name for field in dataclasses.fields(Settings)]


NEEDED_BY_A_CLUSTER = ["DPSGD_STORE", "DPSGD_TLS_CA", "DPSGD_TLS_CERTIFICATE", "DPSGD_TLS_KEY"]


@pytest.fixture
def cluster(tmp_path: Path) -> dict[str, str]:
    """Return variables that name a whole cluster."""
    file = tmp_path / "file.pem"
    file.touch()
    variables = dict.fromkeys(NEEDED_BY_A_CLUSTER, str(file))
    variables["DPSGD_STORE"] = "postgresql://user:password@10.0.0.2/runs"
    return {"DPSGD_SCHEDULER": "tls://10.0.0.1:8786", **variables}


def test_a_cluster_is_named_with_all_that_it_needs(cluster: dict[str, str]) -> None:
    settings = read_settings(cluster)
    assert (settings.scheduler, settings.lease) == ("tls://10.0.0.1:8786", 30.0)


@pytest.mark.parametrize("needed", NEEDED_BY_A_CLUSTER)
def test_a_cluster_without_one_of_the_things_it_needs_is_refused(
    cluster: dict[str, str], needed: str
) -> None:
    with pytest.raises(SettingsError, match=needed):
        read_settings({name: value for name, value in cluster.items() if name != needed})


@pytest.mark.parametrize("needed", NEEDED_BY_A_CLUSTER)
def test_a_cluster_with_a_file_that_is_not_there_or_is_no_store_is_refused(
    cluster: dict[str, str], needed: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=needed):
        read_settings(cluster | {needed: str(tmp_path / "other")})


@pytest.mark.parametrize("scheduler", ["tcp://10.0.0.1:8786", "10.0.0.1:8786", "tls://10.0.0.1"])
def test_a_scheduler_that_anybody_could_use_is_refused(cluster: dict[str, str], scheduler: str) -> None:
    with pytest.raises(SettingsError, match="DPSGD_SCHEDULER"):
        read_settings(cluster | {"DPSGD_SCHEDULER": scheduler})
