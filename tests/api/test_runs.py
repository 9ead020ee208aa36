"""Runs by their id: the document, cancelling, and the files one can take home."""

from __future__ import annotations

import csv
import io
import json

import pytest

from app.events import Notice
from tests.api.conftest import RUN_ID, simulated_run

ADDRESS = f"/api/runs/{RUN_ID}"


def test_the_document_is_answered_as_it_stands(client, runs):
    runs.changes = {"state": "running"}
    response = client.get(ADDRESS)
    assert (response.status_code, response.json["state"]) == (200, "running")
    assert response.headers["Cache-Control"] == "no-store"


def test_a_polled_notice_has_the_id_of_its_event_and_keeps_its_own_in_the_document(serve):
    served = serve()
    address = served.post().headers["Location"]
    claim = served.service.lifecycle.claim()
    notice = Notice(id="slow", severity="info", text="It takes long.")
    served.service.lifecycle.append(claim.run_id, claim.owner, [notice])
    news = served.client.get(f"{address}?after=0").json
    assert [(event["id"], event["kind"]) for event in news["events"]] == [(1, "started"), (2, "notice")]
    assert news["events"][1]["text"] == notice.text
    assert notice.id in {told["id"] for told in news["notices"]}


@pytest.mark.parametrize("body", [{}, {"json": {}}])
def test_cancelling_needs_no_body_and_answers_with_the_document(client, runs, body):
    response = client.post(f"{ADDRESS}/cancel", **body)
    assert (response.status_code, response.json["state"]) == (200, "cancelled")
    assert runs.cancelled == [RUN_ID]


@pytest.mark.parametrize("query", ["", "?format=json"])
def test_the_json_file_is_the_document(client, query):
    response = client.get(f"{ADDRESS}/export{query}")
    assert response.headers["Content-Disposition"] == f'attachment; filename="dpsgd-run-{RUN_ID}.json"'
    assert json.loads(response.data) == client.get(ADDRESS).json


def test_the_csv_file_has_a_labelled_row_for_every_epoch(client):
    response = client.get(f"{ADDRESS}/export?format=csv")
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"] == f'attachment; filename="dpsgd-run-{RUN_ID}.csv"'
    rows = list(csv.DictReader(io.StringIO(response.text)))
    epochs = simulated_run()["epochs"]
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3]
    assert [float(row["accuracy"]) for row in rows] == [epoch["accuracy"] for epoch in epochs]
    assert [float(row["epsilon"]) for row in rows] == [epoch["epsilon"] for epoch in epochs]
    assert {(row["id"], row["evidence"], row["parameter_epochs"]) for row in rows} == {
        (RUN_ID, "measured", "3")
    }


def test_the_csv_file_has_the_baseline_of_each_epoch_beside_it(client, runs):
    epochs = [
        {"epoch": number, "accuracy": 0.9 + number / 100, "loss": 0.1, "test_loss": 0.2} for number in (1, 2)
    ]
    runs.changes = {"baseline": {"epochs": epochs}}
    rows = list(csv.DictReader(io.StringIO(client.get(f"{ADDRESS}/export?format=csv").text)))
    assert [row["baseline_accuracy"] for row in rows] == ["0.91", "0.92", ""]
    assert (rows[0]["baseline_loss"], rows[0]["baseline_test_loss"]) == ("0.1", "0.2")


def test_a_run_without_an_epoch_exports_its_header_alone(client, runs):
    runs.changes = {"epochs": []}
    lines = client.get(f"{ADDRESS}/export?format=csv").text.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("id,evidence,state,parameter_mode")


@pytest.mark.parametrize("kind", ["xml", "", "CSV", "../x"])
def test_another_format_is_a_422(client, expect_problem, kind):
    response = client.get(f"{ADDRESS}/export", query_string={"format": kind})
    expect_problem(response, 422, fields={"format"})
