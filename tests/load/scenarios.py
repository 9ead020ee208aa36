"""What is measured of a server under load; each scenario returns its rows of the table."""

from __future__ import annotations

import os
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.privacy.pld import IDLE_SECONDS
from app.runs.store.database import Store
from benchmarks import event_latency
from benchmarks.server_memory import megabytes, processes, use
from tests.faults.playground import GUNICORN, Playground
from tests.faults.watcher import Watcher
from tests.load import clients
from tests.load.table import Row, percentile

Ask = Callable[..., Future[Any]]
MILLISECONDS = 1000.0

RATE = 200.0
NOISE_MULTIPLIERS = [0.5 + number / 20 for number in range(30)]
QUEUE = 20
POSTS = 500
STREAMS = 300
SEATS = 220
WATCHERS = 200
HEALTH_RATE = 50.0
MEMORY_ROUNDS = 2  # each takes most of a minute, and they differ little
TRAINING = clients.request(
    "POST",
    "/api/train",
    {"mode": "real", "task": "digits", "epochs": 5},
    headers="Prefer: respond-async\r\n",
)
LONG_TRAINING: dict[str, Any] = {"epochs": 60, "seed": None, "batch_size": 64}


@dataclass(frozen=True, kw_only=True)
class Machine:
    """On which cores the server runs, on which its clients; how often and how long all is measured."""

    server: tuple[int, ...]
    clients: tuple[int, ...]
    rounds: int
    seconds: float

    @property
    def before(self) -> tuple[str, ...]:
        """Return the command that keeps another on the server's cores."""
        return (sys.executable, "-m", "tests.load.pinned", ",".join(map(str, self.server)))


@contextmanager
def serving(machine: Machine, folder: Path, kind: str = GUNICORN) -> Iterator[Playground]:
    """Give a server as people run it, trainer included, on its cores; its trainer may still be starting."""
    folder.mkdir()
    playground = Playground(folder, kind, pretending=False, **_data())
    try:
        playground.start(before=machine.before)
        yield playground
    finally:
        playground.kill()


def boots(machine: Machine, folder: Path, kind: str) -> Row:
    """Measure from the start of the server to its first answer."""
    rounds = []
    for number in range(machine.rounds):
        began = time.time()
        with serving(machine, folder / f"boot-{kind}-{number}", kind):
            rounds.append(time.time() - began)
    return Row(target=f"boot to /healthz, {kind}", unit="s", limit=2, rounds=rounds)


def memory(machine: Machine, folder: Path, kind: str, *, limit: float) -> list[Row]:
    """Measure memory when all has been used, a training included, and nothing is asked any more."""
    fresh, idle, trainer = [], [], []
    for number in range(min(MEMORY_ROUNDS, machine.rounds)):
        with serving(machine, folder / f"memory-{kind}-{number}", kind) as playground:
            warm(playground)
            fresh.append(_memory(playground)[0])
            use(playground.port)
            playground.event(playground.post_run(**_mnist(), epochs=2), "finished", seconds=300)
            trainer.append(_memory(playground)[1])
            _until_the_accountants_have_ended(playground)
            idle.append(_memory(playground)[0])
    note = f"after one short run {min(fresh):.0f} - {max(fresh):.0f} MB"
    return [
        Row(target=f"memory idle after use, {kind}", unit="MB", limit=limit, rounds=idle, note=note),
        Row(target=f"warm trainer after use, {kind}", unit="MB", limit=900, rounds=trainer),
    ]


def simulations(machine: Machine, playground: Playground, ask: Ask) -> list[Row]:
    """Measure simulations at a fixed rate, without and then with a training on all of the server's cores."""
    count = int(RATE * machine.seconds)
    for text in [_simulation(noise) for noise in NOISE_MULTIPLIERS] * 4:  # both workers know their ε then
        ask(clients.at_once, playground.port, [text]).result()
    rows = []
    for training, limit in ((False, 50), (True, 100)):
        run_id = playground.post_run(**_mnist(), **LONG_TRAINING) if training else None
        if run_id is not None:
            playground.event(run_id, "iteration")
        rounds = [
            ask(clients.at_rate, playground.port, simulations_of(count), RATE).result()
            for _ in range(machine.rounds)
        ]
        if run_id is not None:
            assert playground.state(run_id) == "running", "the training ended before the measurement"
            playground.ask("POST", f"/api/runs/{run_id}/cancel")
        while_what = "every core training" if training else "idle"
        rows.append(_latency_row(f"simulation {RATE:.0f}/s, {while_what}: p99", limit, rounds))
    return rows


