"""A client of a run's event stream that comes back, as a browser does, until it has seen the end."""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import Any

COME_BACK_SECONDS = 0.05


class Watcher:
    """Watches ``run_id`` in a thread; ``ids`` and ``events`` are what came, in the order in which it came."""

    def __init__(self, port: int, run_id: str) -> None:
        self.ids: list[int] = []
        self.events: list[dict[str, Any]] = []
        self.connections = 0
        self._port = port
        self._path = f"/api/runs/{run_id}/events"
        self._leaving = threading.Event()
        self._connection: http.client.HTTPConnection | None = None
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    @property
    def saw_the_end(self) -> bool:
        """Return whether the run's last event has come."""
        return bool(self.events) and self.events[-1]["kind"] == "finished"

    @property
    def saw_a_whole_story(self) -> bool:
        """Return whether all events came, each once, in their order, to the end."""
        return self.saw_the_end and self.ids == list(range(1, len(self.ids) + 1))

    def join(self, seconds: float) -> Watcher:
        """Wait for the end of the run; return this watcher."""
        self._thread.join(timeout=seconds)
        assert not self._thread.is_alive(), f"no end in {seconds:g} s, only {len(self.ids)} events"
        return self

    def leave(self) -> None:
        """Go away in the middle, for good."""
        self._leaving.set()
        connection = self._connection
        if connection is not None and connection.sock is not None:
            connection.sock.close()

    def _watch(self) -> None:
        while not self._leaving.is_set() and not self.saw_the_end:
            try:
                self._listen()
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(COME_BACK_SECONDS)  # the server is away; ValueError: a line was cut

    def _listen(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {"Last-Event-ID": str(self.ids[-1])} if self.ids else {}
        try:
            self._connection.request("GET", self._path, headers=headers)
            response = self._connection.getresponse()
            if response.status != 200:
                time.sleep(COME_BACK_SECONDS)
                return
            self.connections += 1
            self._take(response)
        finally:
            self._connection.close()

    def _take(self, response: http.client.HTTPResponse) -> None:
        """Read frames until the stream ends; one that is cut off counts as not received."""
        fields: dict[str, str] = {}
        for line in response:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
                continue
            if "data" in fields:
                self.ids.append(int(fields["id"]))
                self.events.append(json.loads(fields["data"]))
            fields = {}
