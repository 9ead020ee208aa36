"""Every bad input gets its status and the one error shape."""

from __future__ import annotations

import io
import json

import pytest
from gunicorn.http.errors import InvalidChunkSize

JSON = {"Content-Type": "application/json"}
POST_ENDPOINTS = ("/api/train", "/api/privacy", "/api/privacy/calibrate")

MALFORMED = {
    "empty": b"",
    "truncated": b'{"epochs": 5',
    "array": b"[1]",
    "null": b"null",
    "string": b'"x"',
    "number": b"3",
    "trailing": b"{} {}",
    "single quotes": b"{'epochs': 5}",
    "5000-digit integer": b'{"seed": ' + b"9" * 5000 + b"}",
    "NaN": b'{"clipping_norm": NaN}',
    "Infinity": b'{"clipping_norm": Infinity}',
    "-Infinity": b'{"clipping_norm": -Infinity}',
    "1e400": b'{"clipping_norm": 1e400}',
    "1e-400": b'{"noise_multiplier": 1e-400}',
    "duplicate key": b'{"epochs": 5, "epochs": 6}',
    "invalid UTF-8": b'{"dataset": "\xff\xfe"}',
    "half a character": b'{"dataset": "\\ud800"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"epochs": 5}'.encode("utf-16"),
    "7000 deep": b'{"epochs": ' + b"[" * 7000 + b"]" * 7000 + b"}",
    "7000 deep, unclosed": b"[" * 7000,
}


@pytest.mark.parametrize("endpoint", POST_ENDPOINTS)
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_not_a_json_object_is_a_400(client, expect_problem, endpoint, body):
    expect_problem(client.post(endpoint, data=body, headers=JSON), 400)


INVALID = [
    ({"epochs": "5"}, {"epochs"}),
    ({"epochs": True}, {"epochs"}),
    ({"epochs": None}, {"epochs"}),
    ({"epochs": [5]}, {"epochs"}),
    ({"epochs": 5.5}, {"epochs"}),
    ({"epochs": 0}, {"epochs"}),
    ({"epochs": 61}, {"epochs"}),
    ({"epochs": 1e9}, {"epochs"}),
    ({"epochs": 10**80}, {"epochs"}),
    ({"clipping_norm": -1}, {"clipping_norm"}),
    ({"clipping_norm": 10**80}, {"clipping_norm"}),
    ({"noise_multiplier": -0.1}, {"noise_multiplier"}),
    ({"delta": 0}, {"delta"}),
    ({"seed": -1}, {"seed"}),
    ({"unknown": 1}, {"unknown"}),
    ({"__proto__": {"epochs": 3}}, {"__proto__"}),
    ({"Epochs": 3}, {"Epochs"}),
    ({"dataset": "../../etc/passwd"}, {"dataset"}),
    ({"dataset": ["mnist"]}, {"dataset"}),
    ({"task": "Mnist"}, {"task"}),
    ({"baseline": 1}, {"baseline"}),
    ({"baseline": "true"}, {"baseline"}),
    ({"mode": "Simulation"}, {"mode"}),
    ({"task": "digits", "batch_size": 2048}, {"batch_size", "train_size"}),
    ({"train_size": 100, "batch_size": 128}, {"batch_size", "train_size"}),
    ({"dataset": "digits", "train_size": 5000}, {"train_size"}),
    ({"dataset": "xor", "model": "tutorial_cnn"}, {"model"}),
    ({"dataset": "digits", "model": "tutorial_cnn"}, {"model"}),
    ({"noise_multiplier": 1.0, "target_epsilon": 2.0}, {"noise_multiplier", "target_epsilon"}),
    ({"sampling": "shuffle", "target_epsilon": 2.0}, {"target_epsilon"}),
    ({"target_epsilon": 0.001}, {"target_epsilon"}),
    ({"engine": "tensorflow-privacy"}, {"engine"}),
    ({"task": "mnist-1500", "model": "logistic"}, {"model"}),
    ({"epochs": "5", "batch_size": 1, "x": 0, "seed": 1.5}, {"epochs", "batch_size", "x", "seed"}),
]


@pytest.mark.parametrize(("body", "fields"), INVALID, ids=[json.dumps(body)[:60] for body, _ in INVALID])
def test_what_breaks_a_rule_is_a_422_that_names_every_field(client, expect_problem, body, fields):
    expect_problem(client.post("/api/train", json=body), 422, fields=fields)


def test_a_fault_says_what_came_and_what_is_allowed(client, expect_problem):
    problem = expect_problem(client.post("/api/train", json={"epochs": "5"}), 422)
    assert problem["errors"] == [
        {"field": "epochs", "message": 'must be a whole number from 1 to 60; received "5"'}
    ]


def test_an_unknown_field_is_answered_with_the_known_ones(client, expect_problem):
    problem = expect_problem(client.post("/api/train", json={"lr": 0.1}), 422, fields={"lr"})
    assert "learning_rate" in problem["detail"]


