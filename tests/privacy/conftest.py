from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.privacy import pld


@pytest.fixture(scope="session")
def patient_accountant() -> Iterator[pld.PldAccountant]:
    """Yield an accountant that a busy machine does not hurry; its limit is tested by itself."""
    accountant = pld.PldAccountant(time_limit=60)
    yield accountant
    accountant.close()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch, patient_accountant: pld.PldAccountant) -> None:
    """Let ``epsilon_pld`` ask the patient accountant."""
    monkeypatch.setattr(pld, "_ACCOUNTANT", patient_accountant)
