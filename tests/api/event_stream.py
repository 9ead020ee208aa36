"""A client of event streams that shows all there is to see: status, headers, and every line as it comes."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from typing import Any


class Opened:
    """An answer of ``path`` whose body is read as it comes; use it as a context manager, or close it."""

    def __init__(
        self,
        port: int,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
    ) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._connection.request(method, path, headers=dict(headers or {}))
        assert self._connection.sock is not None
        self.port = int(self._connection.sock.getsockname()[1])
        self.response = self._connection.getresponse()
        self.status = self.response.status
        self.headers = self.response.headers

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self.response.close()
        self._connection.close()

    def json(self) -> Any:
        """Return the whole body."""
        return json.loads(self.response.read())

    def lines(self) -> Iterator[str]:
        """Yield the lines until the stream ends."""
        for line in self.response:
            yield line.decode().rstrip("\n")

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield the data of each frame with its ``id``, after checking that its kind is its event."""
        fields: dict[str, str] = {}
        for line in self.lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "data" in fields:
                data = json.loads(fields["data"])
                assert fields["event"] == data["kind"]
                yield {**data, "id": int(fields["id"])}
                fields = {}
