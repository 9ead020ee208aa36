"""Has the slower accountant's figure of a run ready by the time the run ends."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from app.parameters import RunParameters
from app.privacy.mechanism import Mechanism
from app.privacy.statement import privacy_report

WAITING_AT_MOST = 32  # a figure that is not computed ahead is computed when its run has ended

_log = logging.getLogger(__name__)


def _compute(parameters: RunParameters) -> None:
    privacy_report(Mechanism.of(parameters), wait_for_pld=True)


class PldAhead:
    """Computes one figure at a time, in a thread that lives while there is something to compute."""

    def __init__(self, compute: Callable[[RunParameters], None] = _compute) -> None:
        self._compute = compute
        self._waiting: deque[RunParameters] = deque(maxlen=WAITING_AT_MOST)
        self._lock = threading.Lock()
        self._busy = False

    def want(self, parameters: RunParameters) -> None:
        """Have the figure of ``parameters`` computed soon; of too many, the oldest are dropped."""
        with self._lock:
            self._waiting.append(parameters)
            if self._busy:
                return
            self._busy = True
        threading.Thread(target=self._work, name="pld-ahead", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._busy = False
                    return
                parameters = self._waiting.popleft()
            try:
                self._compute(parameters)
            except Exception:  # it is only ahead of time: whoever needs the figure meets the fault again
                _log.exception("a figure could not be computed ahead")
