"""How long events take from the run store to those who watch: ``python -m benchmarks.event_latency``.

Two gunicorn workers on loopback serve ``--clients`` streams of one run. This process writes ``--events``
events at ``--rate`` a second; the time counts from before the write, its commit included, until a client
in another process has read the frame. Prints one line of JSON, times in milliseconds. Run it pinned, as
``taskset -c 0,1 python -m benchmarks.event_latency``, to see what two cores give.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import update

from app.events import Finished, Notice
from app.parameters import RunParameters
from app.runs.store.database import Store
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import NewRun
from app.runs.store.schema import runs
from tests.faults.playground import GUNICORN, Playground

OWNER = "benchmark"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--rate", type=float, default=10.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Playground(Path(folder), GUNICORN) as playground:
        store = Store(str(playground.store))
        latencies = measured(store, playground.port, **vars(asked))
        store.close()
    print(json.dumps({"cores": len(os.sched_getaffinity(0)), **vars(asked), **summary(latencies)}))


def measured(store: Store, port: int, *, clients: int, events: int, rate: float) -> list[float]:
    """Return the seconds that each event took to each client."""
    run_id = running_run(store)
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    arguments = (theirs, port, run_id, clients)
    watching = multiprocessing.get_context("spawn").Process(target=watch, args=arguments)
    watching.start()
    ours.recv()  # all streams have begun
    write(Lifecycle(store), run_id, events=events, rate=rate)
    latencies: list[float] = ours.recv()
    watching.join()
    assert len(latencies) == clients * events, "an event was lost"
    return latencies


def running_run(store: Store) -> str:
    """Return a run that this process owns; the server never sees it queued."""
    job = {"parameters": RunParameters.of_task("digits").to_dict(), "fallback": None, "notices": []}
    with store.writing() as connection:
        run_id = Lifecycle(store).admit(connection, NewRun(job=job, client=OWNER))
        mine = {"state": "running", "owner": OWNER, "attempt": 1, "entered": 1}
        connection.execute(update(runs).where(runs.c.id == run_id).values(**mine))
    return run_id


def write(lifecycle: Lifecycle, run_id: str, *, events: int, rate: float) -> None:
    """Write events that say when they were written, then the end."""
    for number in range(1, events + 1):
        event = Notice(id=f"event-{number}", severity="info", text=repr(time.time()))
        lifecycle.append(run_id, OWNER, [event])
        time.sleep(1 / rate)
    finished = Finished(state="done", steps=0, training_seconds=events / rate)
    lifecycle.finish(run_id, OWNER, [], finished)


def watch(pipe: Connection, port: int, run_id: str, clients: int) -> None:
    """Open the streams, say so, read them to their ends, and send what the events took."""
    pipe.send(asyncio.run(_watch_all(pipe, port, run_id, clients)))


async def _watch_all(pipe: Connection, port: int, run_id: str, clients: int) -> list[float]:
    streams = [await _stream(port, run_id) for _ in range(clients)]
    pipe.send("all streams have begun")
    latencies = await asyncio.gather(*(_latencies(reader) for reader, _ in streams))
    for _, writer in streams:
        writer.close()
    return [latency for of_one in latencies for latency in of_one]


async def _stream(port: int, run_id: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a stream; a worker whose seats are taken refuses it, and the next try may meet another worker."""
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /api/runs/{run_id}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        if b" 200 " in await reader.readline():
            await reader.readuntil(b"retry: 2000")
            return reader, writer
        writer.close()


async def _latencies(reader: asyncio.StreamReader) -> list[float]:
    latencies: list[float] = []
    async for line in reader:
        if line.startswith(b"data: "):
            event: dict[str, Any] = json.loads(line[6:])
            if event["kind"] == "finished":
                break
            latencies.append(time.time() - float(event["text"]))
    return latencies


def summary(latencies: list[float]) -> dict[str, float]:
    """Return percentiles in milliseconds."""
    cuts = statistics.quantiles(latencies, n=100)
    shares = {"p50": cuts[49], "p90": cuts[89], "p99": cuts[98], "max": max(latencies)}
    return {name: round(seconds * 1000, 1) for name, seconds in shares.items()}


if __name__ == "__main__":
    main()
