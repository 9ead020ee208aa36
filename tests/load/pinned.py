"""Keeps a command and its children on some cores: ``python -m tests.load.pinned 0,1 COMMAND...``."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    os.sched_setaffinity(0, {int(core) for core in sys.argv[1].split(",")})
    os.execvp(sys.argv[2], sys.argv[2:])
