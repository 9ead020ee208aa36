"""A real training as everybody else starts one: through the API, waited for to its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient

PAUSE_SECONDS = 0.5


def trained(client: FlaskClient, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the run document of the training that ``body`` asks of POST /api/train.

    Raises:
        RuntimeError: the training did not end well; the text holds the answer.
    """
    answer = client.post("/api/train", json=dict(body), headers={"Prefer": "respond-async"})
    document: dict[str, Any] = answer.get_json()
    while document.get("state") in ("queued", "running"):
        time.sleep(PAUSE_SECONDS)
        document = client.get(f"/api/runs/{document['id']}").get_json()
    if document.get("state") != "done":
        raise RuntimeError(f"{dict(body)}: {document}")
    return document
