"""The accountant's child process: answers privacy-curve requests, one JSON line each.

``python -m app.privacy.pld_child`` reads {"sampling_probability", "noise_multiplier",
"steps", "delta", "seconds"} per line and writes the answer of :func:`answer`. It
says {"ready": true} first, and ends when its standard input does. It is a process
because only a process can be stopped in the middle of a transform.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import queue
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from app.privacy.trade_off import RATES

if TYPE_CHECKING:
    from app.privacy.privacy_curve import PrivacyCurve

MEMORY_LIMIT_BYTES = 3 * 2**30
# Replace-one takes as long again as the headline; it is left out unless this share of the time is left over.
_SHARE_FOR_HEADLINE = 0.3
_TRADE_OFF_EPSILONS = 20_000  # at most so many for the whole curve, in a few hundredths of a second


def limit_memory() -> None:
    """Bound this process's address space, so that a request fails instead of the machine."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # absent on Windows, refused on macOS
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a PldResult: {epsilon, advantage, trade_off, tpr_at_1pct_fpr, ..., reason}.

    Numbers are None where there is none; ``reason`` then says why.
    """
    try:
        return _curve_figures(**request)
    except MemoryError:
        return {"reason": "the privacy loss distribution needs too much memory"}


def _curve_figures(
    *, sampling_probability: float, noise_multiplier: float, steps: int, delta: float, seconds: float
) -> dict[str, Any]:
    from app.privacy.privacy_curve import PrivacyCurve, addition, composed, one_step, removal, replacement

    started = time.monotonic()
    pairs = (removal, addition)
    curve = PrivacyCurve.of(
        [composed(one_step(pair(sampling_probability, noise_multiplier)), steps) for pair in pairs]
    )
    epsilon = curve.epsilon(delta)
    if not math.isfinite(epsilon):
        return {"reason": f"delta {delta:g} is too small for the numerical privacy loss distribution"}
    at_1pct, at_0_1pct = curve.true_positive_rates([0.01, 0.001])
    figures: dict[str, Any] = {
        "epsilon": epsilon,
        "trade_off": _trade_off(curve),
        "advantage": curve.advantage(),
        "tpr_at_1pct_fpr": at_1pct,
        "tpr_at_0_1pct_fpr": at_0_1pct,
        "delta_at_odds_of_9": curve.delta(math.log(9)),
    }
    if time.monotonic() - started > _SHARE_FOR_HEADLINE * seconds:
        return figures
    replaced = composed(one_step(replacement(sampling_probability, noise_multiplier)), steps)
    replace_one = PrivacyCurve.of([replaced]).epsilon(delta)
    return figures | {"replace_one_epsilon": replace_one if math.isfinite(replace_one) else None}


def _trade_off(curve: PrivacyCurve) -> list[dict[str, float]]:
    rates = curve.coarse(_TRADE_OFF_EPSILONS).true_positive_rates(RATES)
    return [{"fpr": fpr, "tpr": tpr} for fpr, tpr in zip(RATES, rates, strict=True)]


def _read_requests(requests: queue.Queue[dict[str, Any]]) -> None:
    for line in sys.stdin:
        requests.put(json.loads(line))
    os._exit(0)  # the parent is gone: end at once, even in the middle of a transform


def main() -> None:
    """Answer requests until standard input ends."""
    limit_memory()
    requests: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_read_requests, args=(requests,), daemon=True).start()
    import app.privacy.privacy_curve  # noqa: F401 - paid for here, before the first request's time starts

    print(json.dumps({"ready": True}), flush=True)
    while True:
        print(json.dumps(answer(requests.get())), flush=True)


if __name__ == "__main__":
    main()
