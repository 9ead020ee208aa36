"""Live events: one thread a process looks at the store, and any number of subscribers wait for what it finds.

A watched run has one feed, in which each event is loaded and encoded once, as a
frame of Server-Sent Events. The feed comes with the first subscriber and goes
with the last.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from app.runs.following.feed import Feed, frame
from app.runs.store.database import Store, StoreUnavailable
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.schema import FINISHED_STATES

LOOK_SECONDS = 0.025  # between two looks at SQLite's change counter (12 µs each)
QUERY_SECONDS = 0.15  # between two looks at PostgreSQL, which has no such counter
ANYWAY_SECONDS = 1.0  # a look at the rows that nothing has announced: the file may be another one
OUTAGE_SECONDS = 0.25  # between two looks at a store that cannot be used
SLICE_SECONDS = 0.4  # a subscriber looks this often whether the server stops or its client has gone
HEARTBEAT_SECONDS = 15.0
PAGE = 500  # events loaded by one query

RETRY = b"retry: 2000\n\n"
HEARTBEAT = b": still here\n\n"

_log = logging.getLogger(__name__)


def never() -> bool:
    """Return False: the client of whom nothing is known has not gone."""
    return False


class Tailer:
    """Keeps the feeds of all runs that are watched in this process, by one thread that sleeps otherwise.

    ``closing``, once set, ends every wait within half a second.
    """

    def __init__(self, *, store: Store, lifecycle: Lifecycle) -> None:
        self.closing = threading.Event()
        self._lifecycle = lifecycle
        self._watcher = store.watcher()
        self._pause = LOOK_SECONDS if store.is_sqlite else QUERY_SECONDS
        self._lock = threading.Lock()
        self._feeds: dict[str, Feed] = {}
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None
        self._version: int | None = None
        self._anyway_at = 0.0
        self._outage = False

    def join(self, run_id: str) -> Feed:
        """Return the run's feed for a subscriber, who must :meth:`leave` it in the end."""
        with self._lock:
            feed = self._feeds.setdefault(run_id, Feed(run_id))
            feed.subscribers += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tailer", daemon=True)
                self._thread.start()
        self._wanted.set()
        return feed

    def follows(self, run_id: str, position: int) -> bool:
        """Return whether the run is watched already, goes on, and has come to the event ``position``."""
        with self._lock:
            feed = self._feeds.get(run_id)
        return feed is not None and not feed.ended and position <= feed.last

    def leave(self, feed: Feed) -> None:
        """Take one subscriber from ``feed``; without any it is forgotten."""
        with self._lock:
            feed.subscribers -= 1
            if feed.subscribers == 0:
                self._feeds.pop(feed.run_id, None)

    @contextmanager
    def watching(self, run_id: str) -> Iterator[Feed]:
        """Give the run's feed for the time of the block."""
        feed = self.join(run_id)
        try:
            yield feed
        finally:
            self.leave(feed)

    def wait(self, run_id: str, seconds: float, *, gone: Callable[[], bool] = never) -> bool:
        """Return whether the run has ended, waiting at most ``seconds``, and while the client is there."""
        deadline = time.monotonic() + seconds
        with self.watching(run_id) as feed:
            while not feed.ended and not self.closing.is_set() and not gone():
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                feed.wait(feed.last, min(left, SLICE_SECONDS))
            return feed.ended

    def missed(self, run_id: str, after: int) -> list[bytes]:
        """Return the next frames of a subscriber who is behind its feed's window, from the store.

        Raises:
            StoreUnavailable: the store cannot be read.
        """
        return [frame(*row) for row in self._lifecycle.raw(run_id, after=after, limit=PAGE)]

    def close(self) -> None:
        """End all waiting, and the thread."""
        self.closing.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(timeout=2.0)

    def _run(self) -> None:
        pause: float | None = None
        while not self.closing.is_set():
            self._wanted.wait(pause)
            asked = self._wanted.is_set()
            self._wanted.clear()
            pause = self._round(asked)
        with self._lock:
            feeds = list(self._feeds.values())
        for feed in feeds:
            feed.wake()

    def _round(self, asked: bool) -> float | None:
        """Look at the store if somebody watches, and return the seconds to the next round."""
        with self._lock:
            feeds = [feed for feed in self._feeds.values() if not feed.ended]
        if not feeds:
            return None
        try:
            if self._changed() or asked:
                self._look(feeds)
            self._outage = False
            return self._pause
        except StoreUnavailable as fault:
            self._tell(str(fault))
        except Exception:  # the thread must outlive whatever one round meets
            _log.exception("a look for new events failed")
        self._anyway_at = 0.0
        return OUTAGE_SECONDS

    def _changed(self) -> bool:
        now = time.monotonic()
        before, self._version = self._version, self._watcher.version()
        if self._version is not None and self._version == before and now < self._anyway_at:
            return False
        self._anyway_at = now + ANYWAY_SECONDS
        return True

    def _look(self, feeds: Sequence[Feed]) -> None:
        marks = self._lifecycle.marks([feed.run_id for feed in feeds])
        for feed in feeds:
            last_event, state = marks.get(feed.run_id, (0, None))
            while feed.last < last_event:
                rows = self._lifecycle.raw(feed.run_id, after=feed.last, limit=PAGE)
                feed.add([frame(*row) for row in rows])
                if not rows:  # deleted meanwhile
                    break
            if state is None or state in FINISHED_STATES:
                feed.end()

    def _tell(self, fault: str) -> None:
        if not self._outage:
            _log.warning("streams wait for the run store: %s", fault)
        self._outage = True


