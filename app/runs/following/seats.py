"""The seats of one process: a stream or a waiting request holds a thread, so there are only so many."""

from __future__ import annotations

import threading
from types import TracebackType


class NoSeat(RuntimeError):
    """All seats are taken, or the server is stopping; ``retry_after_seconds`` says when to come back."""

    retry_after_seconds = 5


class Seat:
    """The right to hold a thread, until it is released; as a context manager, until its block ends."""

    def __init__(self, seats: Seats) -> None:
        self._seats: Seats | None = seats

    def release(self) -> None:
        """Give the seat back; a second time does nothing."""
        seats, self._seats = self._seats, None
        if seats is not None:
            seats._free()

    def __enter__(self) -> Seat:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Seats:
    """``limit`` seats; thread safe."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._taken = 0
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """Return how many seats are taken now."""
        return self._taken

    def take(self) -> Seat:
        """Return a seat; never waits.

        Raises:
            NoSeat: none is free.
        """
        with self._lock:
            if self._taken >= self.limit:
                raise NoSeat(f"all {self.limit} seats are taken")
            self._taken += 1
        return Seat(self)

    def _free(self) -> None:
        with self._lock:
            self._taken -= 1
