"""Numbers as the advice prints them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from app.catalog import OPTIMIZERS
from app.parameters import PARAMETERS
from app.privacy.wording import power_of_ten


def percent(fraction: float) -> str:
    """Return a fraction as a percentage with one decimal.

    >>> percent(0.9531)
    '95.3 %'
    """
    return f"{100 * fraction:.1f} %"


def points(difference: float) -> str:
    """Return a difference of two fractions in percentage points: whole from 10 on, else one decimal.

    >>> points(0.133), points(0.024)
    ('13 points', '2.4 points')
    """
    value = 100 * difference
    return f"{value:.0f} points" if abs(value) >= 9.95 else f"{value:.1f} points"


def number(value: float) -> str:
    """Return a number with at most four significant digits and no needless zeros.

    >>> number(70.31), number(0.02), number(15.0), number(1055.0), number(60000)
    ('70.31', '0.02', '15', '1055', '60,000')
    """
    if abs(value) >= 1000:
        text = f"{value:,.0f}"
        return text if abs(value) >= 10_000 else text.replace(",", "")
    return f"{value:.4g}"


def epsilon_text(epsilon: float | None) -> str:
    """Return ε with its sign; None and infinity are infinite.

    >>> epsilon_text(1.2789), epsilon_text(123.4), epsilon_text(None)
    ('ε 1.28', 'ε 123', 'infinite ε')
    """
    if epsilon is None or epsilon == math.inf:
        return "infinite ε"
    return f"ε {epsilon:.2f}" if epsilon < 100 else f"ε {epsilon:,.0f}"


def delta_text(delta: float) -> str:
    """Return δ with its sign, in powers of ten.

    >>> delta_text(1e-5), delta_text(2.5e-4)
    ('δ 1e-5', 'δ 2.5e-4')
    """
    return f"δ {power_of_ten(delta)}"


def setting(name: str, value: object) -> str:
    """Return one parameter change as a person reads it.

    >>> setting("clipping_norm", 1.5), setting("optimizer", "momentum")
    ('Clipping norm C 1.5', 'SGD with momentum 0.9')
    """
    if name == "optimizer":
        return OPTIMIZERS[str(value)]
    label = PARAMETERS[name].label if name in PARAMETERS else name
    return f"{label} {number(value)}" if isinstance(value, (int, float)) else f"{label} {value}"


def settings(changes: Iterable[tuple[str, object]]) -> str:
    """Return several parameter changes as one list in words."""
    return ", ".join(setting(name, value) for name, value in changes)