class EventStream:
    """One subscriber's chunks, an iterator that whoever sends it must close.

    ``position`` is the id of the last event the client has; ``seconds`` the stream's greatest age;
    ``gone`` tells whether the client has hung up; ``on_close`` is called once, however it ends.
    """

    def __init__(
        self,
        tailer: Tailer,
        run_id: str,
        *,
        position: int,
        seconds: float,
        gone: Callable[[], bool] = never,
        on_close: Callable[[], None],
    ) -> None:
        self._tailer = tailer
        self._feed = tailer.join(run_id)
        self._position = position
        self._until = time.monotonic() + seconds
        self._gone = gone
        self._on_close: Callable[[], None] | None = on_close
        self._chunks = self._all_chunks()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def close(self) -> None:
        """Leave the feed; a second time does nothing."""
        on_close, self._on_close = self._on_close, None
        if on_close is not None:
            self._tailer.leave(self._feed)
            on_close()

    def _all_chunks(self) -> Iterator[bytes]:
        yield RETRY
        spoke_at = time.monotonic()
        while not self._over():
            ended = self._feed.ended  # asked first: what comes before the end must not be missed
            frames = self._next_frames()
            if frames:
                yield b"".join(frames)
                self._position += len(frames)
                spoke_at = time.monotonic()
            elif ended and frames is not None:
                return
            elif time.monotonic() - spoke_at >= HEARTBEAT_SECONDS:
                yield HEARTBEAT
                spoke_at = time.monotonic()
            elif frames is None:
                self._tailer.closing.wait(OUTAGE_SECONDS)
            else:
                self._feed.wait(self._position, SLICE_SECONDS)

    def _over(self) -> bool:
        return self._tailer.closing.is_set() or time.monotonic() >= self._until or self._gone()

    def _next_frames(self) -> list[bytes] | None:
        """Return the frames behind the position, [] for none; None where they cannot be had now."""
        frames = self._feed.after(self._position)
        if frames is not None:
            return frames
        ended = self._feed.ended
        try:
            frames = self._tailer.missed(self._feed.run_id, self._position)
        except StoreUnavailable:
            return None
        return frames or ([] if ended else None)  # none although there were: the run has just been deleted
