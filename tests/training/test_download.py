"""The download against a real server on loopback: what is right arrives whole, all else leaves nothing."""

import io
import socket
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from app.training.archives import fingerprint
from app.training.download import DownloadFailed, DownloadStopped, Patience, Source, download

ARRAYS = {
    "x_train": np.arange(180, dtype=np.uint8).reshape(20, 3, 3),
    "y_train": np.arange(20, dtype=np.uint8),
    "x_test": np.arange(72, dtype=np.uint8).reshape(8, 3, 3),
    "y_test": np.arange(8, dtype=np.uint8),
}
SOURCE = Source(files=("small.npz",), folder="", fingerprint=fingerprint(ARRAYS))
IMPATIENT = Patience(answer=0.3, file=0.6)


def packed(arrays=ARRAYS):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def right(handler):
    send(handler, packed())


def send(handler, content, announced=None):
    handler.send_response(200)
    handler.send_header("Content-Length", str(announced or len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def truncated(handler):
    send(handler, packed()[:500], announced=len(packed()))


def other_data(handler):
    send(handler, packed({**ARRAYS, "y_test": ARRAYS["y_test"] + 1}))


def error_page(handler):
    send(handler, b"<html>Please log in to this network</html>")


def missing(handler):
    handler.send_error(404)


def failing(handler):
    handler.send_error(503)


def garbled(handler):
    handler.wfile.write(b"220 this is no web server\r\n")


def silent(handler):
    handler.server.released.wait(10)


def stuck_half_way(handler):
    send(handler, packed()[:500], announced=len(packed()))
    handler.server.released.wait(10)


def dripping(handler):
    handler.send_response(200)
    handler.end_headers()
    for byte in packed():
        if handler.server.released.wait(0.05):
            return
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()


@pytest.fixture
def serve(monkeypatch):
    """Return a function that starts a server answering every GET by the given behaviour."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    servers = []

    def start(behaviour):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                behaviour(self)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.released = threading.Event()
        server.handle_error = lambda *_: None  # a client that gave up is what these tests are about
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/data"

    yield start
    for server in servers:
        server.released.set()
        server.shutdown()
        server.server_close()


def test_the_right_archive_arrives_whole(serve, tmp_path):
    download(SOURCE, address=serve(right), cache=tmp_path / "new" / "cache")
    assert [file.name for file in (tmp_path / "new" / "cache").iterdir()] == ["small.npz"]
    assert (tmp_path / "new" / "cache" / "small.npz").read_bytes() == packed()


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (truncated, "broke off after 500 of"),
        (other_data, "differ from the published"),
        (error_page, "cannot be read"),
        (missing, "answered 404"),
        (failing, "answered 503"),
        (garbled, "cannot be reached"),
        (silent, "did not answer in time"),
        (stuck_half_way, "did not answer in time"),
        (dripping, "did not answer in time"),
    ],
)
def test_anything_else_is_refused_and_leaves_nothing(serve, tmp_path, behaviour, reason):
    with pytest.raises(DownloadFailed, match=reason):
        download(SOURCE, address=serve(behaviour), cache=tmp_path, patience=IMPATIENT)
    assert list(tmp_path.iterdir()) == []


def test_a_refused_download_leaves_an_older_file_as_it_was(serve, tmp_path):
    (tmp_path / "small.npz").write_bytes(b"mine")
    with pytest.raises(DownloadFailed):
        download(SOURCE, address=serve(other_data), cache=tmp_path)
    assert (tmp_path / "small.npz").read_bytes() == b"mine"


def test_a_closed_port_is_named(tmp_path):
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))  # bound, never listening: a connection is refused
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        with pytest.raises(DownloadFailed, match="cannot be reached"):
            download(SOURCE, address=address, cache=tmp_path)


@pytest.mark.parametrize("address", ["file:///etc/", "ftp://127.0.0.1/", "data"])
def test_only_web_addresses_are_asked(address, tmp_path):
    with pytest.raises(DownloadFailed, match="not an http or https address"):
        download(SOURCE, address=address, cache=tmp_path)


def test_a_stop_ends_a_slow_download(serve, tmp_path):
    started = time.monotonic()
    with pytest.raises(DownloadStopped):
        download(
            SOURCE,
            address=serve(dripping),
            cache=tmp_path,
            should_stop=lambda: time.monotonic() > started + 0.2,
        )
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(serve, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("a file where the folder should be")
    with pytest.raises(DownloadFailed, match="cannot be written"):
        download(SOURCE, address=serve(right), cache=blocked)


def test_one_bad_file_of_several_keeps_all_out(serve, tmp_path):
    def first_only(handler):
        right(handler) if handler.path.endswith("/one.npz") else missing(handler)

    source = Source(files=("one.npz", "two.npz"), folder="parts", fingerprint=SOURCE.fingerprint)
    with pytest.raises(DownloadFailed, match="404"):
        download(source, address=serve(first_only), cache=tmp_path)
    assert list(tmp_path.iterdir()) == []
