"""Headers on every answer, the hosts that are served, and what a request id may hold."""

from __future__ import annotations

import re

import pytest

PATHS = ("/healthz", "/api/parameters", "/api/nothing", "/nothing", "/api/docs")


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_security_headers_and_no_cookie(client, path):
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "X-Frame-Options" not in headers
    assert "Set-Cookie" not in headers


def test_the_content_policy_allows_own_scripts_and_the_spaces_frame_only(client):
    policy = client.get("/healthz").headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules == {
        "default-src": "'self'",
        "img-src": "'self' data: blob:",
        "frame-ancestors": "'self' https://huggingface.co https://*.hf.space",
        "base-uri": "'none'",
        "form-action": "'self'",
        "object-src": "'none'",
    }


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:5000", "127.0.0.1:8080", "[::1]", "[::1]:5000", "LOCALHOST"]
)
def test_this_machine_is_trusted_under_each_of_its_names(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("trusted", "host", "status"),
    [
        (("lab.example",), "lab.example:5000", 200),
        (("lab.example",), "other.example", 400),
        ((".hf.space",), "someone-playground.hf.space", 200),
        ((".hf.space",), "evilhf.space", 400),
        (("*",), "anything.example", 200),
    ],
)
def test_a_setting_adds_trusted_hosts(make_client, trusted, host, status):
    client = make_client(trusted_hosts=trusted)
    assert client.get("/healthz", headers={"Host": host}).status_code == status


@pytest.mark.parametrize("site", ["same-origin", "same-site", "none"])
def test_own_pages_may_post(client, site):
    response = client.post("/api/train", json={}, headers={"Sec-Fetch-Site": site})
    assert response.status_code == 200


def test_a_link_from_another_site_may_open_a_page(client):
    assert client.get("/api/docs", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


@pytest.mark.parametrize(
    ("received", "answered"),
    [
        ("trace-1.a_B", "trace-1.a_B"),
        ("a\r\nSet-Cookie: x=1", "aSet-Cookiex1"),
        ("<script>", "script"),
        ("a" * 300, "a" * 64),
    ],
)
def test_a_request_id_is_echoed_without_what_could_be_injected(client, received, answered):
    # The test client itself refuses line breaks in headers; a server in front may not.
    response = client.get("/healthz", environ_overrides={"HTTP_X_REQUEST_ID": received})
    assert response.headers["X-Request-ID"] == answered
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("received", [{}, {"X-Request-ID": "äö"}])
def test_without_a_usable_request_id_a_fresh_one_is_given(client, received):
    first, second = (client.get("/healthz", headers=received).headers["X-Request-ID"] for _ in range(2))
    assert re.fullmatch(r"[0-9a-f]{16}", first)
    assert first != second


def test_static_files_are_revalidated_by_their_tag(client):
    with client.get("/static/favicon.svg") as response:
        assert response.status_code == 200
        tag = response.headers["ETag"]
    with client.get("/static/favicon.svg", headers={"If-None-Match": tag}) as again:
        assert again.status_code == 304