def test_a_long_value_is_repeated_in_part_only(client, expect_problem):
    response = client.post("/api/train", json={"dataset": "x" * 10_000})
    expect_problem(response, 422, fields={"dataset"})
    assert len(response.data) < 1_000


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {},
        {**JSON, "Content-Encoding": "gzip"},
    ],
    ids=str,
)
@pytest.mark.parametrize("endpoint", POST_ENDPOINTS)
def test_a_body_that_is_not_declared_as_json_is_a_415(client, expect_problem, endpoint, headers):
    expect_problem(client.post(endpoint, data=b"{}", headers=headers), 415)


@pytest.mark.parametrize("endpoint", [*POST_ENDPOINTS, "/api/runs/x/cancel"])
def test_a_large_body_is_a_413(client, expect_problem, endpoint):
    expect_problem(client.post(endpoint, data=b" " * 2**20, headers=JSON), 413)


def test_the_longest_body_is_read_and_one_byte_more_is_not(client, expect_problem):
    assert client.post("/api/train", data=b"{}".ljust(16 * 1024), headers=JSON).status_code == 200
    expect_problem(client.post("/api/train", data=b"{}".ljust(16 * 1024 + 1), headers=JSON), 413)


@pytest.mark.parametrize("length", ["-1", "ten", "1e3", "+5", " ", "٣"])
def test_a_content_length_that_is_no_length_is_a_400(client, expect_problem, length):
    response = client.post(
        "/api/train", data=b"{}", headers=JSON, environ_overrides={"CONTENT_LENGTH": length}
    )
    expect_problem(response, 400)


class BrokenStream(io.BytesIO):
    """Reads as a server's input does when a chunk's size is no number."""

    def read(self, *_: object) -> bytes:
        raise InvalidChunkSize(b"zz")

    readinto = read  # type: ignore[assignment]


@pytest.mark.parametrize(
    "broken",
    [
        {"wsgi.input": BrokenStream(), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
        {"wsgi.input": io.BytesIO(b"{}"), "wsgi.input_terminated": True, "CONTENT_LENGTH": "20"},
        {"wsgi.input": io.BytesIO(b"{}"), "CONTENT_LENGTH": "20"},
    ],
    ids=["damaged chunks", "cut, as gunicorn hands it on", "cut"],
)
def test_a_body_that_does_not_arrive_whole_is_a_400(client, expect_problem, broken):
    response = client.post("/api/train", data=b"{}", headers=JSON, environ_overrides=broken)
    expect_problem(response, 400)


@pytest.mark.parametrize("path", ["/api/parameters?x=" + "a" * 8192, "/api/" + "a" * 8192])
def test_a_long_url_is_a_414(client, expect_problem, path):
    expect_problem(client.get(path), 414)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:5000", "169.254.169.254", ""]
)
def test_a_foreign_host_is_a_400(client, expect_problem, host):
    expect_problem(client.get("/api/parameters", headers={"Host": host}), 400)


@pytest.mark.parametrize("path", [*POST_ENDPOINTS, "/api/runs/x/cancel"])
def test_a_cross_site_post_is_a_403(client, expect_problem, path):
    expect_problem(client.post(path, json={}, headers={"Sec-Fetch-Site": "cross-site"}), 403)


@pytest.mark.parametrize(
    "path",
    [
        "/api/nothing",
        "/api/",
        "/api",
        "/api/runs/1' or '1'='1",
        "/api/runs/%00",
        "/api/runs/..%2f..%2fetc%2fpasswd",
        "/api/runs/x/export",
        "/api/runs/" + "a" * 300,
    ],
)
def test_an_address_without_anything_is_a_404(client, expect_problem, path):
    expect_problem(client.get(path), 404)


def test_an_unknown_run_cannot_be_cancelled(client, expect_problem):
    expect_problem(client.post("/api/runs/1' or '1'='1/cancel"), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("get", "/api/train", "POST"),
        ("delete", "/api/parameters", "GET"),
        ("put", "/api/privacy", "POST"),
        ("post", "/healthz", "GET"),
    ],
)
def test_a_method_that_is_not_answered_is_a_405_naming_those_that_are(
    client, expect_problem, method, path, allowed
):
    response = getattr(client, method)(path)
    expect_problem(response, 405)
    assert allowed in response.headers["Allow"]


def test_an_unexpected_exception_is_a_500_that_tells_nothing_of_it(client, runs, expect_problem, caplog):
    runs.refusal = RuntimeError("the secret path /var/lib")
    response = client.post("/api/train", json={"mode": "real", "task": "digits"})
    expect_problem(response, 500)
    assert "secret" not in response.text
    assert "the secret path" in caplog.text


@pytest.mark.parametrize("path", ["/static/../../etc/passwd", "/static/..%2f..%2fetc%2fpasswd", "/nothing"])
def test_outside_the_interface_a_failure_is_a_page(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert "Not found" in response.text


def test_a_foreign_host_gets_a_page_where_pages_are(client):
    response = client.get("/", headers={"Host": "evil.example"})
    assert (response.status_code, response.mimetype) == (400, "text/html")
