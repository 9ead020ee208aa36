"""Measures the two audits that the page of attacks opens with: static/data/measured_audit.json.

    DPSGD_DATA_DIR=... python -m benchmarks.shipped_audit

They are the default training of MNIST, audited with Dirac canaries, and a small one without any privacy,
audited with mislabelled canaries, through the product's own API. The seeds of an audit are secret and fresh,
so that another time gives other figures; the first ones measured are shipped, whatever they are. With each
goes what its mechanism allows any attacker, as ``limits``.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from app import create_app
from benchmarks.shipped_runs import provenance

SHIPPED = Path(__file__).resolve().parents[1] / "static" / "data" / "measured_audit.json"
# By the name it is shipped under: the training, and the canaries it is audited with.
AUDITS: dict[str, tuple[dict[str, Any], str]] = {
    "private": ({"task": "mnist", "baseline": True}, "dirac"),
    "unprotected": ({"task": "mnist-1500", "noise_multiplier": 0}, "mislabelled"),
}

Document = dict[str, Any]

_PAUSE_SECONDS = 1.0
_AT_ONCE = {"Prefer": "respond-async"}
_MECHANISM = ("task", "train_size", "batch_size", "noise_multiplier", "epochs", "delta", "sampling")
_LIMITS = ("epsilon", "delta", "interpretation", "trade_off")
# What the page shows of an audit; the rest of the document belongs to its training.
_SHOWN = (
    "state",
    "mode",
    "evidence",
    "created_at",
    "parameters",
    "dataset",
    "model",
    "final_metrics",
    "audit",
)


def measure(client: FlaskClient, name: str) -> Document:
    """Return what is shipped of one audit, after its training has been stopped: it trains anew in any case.

    Raises:
        RuntimeError: the audit did not end well; the text holds the answer.
    """
    settings, canaries = AUDITS[name]
    run = client.post("/api/train", json={"mode": "real", **settings}, headers=_AT_ONCE).get_json()
    client.post(f"/api/runs/{run['id']}/cancel", json={})
    document = client.post(
        f"/api/runs/{run['id']}/audit", json={"canaries": canaries}, headers=_AT_ONCE
    ).get_json()
    while document.get("state") in ("queued", "running"):
        time.sleep(_PAUSE_SECONDS)
        document = client.get(f"/api/runs/{document['id']}").get_json()
    if document.get("state") != "done":
        raise RuntimeError(f"{name}: {document}")
    return shipped(document) | {"limits": limits(client, document["parameters"])}


def shipped(document: Document) -> Document:
    """Return what is shipped of a run document: without ids, which other servers do not know."""
    kept = {field: document[field] for field in _SHOWN}
    return kept | {"id": None, "audit": document["audit"] | {"run_id": None}}


def limits(client: FlaskClient, parameters: Document) -> Document:
    """Return what POST /api/privacy says of attacks on the mechanism that trains with ``parameters``."""
    report = client.post("/api/privacy", json={name: parameters[name] for name in _MECHANISM}).get_json()
    return {name: report[name] for name in _LIMITS}


def main() -> None:
    """Measure both audits and write them."""
    client = create_app().test_client()
    audits = {name: measure(client, name) for name in AUDITS}
    content = {"provenance": {**provenance(), "script": "benchmarks/shipped_audit.py"}, "audits": audits}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    SHIPPED.write_text(text + "\n", encoding="utf-8")
    for name, document in audits.items():
        print(f"{name}: {document['audit']['statement']}")
    print(f"{SHIPPED.name}: {SHIPPED.stat().st_size} bytes")


if __name__ == "__main__":
    main()
