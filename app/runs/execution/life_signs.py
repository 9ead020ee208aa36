"""Whether a training process still does anything, judged by what it says and by what it computes.

Its beats alone would not do. On a machine whose cores are all taken, a process of low priority is
not heard for seconds while it imports TensorFlow (4.1 s measured with four busy loops on four cores),
and killing it then would make a slow start a lost one.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

PATIENCE = 12.0  # leases after which a process that computes and says nothing is given up too
LOOK_SECONDS = 0.5  # the most that one look adds: who was not there to look has not seen silence


class LifeSigns:
    """The observed silence of the process ``pid``, looked at many times a second by one thread.

    Only time in which somebody looked counts: a web process that was itself stopped for a while
    (or waited for its store) must not take that for the silence of its training process.
    """

    def __init__(self, pid: int) -> None:
        self._stat = Path(f"/proc/{pid}/stat")
        self._looked_at = time.monotonic()
        self._heard_at = self._looked_at
        self._computed = self._computed_seconds()
        self._silent = 0.0
        self._idle = 0.0

    def look(self, heard_at: float) -> None:
        """Take note that the process was last heard at ``heard_at`` (time.monotonic())."""
        now = time.monotonic()
        observed = min(now - self._looked_at, LOOK_SECONDS)
        self._looked_at = now
        if heard_at != self._heard_at:
            self._heard_at = heard_at
            self._silent = self._idle = 0.0
            return
        self._silent += observed
        self._idle += observed
        computed = self._computed_seconds()
        if computed != self._computed:
            self._computed = computed
            self._idle = 0.0

    def silent_for(self, lease: float) -> bool:
        """Return whether it has neither spoken nor computed for ``lease`` seconds, or only computed too long.

        Where computing cannot be seen (no /proc), silence alone decides, with the same long patience.
        """
        if self._silent > PATIENCE * lease:
            return True
        return self._computed is not None and self._idle > lease

    def _computed_seconds(self) -> float | None:
        """Return the processor time that all threads of the process have used, None where it is not told."""
        try:
            # The fields behind the name, which may itself hold blanks and brackets; see proc(5).
            fields = self._stat.read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError, IndexError):
            return None
