"""What the figures were measured on, without the names of machines or people."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from benchmarks.peers.work import mnist

PACKAGES = ("tensorflow", "tensorflow-privacy", "keras", "torch", "opacus", "jax", "jax-privacy", "numpy")
_ASK = """
import platform
from importlib.metadata import PackageNotFoundError, version
found = ["Python " + platform.python_version()]
for name in {packages!r}:
    try:
        found.append(name + " " + version(name))
    except PackageNotFoundError:
        pass
print(", ".join(found))
"""


def facts() -> dict[str, Any]:
    return {
        "date": datetime.now(timezone.utc).strftime("%d %B %Y"),
        "cores": len(os.sched_getaffinity(0)),
        "processor": _field("/proc/cpuinfo", "model name") or platform.machine(),
        "memory": round(int((_field("/proc/meminfo", "MemTotal") or "0").split()[0]) * 1.024e-6),
        "system": platform.system(),
        "data": mnist(10)[2],
    }


def versions(python: Path) -> str:
    """Return the versions of what is installed beside an interpreter."""
    command = [str(python), "-c", _ASK.format(packages=PACKAGES)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _field(file: str, name: str) -> str:
    """Return the first value of ``name: value`` in a file of /proc; empty where there is none."""
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    values = (line.partition(":")[2].strip() for line in lines if line.split(":")[0].strip() == name)
    return next(values, "")
