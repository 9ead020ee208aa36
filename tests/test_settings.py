"""Settings come from the environment once, and every value that cannot be used is named."""

from __future__ import annotations

import dataclasses

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


def test_names_all_bad_variables_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"DPSGD_PORT": "x", "DPSGD_OFFLINE": "x", "DPSGD_HOST": "localhost"})
    assert [line.split()[0] for line in str(caught.value).splitlines()] == ["DPSGD_PORT", "DPSGD_OFFLINE"]


def test_without_variables_all_defaults_hold() -> None:
    assert read_settings({}) == Settings()


def test_the_table_has_one_row_for_every_setting() -> None:
    assert [setting.name for setting in SETTINGS] == [field.name for field in dataclasses.fields(Settings)]
