"""Scripts and styles over the wire: found in the pages, gzipped for who takes it, kept while the same."""

from __future__ import annotations

import gzip
import re

import pytest
from werkzeug.test import TestResponse

CHART = "/static/vendor/chart.js/chart.umd.js"


@pytest.fixture
def get(client):
    """Return a function that gets an address and closes the file behind the answer."""
    answers: list[TestResponse] = []

    def answer(address: str, **headers: str) -> TestResponse:
        answers.append(
            client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()})
        )
        return answers[-1]

    yield answer
    for one in answers:
        one.close()


@pytest.mark.parametrize("page", ["/", "/learning", "/attacks"])
def test_every_script_and_style_of_a_page_is_to_be_had(get, page):
    addresses = re.findall(r'(?:src|href)="(/static/[^"]+\.(?:js|css)[^"]*)"', get(page).text)
    assert addresses
    for address in addresses:
        response = get(address)
        assert response.status_code == 200
        assert response.mimetype in ("text/javascript", "text/css")
        if "?v=" in address:
            assert "immutable" in response.headers["Cache-Control"]


def test_gzip_goes_to_those_who_take_it_and_says_the_same(get):
    plain = get(CHART, Accept_Encoding="identity")
    zipped = get(CHART, Accept_Encoding="br, gzip")
    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert int(zipped.headers["Content-Length"]) == len(zipped.data) < len(plain.data) / 2
    assert zipped.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert zipped.headers["ETag"] != plain.headers["ETag"]


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_what_a_browser_has_is_not_sent_again(get, encoding):
    first = get(CHART, Accept_Encoding=encoding)
    again = get(CHART, Accept_Encoding=encoding, If_None_Match=first.headers["ETag"])
    assert again.status_code == 304
    assert again.data == b""


def test_a_part_of_a_file_is_sent_as_it_is(get):
    part = get(CHART, Accept_Encoding="gzip", Range="bytes=0-99")
    assert part.status_code == 206
    assert "Content-Encoding" not in part.headers
    assert len(part.data) == 100


def test_an_address_of_another_version_is_not_kept_for_ever(get):
    response = get("/static/dist/js/main.js?v=000000000000")
    assert "immutable" not in response.headers["Cache-Control"]
