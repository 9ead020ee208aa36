"""Speed of the engine against its rivals, side by side: ``python -m benchmarks.engine``.

Windows of all contenders alternate, so that whatever else the machine does hits
all of them alike; ratios are taken round by round. Answers a table for each model.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

from app.catalog import MODELS
from benchmarks.contenders import BATCH_SIZE, CONTENDERS, data


@dataclass
class Contender:
    """A process that trains when asked; ``speeds`` are examples a second, one a round."""

    name: str
    process: subprocess.Popen[str]
    speeds: list[float] = field(default_factory=list)
    megabytes: float = 0.0
    absent: str = ""

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line.startswith("{") else {"absent": "it ended without an answer"}

    def run_window(self, seconds: float) -> None:
        assert self.process.stdin is not None
        print(seconds, file=self.process.stdin, flush=True)
        answer = self.answer()
        self.speeds.append(answer["speed"])
        self.megabytes = answer["megabytes"]

    def end(self) -> None:
        self.process.communicate()


def start(name: str, model: str) -> Contender:
    """Return a contender that has begun to import and trace, in the background."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.contenders", name, model]
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return Contender(name, process)


def measure(model: str, *, rounds: int, seconds: float) -> list[Contender]:
    """Return all contenders with one speed a round; those that cannot run have none."""
    contenders = [start(name, model) for name in CONTENDERS]
    for contender in contenders:
        contender.absent = contender.answer().get("absent", "")
    present = [contender for contender in contenders if not contender.absent]
    for _ in range(rounds):
        for contender in present:
            contender.run_window(seconds)
    for contender in contenders:
        contender.end()
    return contenders


def row(contender: Contender, ours: list[float]) -> str:
    """Return the contender's line: median [range] of its speed, its memory, our speed over its own."""
    if contender.absent:
        return f"| {contender.name} | not available here: {contender.absent} | | |"
    speeds = contender.speeds
    ratios = [own / other for own, other in zip(ours, speeds, strict=True)]
    speed = f"{statistics.median(speeds):,.0f} [{min(speeds):,.0f}-{max(speeds):,.0f}]"
    ratio = f"{statistics.median(ratios):.2f} [{min(ratios):.2f}-{max(ratios):.2f}]"
    return f"| {contender.name} | {speed} | {contender.megabytes:,.0f} | {ratio} |"


def report(model: str, contenders: list[Contender]) -> str:
    ours = contenders[0].speeds
    return "\n".join(
        [
            f"\n{MODELS[model].title}, B={BATCH_SIZE}",
            "| contender | examples/s, median [range] | peak MB | this engine is faster by |",
            "|---|---|---|---|",
            *(row(contender, ours) for contender in contenders),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=["tutorial_cnn", "mlp"], choices=list(MODELS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one window")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, data: {data()[2]}")
    for model in options.models:
        before = os.getloadavg()[0]
        contenders = measure(model, rounds=options.rounds, seconds=options.seconds)
        print(report(model, contenders))
        print(f"Load average before and after: {before:.1f}, {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    main()