def events(machine: Machine, playground: Playground) -> Row:
    """Measure how long events take to many watchers, from before their write to the reading."""
    store = Store(str(playground.store))
    rounds = []
    for _ in range(machine.rounds):
        seconds = event_latency.measured(
            store, playground.port, clients=WATCHERS, events=int(10 * machine.seconds), rate=10.0
        )
        rounds.append(seconds)
    store.close()
    return Row(
        target=f"event to {WATCHERS} watchers: p99",
        unit="ms",
        limit=250,
        rounds=[percentile(seconds, 0.99) * MILLISECONDS for seconds in rounds],
        note=_middle_and_worst(rounds),
    )


def many_posts(machine: Machine, playground: Playground, ask: Ask) -> Row:
    """Send trainings all at once: as many as the queue has places are accepted whole, the rest refused."""
    slowest, kept, seen = [], True, ""
    for _ in range(machine.rounds):
        running = playground.post_run(**_mnist(), **LONG_TRAINING)
        playground.event(running, "iteration")
        answers = ask(clients.at_once, playground.port, [TRAINING] * POSTS).result()
        kept = kept and admitted_whole(playground, answers, running=running, places=QUEUE)
        slowest.append(percentile([answer.seconds for answer in answers], 0.99))
        seen = f"{_count(answers, 202)} accepted, {_count(answers, 503)} x 503, {_count(answers, 0)} lost"
        _cancel_all(playground)
    return Row(target=f"{POSTS} POSTs at once: p99", unit="s", limit=1, rounds=slowest, note=seen, kept=kept)


def admitted_whole(
    playground: Playground, answers: Sequence[clients.Answer], *, running: str, places: int
) -> bool:
    """Return whether exactly ``places`` runs were accepted, all are in the store, complete, and no other."""
    accepted = {answer.json["id"] for answer in answers if answer.status == 202}
    refused = [answer for answer in answers if answer.status == 503]
    rows = unfinished(playground)
    return (
        len(accepted) == places
        and len(refused) == len(answers) - places
        and all(int(answer.headers["retry-after"]) > 0 for answer in refused)
        and {row["id"] for row in rows} == accepted | {running}
        and all(playground.document(run_id)["state"] == "queued" for run_id in accepted)
        and all(row["owner"] is None and row["last_event"] == 0 for row in rows if row["id"] != running)
    )


