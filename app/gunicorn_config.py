"""gunicorn's configuration: ``gunicorn --config python:app.gunicorn_config run:app``.

Two workers, so that one that hangs or dies leaves another; whichever leads gives runs to the training
process. Nothing that has threads or connections is made before a worker has been forked.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import glob
import os
import shutil
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
from typing import TYPE_CHECKING, Any, cast

from app import logs
from app.settings import SettingsError, read_settings

if TYPE_CHECKING:
    from flask import Flask

try:
    _settings = read_settings()
except SettingsError as fault:
    sys.exit(str(fault))

SPARE_THREADS = 10  # beyond those that streams and waiting requests may hold
LOOK_SECONDS = 0.05  # between two looks whether this worker shall stop
STALLED_SECONDS = 60  # silence after which a request or an answer under way is given up
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_PREFIX, _LOCK = "dpsgd-metrics-", "owner.lock"

_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None

_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host

bind = f"{_host}:{_settings.port}"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
worker_class = "gthread"
threads = _settings.streams + SPARE_THREADS
# A worker whose main thread gives no sign of life for so long is killed, at most 2 s later. That thread only
# accepts connections, so a busy machine delays it by far less.
timeout = 10
# The runs are given back within a second; then answers under way have the rest. Docker kills after 10.
graceful_timeout = 5
# On a disk the sign of life could wait for the disk.
worker_tmp_dir = _memory
control_socket_disable = True
# The most there is: an address longer than ours (app.security.MAX_URL) is then mostly told so by our problem.
limit_request_line = 8190
logconfig_dict = logs.configuration(_settings.log)


def on_starting(server: Any) -> None:
    """Make the folder in which the workers' counters meet, for ``app.metrics``."""
    _remove_abandoned_folders()
    folder = tempfile.mkdtemp(prefix=_PREFIX, dir=_memory)
    # Arbiter and workers hold the lock together, by inheritance, until the last of them is gone.
    server.folder_lock = os.open(os.path.join(folder, _LOCK), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(server.folder_lock, fcntl.LOCK_EX)
    os.environ[SHARED_FOLDER] = folder


def when_ready(server: Any) -> None:
    """Bound how long a client may keep a thread by silence; accepted connections inherit it."""
    for listener in server.LISTENERS:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", STALLED_SECONDS, 0))


def post_worker_init(worker: Any) -> None:
    """Begin dispatching in the new worker."""
    # What is loaded stays: looking through it all for garbage would hold every request up for 0.1 s.
    gc.freeze()
    app = cast("Flask", worker.wsgi)
    app.extensions["runs"].start_worker()
    app.extensions["metrics"].keep_sampling()
    # Not a daemon: the process does not end before its runs are given back.
    threading.Thread(target=_close_in_time, args=(worker, app), name="closing").start()


def worker_int(worker: Any) -> None:
    """Let no second signal interrupt the closing that the first began: Ctrl+C sends a worker two."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)  # not SIG_IGN: Python complains of one that is on its way


def worker_exit(server: Any, worker: Any) -> None:
    """See to the closing where the worker ends by itself, and tidy up where the arbiter is gone."""
    worker.alive = False
    if worker.pid == os.getpid() and worker.ppid != os.getppid():
        _remove_shared_folder()


def child_exit(server: Any, worker: Any) -> None:
    """Take what the dead worker was doing out of the sums; what it has done stays."""
    from app.metrics import bury

    bury(worker.pid)


def on_exit(server: Any) -> None:
    """Remove the folder of the counters."""
    _remove_shared_folder()


def _close_in_time(worker: Any, app: Flask) -> None:
    """Give the runs back as soon as the worker shall stop, and not when its last stream has ended."""
    while worker.alive:
        time.sleep(LOOK_SECONDS)
    app.extensions["runs"].close()


def _remove_abandoned_folders() -> None:
    """Remove the folders of servers that were killed: they take memory for as long as the machine runs."""
    for folder in glob.glob(os.path.join(_memory or tempfile.gettempdir(), f"{_PREFIX}*")):
        with contextlib.suppress(OSError):  # another user's, or one that is just being made
            lock = os.open(os.path.join(folder, _LOCK), os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(lock)


def _remove_shared_folder() -> None:
    shutil.rmtree(os.environ.pop(SHARED_FOLDER, ""), ignore_errors=True)
