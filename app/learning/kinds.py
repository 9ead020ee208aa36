"""What the Learning Hub's tables hold: one frozen class for each kind of row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

Setting = str | float | int


@dataclass(frozen=True, kw_only=True)
class Source:
    """A publication, or how a number was computed.

    ``short`` stands behind a sentence, ``full`` in the list of sources; ``link`` is an address on the web.
    """

    name: str
    short: str
    full: str
    link: str | None = None


@dataclass(frozen=True, kw_only=True)
class Term:
    """A term of the glossary; ``help`` says that the playground's Help shows it as well."""

    name: str
    title: str
    text: str
    source: str | None = None
    help: bool = False

    @property
    def cited(self) -> str | None:
        """Return the source to name behind the text; a number without one is this playground's own."""
        return self.source or ("playground" if any(letter.isdigit() for letter in self.text) else None)


@dataclass(frozen=True, kw_only=True)
class Card:
    """What stands behind the control or chart ``name``: predict, try, see, explain in at most 60 words.

    A card with a question has the index of the right option in ``answer``, the settings ``before`` and
    ``after`` a change, and in ``expects`` what must hold between their results; a test computes both.
    """

    name: str
    title: str
    explanation: str
    source: str | None = None
    question: str | None = None
    options: tuple[str, ...] = ()
    answer: int | None = None
    before: Mapping[str, Setting] = field(default_factory=dict)
    change: Mapping[str, Setting] = field(default_factory=dict)
    expects: str | None = None
    chart: bool = False

    @property
    def after(self) -> dict[str, Setting]:
        return {**self.before, **self.change}

    @property
    def address(self) -> str:
        """Return the address of the playground with the changed settings."""
        return "/?" + urlencode({"mode": "simulation", **self.after})


@dataclass(frozen=True, kw_only=True)
class FlashCard:
    """A question and its answer; ``name`` is what the browser remembers progress by."""

    name: str
    front: str
    back: str
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class Question:
    """A quiz question; ``answer`` is the index of the right option, ``why`` is shown after answering."""

    text: str
    options: tuple[str, ...]
    answer: int
    why: str
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class Correction:
    """Something often said, and what is true."""

    said: str
    truth: str
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class Mnemonic:
    """A phrase to remember and what it stands for."""

    phrase: str
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """What the "Teacher" or the "Learner" (``speaker``) says in the dialogue."""

    speaker: str
    text: str
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A published use of DP: ``epsilon`` (up to ``epsilon_to``), ``delta`` (None: pure DP), and its unit.

    ``noise`` says where it is added: "central" (to a result) or "local" (on each device).
    """

    title: str
    epsilon: float
    unit: str
    noise: str
    source: str
    delta: str | None = None
    epsilon_to: float | None = None