def unfinished(playground: Playground) -> list[dict[str, Any]]:
    """Return the rows of all runs that wait or train."""
    with closing(sqlite3.connect(playground.store, timeout=10)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM runs WHERE ended_at IS NULL")]


def many_streams(machine: Machine, playground: Playground, ask: Ask) -> Row:
    """Open more streams than there are seats, and ask meanwhile whether the server lives."""
    run_id = playground.post_run(**_mnist(), **LONG_TRAINING)
    playground.event(run_id, "iteration")
    health = [clients.HEALTH] * int(HEALTH_RATE * machine.seconds)
    rounds, counts = [], []
    for _ in range(machine.rounds):
        opened = ask(
            clients.streams_at_once,
            playground.port,
            f"/api/runs/{run_id}/events",
            STREAMS,
            tries=6,
            hold=machine.seconds + 1,
        )
        rounds.append(ask(clients.at_rate, playground.port, health, HEALTH_RATE).result())
        counts.append(opened.result())
    _cancel_all(playground)
    served = " and ".join(f"{ok} served, {refused} x 503" for ok, refused in sorted(set(counts)))
    kept = set(counts) == {(SEATS, STREAMS - SEATS)}
    return _latency_row(f"{STREAMS} streams while training: /healthz p99", 50, rounds, note=served, kept=kept)


def clicks(machine: Machine, folder: Path) -> list[Row]:
    """Measure from the click to the first measured point, cold and warm, and from Stop to the end."""
    cold, warm_start, stop = [], [], []
    for number in range(machine.rounds):
        with serving(machine, folder / f"clicks-{number}") as playground:
            cold.append(_first_point(playground)[0])
            warm(playground)
            seconds, run_id = _first_point(playground, cancel=False)
            warm_start.append(seconds)
            began = time.monotonic()
            _, document = playground.ask("POST", f"/api/runs/{run_id}/cancel")
            stop.append(time.monotonic() - began)
            assert document["state"] == "cancelled"
    return [
        Row(target="click to first measured point, warm", unit="s", limit=0.5, rounds=warm_start),
        Row(target="the same just after the server's start", unit="s", limit=5, rounds=cold),
        Row(target="Stop to the end of the run", unit="s", limit=0.5, rounds=stop),
    ]


def warm(playground: Playground) -> None:
    """Wait until the training process has nothing left to prepare."""
    quick = playground.post_run(epochs=1)
    playground.event(quick, "finished", seconds=120)
    time.sleep(1.0)


def _first_point(playground: Playground, *, cancel: bool = True) -> tuple[float, str]:
    """Return the seconds from a POST to the first point that its watcher sees, and the run."""
    began = time.monotonic()
    run_id = playground.post_run(**_mnist())
    watcher = Watcher(playground.port, run_id)
    playground.until(lambda: any(event["kind"] == "iteration" for event in watcher.events))
    seconds = time.monotonic() - began
    if cancel:
        playground.ask("POST", f"/api/runs/{run_id}/cancel")
    watcher.leave()
    return seconds, run_id


def _data() -> dict[str, str]:
    return {"DPSGD_DATA_DIR": os.environ["DPSGD_DATA_DIR"]} if "DPSGD_DATA_DIR" in os.environ else {}


def _mnist() -> dict[str, str]:
    return {"task": "mnist" if _data() else "digits"}


def _memory(playground: Playground) -> tuple[float, float]:
    """Return megabytes of all processes but the trainer, and of the trainer."""
    found = processes(playground.family()[0])
    return megabytes(found["web"] + found["accountant"]), megabytes(found["trainer"])


def _until_the_accountants_have_ended(playground: Playground) -> None:
    def none_is_left() -> bool:
        time.sleep(0.5)
        return not processes(playground.family()[0])["accountant"]

    playground.until(none_is_left, seconds=2 * IDLE_SECONDS)


def _simulation(noise_multiplier: float) -> bytes:
    changed = {"noise_multiplier": noise_multiplier, "learning_rate": random.uniform(0.01, 0.1)}
    return clients.request("POST", "/api/train", {**changed, "seed": random.randrange(10**6)})


def simulations_of(count: int) -> list[bytes]:
    """Return simulations that differ from each other; each σ is one of a few."""
    return [_simulation(random.choice(NOISE_MULTIPLIERS)) for _ in range(count)]


def _latency_row(
    target: str,
    limit: float,
    rounds: Sequence[Sequence[clients.Answer]],
    *,
    note: str = "",
    kept: bool = True,
) -> Row:
    seconds = [[answer.seconds for answer in answers] for answers in rounds]
    wrong = [answer.status for answers in rounds for answer in answers if answer.status != 200]
    seen = _middle_and_worst(seconds)
    return Row(
        target=target,
        unit="ms",
        limit=limit,
        rounds=[percentile(one, 0.99) * MILLISECONDS for one in seconds],
        note=f"{note}; {seen}" if note else seen + (f"; not 200: {len(wrong)}" if wrong else ""),
        kept=kept and not wrong,
    )


def _all(rounds: Sequence[Sequence[float]]) -> list[float]:
    return [value for values in rounds for value in values]


def _middle_and_worst(rounds: Sequence[Sequence[float]]) -> str:
    seconds = _all(rounds)
    return (
        f"median {percentile(seconds, 0.5) * MILLISECONDS:.1f} ms, max {max(seconds) * MILLISECONDS:.0f} ms"
    )


def _count(answers: Sequence[clients.Answer], status: int) -> int:
    return sum(answer.status == status for answer in answers)


def _cancel_all(playground: Playground) -> None:
    for row in sorted(unfinished(playground), key=lambda row: row["state"]):  # those that wait first
        playground.ask("POST", f"/api/runs/{row['id']}/cancel")
