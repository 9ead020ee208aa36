"""Tables of one's own over HTTP: sent, refused in words, trained on once, deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.catalog import TABLE_TASK
from app.runs.store.tables import MOST_OF_A_CLIENT, MOST_TABLES
from app.schemas.tables import TableRules, TableTaken
from tests.api.served import Served
from tests.own_table import SAMPLE, table_request

Serve = Callable[..., Served]
Expect = Callable[..., dict[str, Any]]


def sent(served: Served, **headers: str) -> str:
    response = served.post("/api/tables", table_request(), **headers)
    assert response.status_code == 201, response.text
    return str(response.json["table"])


def train(served: Served, table: str, *, key: str | None = None, **fields: Any) -> Any:
    headers = {"Prefer": "respond-async", **({"Idempotency_Key": key} if key else {})}
    return served.post(body={"mode": "real", "dataset": "table", "table": table, **fields}, **headers)


def test_a_table_is_taken_and_its_rows_accounted_for(serve: Serve) -> None:
    columns = {**table_request()["columns"], "sleep": {"bounds": [5, 9]}}
    answer = serve().post("/api/tables", table_request(columns=columns)).json
    TableTaken.model_validate(answer)
    assert (answer["rows"], answer["train_examples"], answer["test_examples"]) == (1_200, 960, 240)
    assert (answer["inputs"], answer["class_names"], answer["left_out"]) == (6, ["no", "yes"], 0)
    clipped = {column["name"]: column["clipped"] for column in answer["columns"]}
    sleep = [float(line.split(",")[2]) for line in SAMPLE.splitlines()[1:]]
    assert clipped == {"hours": 0, "commute": 0, "tutorial": 0, "sleep": sum(not 5 <= h <= 9 for h in sleep)}


def test_a_run_on_a_table_says_what_is_protected(serve: Serve) -> None:
    served = serve()
    response = train(served, sent(served))
    assert response.status_code == 202, response.text
    document = response.json
    parameters = document["parameters"]
    assert (parameters["task"], parameters["dataset"], parameters["model"]) == ("table", "table", "logistic")
    assert (parameters["train_size"], parameters["table"]["test_examples"]) == (960, 240)
    assert parameters["noise_multiplier"] == TABLE_TASK.defaults["noise_multiplier"]
    assert document["dataset"]["class_names"] == ["no", "yes"]
    assert document["privacy"]["assumptions"]["unit"] == "one row"
    assert "several rows" in document["privacy"]["statement"]
    assert {notice["id"] for notice in document["notices"]} == {"row-unit", "exact-measures"}


def test_bounds_taken_from_the_data_are_told_of(serve: Serve, expect_problem: Expect) -> None:
    served = serve()
    table = served.post("/api/tables", table_request(from_data=["sleep", "passed"])).json["table"]
    notices = {notice["id"]: notice["text"] for notice in train(served, table).json["notices"]}
    assert "“passed”, “sleep”" in notices["bounds-from-data"]
    refused = served.post("/api/tables", table_request(from_data=["age"]))
    expect_problem(refused, 422, fields={"from_data"})


def test_a_table_is_for_one_run(serve: Serve, expect_problem: Expect) -> None:
    served = serve()
    table = sent(served)
    first = train(served, table, key="k")
    expect_problem(train(served, table), 422, fields={"table"})
    again = train(served, table, key="k")
    assert again.json["id"] == first.json["id"], (
        "the same request gets the same run, though its table is taken"
    )
    assert served.runs() == 1


def test_a_run_that_is_refused_leaves_the_table(serve: Serve, expect_problem: Expect) -> None:
    served = serve(queue_limit=1)
    table, other = sent(served), sent(served)
    train(served, other)
    expect_problem(train(served, table), 503)
    assert served.client.delete(f"/api/tables/{table}").status_code == 204


def test_the_end_of_a_run_deletes_the_table(serve: Serve, expect_problem: Expect) -> None:
    served = serve()
    table = sent(served)
    run = train(served, table).json["id"]
    expect_problem(served.client.delete(f"/api/tables/{table}"), 409)
    served.post(f"/api/runs/{run}/cancel", {})
    expect_problem(served.client.delete(f"/api/tables/{table}"), 404)
    assert served.service.lifecycle.table(run) is None


FAULTY = {
    "a row": ({"csv": SAMPLE + "9,abc,8,5,none,no\n"}, {"csv"}),
    "no column": ({"label": "ill"}, {"label"}),
    "one class": ({"classes": ["no"]}, {"classes"}),
    "no classes": ({"classes": "no,yes"}, {"classes"}),
    "no text": ({"csv": [["a", "b"]]}, {"csv"}),
    "no bounds": ({"columns": {"hours": {"bounds": [5, 5]}}}, {"columns"}),
    "no columns": ({"columns": ["hours"]}, {"columns"}),
    "two": ({"label": 5, "columns": None}, {"label", "columns"}),
    "empty rows": ({"empty": "guess"}, {"empty"}),
    "an unknown field": ({"bounds": {}}, {"bounds"}),
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_faulty_table_is_refused_by_field(serve: Serve, expect_problem: Expect, case: str) -> None:
    changes, fields = FAULTY[case]
    problem = expect_problem(serve().post("/api/tables", table_request(**changes)), 422, fields=fields)
    assert "abc" not in str(problem), "no value is repeated"


def test_a_missing_field_is_named(serve: Serve, expect_problem: Expect) -> None:
    expect_problem(serve().post("/api/tables", {}), 422, fields={"csv", "label", "classes", "columns"})


MISFITS: list[tuple[dict[str, Any], set[str]]] = [
    ({"dataset": "table"}, {"table"}),
    ({"dataset": "table", "table": "x"}, {"table"}),
    ({"dataset": "table", "table": "1' or '1'='1"}, {"table"}),
    ({"dataset": "table", "table": 5}, {"table"}),
    ({"dataset": "table", "table": {"inputs": 3}}, {"table"}),
    ({"mode": "simulation", "dataset": "table"}, {"dataset"}),
    ({"mode": "simulation", "dataset": "table", "table": "x"}, {"dataset"}),
    ({"mode": "simulation", "table": "x"}, {"dataset"}),
]


@pytest.mark.parametrize(("fields", "faulty"), MISFITS, ids=str)
def test_a_training_that_no_table_fits_is_refused(
    serve: Serve, expect_problem: Expect, fields: dict[str, Any], faulty: set[str]
) -> None:
    expect_problem(serve().post(body={"mode": "real", **fields}), 422, fields=faulty)


@pytest.mark.parametrize(
    ("fields", "faulty"),
    [
        ({"model": "tutorial_cnn"}, {"model"}),
        ({"batch_size": 961}, {"batch_size", "train_size"}),
        ({"train_size": 961}, {"train_size"}),
        ({"task": "digits"}, {"task"}),
        ({"dataset": "digits"}, {"dataset"}),
    ],
    ids=str,
)
def test_a_run_must_fit_its_table(
    serve: Serve, expect_problem: Expect, fields: dict[str, Any], faulty: set[str]
) -> None:
    served = serve()
    table = sent(served)
    expect_problem(train(served, table, **fields), 422, fields=faulty)
    assert train(served, table, train_size=500, batch_size=500).status_code == 202


def test_there_is_no_script_for_a_table(serve: Serve, expect_problem: Expect) -> None:
    query = "framework=opacus&mode=real&dataset=table&table=x"
    expect_problem(serve().client.get(f"/api/code?{query}"), 422, fields={"table"})


def test_a_table_has_a_limit_of_its_own_and_other_bodies_keep_theirs(
    serve: Serve, expect_problem: Expect
) -> None:
    served = serve(max_table=40_000)
    assert len(SAMPLE) > 16 * 1024
    sent(served)
    expect_problem(served.post("/api/tables", table_request(csv=SAMPLE * 2)), 413)
    expect_problem(served.post("/api/privacy", table_request()), 413)


def test_a_server_can_refuse_tables(serve: Serve, expect_problem: Expect) -> None:
    served = serve(max_table=0)
    expect_problem(served.post("/api/tables", {}), 403)
    assert served.client.get("/api/parameters").json["tables"]["max_bytes"] == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/csv"}, 415),
        ({"Content-Encoding": "gzip"}, 415),
        ({"Host": "evil.example"}, 400),
    ],
    ids=str,
)
def test_the_guards_stand_before_tables_too(
    serve: Serve, expect_problem: Expect, headers: dict[str, str], status: int
) -> None:
    response = serve().client.post(
        "/api/tables", data=b"{}", headers={"Content-Type": "application/json", **headers}
    )
    expect_problem(response, status)


def test_another_site_cannot_delete(serve: Serve, expect_problem: Expect) -> None:
    served = serve()
    path = f"/api/tables/{sent(served)}"
    expect_problem(served.client.delete(path, headers={"Sec-Fetch-Site": "cross-site"}), 403)
    assert served.client.delete(path).status_code == 204


def test_one_client_has_its_share_and_the_store_its_own(serve: Serve, expect_problem: Expect) -> None:
    served = serve(limits="on")
    for _ in range(MOST_OF_A_CLIENT):
        sent(served)
    problem = served.post("/api/tables", table_request())
    expect_problem(problem, 429)
    assert int(problem.headers["Retry-After"]) > 0
    assert served.post("/api/tables", table_request(), address="192.0.2.9").status_code == 201
    open_to_all = serve(limits="off", store=served.service.store.path and str(served.service.store.path))
    for _ in range(MOST_TABLES - MOST_OF_A_CLIENT - 1):
        sent(open_to_all)
    full = open_to_all.post("/api/tables", table_request())
    expect_problem(full, 503)
    assert int(full.headers["Retry-After"]) > 0


def test_tables_count_as_questions(serve: Serve, expect_problem: Expect) -> None:
    served = serve(limits="on", simulations_per_minute=2)
    sent(served)
    sent(served)
    expect_problem(served.post("/api/tables", table_request()), 429)


def test_the_rules_are_told_beforehand(client: Any) -> None:
    rules = client.get("/api/parameters").json["tables"]
    TableRules.model_validate(rules)
    assert (rules["max_bytes"], rules["least_rows"], rules["most_rows"]) == (4 * 2**20, 200, 60_000)
    assert rules["defaults"]["model"] == "logistic"
