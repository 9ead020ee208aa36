"""The training process' own side of the pipe."""

from __future__ import annotations

import io

import pytest

from app.events import Phase
from app.training import __main__ as training_process


class ServerGone(io.StringIO):
    """The pipe to a server that has ended."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_training_whose_server_has_gone_ends_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr(training_process.os, "_exit", leave)
    with pytest.raises(SystemExit) as ended:
        training_process._sender(ServerGone(), "a")(Phase(phase="training"))
    assert ended.value.code == 0
