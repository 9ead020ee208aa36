"""The feed of one watched run: each event encoded once, as a frame of Server-Sent Events, for any number."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence

WINDOW_BYTES = 512 * 1024  # of a feed's newest frames; 60 epochs with a baseline are about 300 kB


def frame(id: int, body: str) -> bytes:
    r"""Return an event, given as its JSON text, as one frame of Server-Sent Events.

    >>> frame(3, '{"kind":"phase","phase":"training"}')
    b'id: 3\nevent: phase\ndata: {"kind":"phase","phase":"training"}\n\n'
    """
    return f"id: {id}\nevent: {json.loads(body)['kind']}\ndata: {body}\n\n".encode()


class Feed:
    """The newest frames of one run; thread safe.

    ``ended``: no frame will follow, because the run has ended or has been deleted.
    """

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.ended = False
        self.subscribers = 0  # the tailer counts them, under its own lock
        self._news = threading.Condition()
        self._frames: list[bytes] = []
        self._left = 0  # how many frames have left the window
        self._bytes = 0

    @property
    def last(self) -> int:
        """Return the id of the newest event, 0 before the first."""
        return self._left + len(self._frames)

    def add(self, frames: Sequence[bytes]) -> None:
        """Take the next frames in and wake who waits for them."""
        with self._news:
            self._frames += frames
            self._bytes += sum(map(len, frames))
            self._leave_window()
            self._news.notify_all()

    def end(self) -> None:
        """Say that no frame follows."""
        with self._news:
            self.ended = True
            self._news.notify_all()

    def wake(self) -> None:
        """Let everybody who waits look around."""
        with self._news:
            self._news.notify_all()

    def after(self, position: int) -> list[bytes] | None:
        """Return the frames behind the event ``position``; None where the next one has left the window."""
        with self._news:
            return None if position < self._left else self._frames[position - self._left :]

    def wait(self, position: int, seconds: float) -> None:
        """Wait for a frame behind ``position`` or for the end, at most ``seconds``; may return early."""
        with self._news:
            if not self.ended and self.last <= position:
                self._news.wait(seconds)

    def _leave_window(self) -> None:
        leaving = 0
        while self._bytes > WINDOW_BYTES and leaving < len(self._frames) - 1:
            self._bytes -= len(self._frames[leaving])
            leaving += 1
        del self._frames[:leaving]
        self._left += leaving
