"""Shorter names for what a module keeps to itself: only where every occurrence is beyond doubt."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from app.assets.minify import tokens_of

_BRACKETS = {")": "(", "]": "[", "}": "{"}


def shortened(text: str, names: frozenset[str], *, prefix: str) -> str:
    """Return a module's JavaScript with its private top-level ``names`` replaced by short ones.

    A name that also stands for a property, a key, a shorthand, or within a template literal, keeps its
    length: there a tokenizer cannot tell what it means. ``prefix`` begins the short names; no other
    name of the script may begin with it.

    >>> shortened("const limit = 3; const far = (n) => n > limit;", frozenset({"limit", "far"}), prefix="$")
    'const $0 = 3; const $1 = (n) => n > $0;'
    >>> shortened("const limit = 3; run({ limit });", frozenset({"limit"}), prefix="$")
    'const limit = 3; run({ limit });'
    """
    tokens = list(tokens_of(text))
    clear = names - _in_doubt(tokens)
    counts = Counter(token for kind, token in tokens if kind == "word" and token in clear)
    short = {name: f"{prefix}{index:x}" for index, (name, _) in enumerate(counts.most_common())}
    return "".join(short.get(token, token) if kind == "word" else token for kind, token in tokens)


def _in_doubt(tokens: list[tuple[str, str]]) -> set[str]:
    """Return the words that may be something else than a variable somewhere."""
    found: set[str] = set()
    for kind, token in tokens:
        if kind == "template":
            found |= set(re.findall(r"[\w$]+", token))
    for before, token, after, inside in _in_context(tokens):
        is_property = before in (".", "?.") or after == ":"
        is_shorthand = inside == "{" and before in ("{", ",") and after in ("}", ",", "=")
        is_method = (
            inside == "{" and after == "(" and before in ("{", ",", "}", ";", "async", "get", "set", "static")
        )
        if is_property or is_shorthand or is_method:
            found.add(token)
    return found


def _in_context(tokens: list[tuple[str, str]]) -> Iterator[tuple[str, str, str, str]]:
    """Yield (token before, word, token behind, innermost open bracket) of every word."""
    bare = [(kind, token) for kind, token in tokens if kind not in ("comment", "blank")]
    open_brackets = [""]
    for index, (kind, token) in enumerate(bare):
        if kind == "word":
            before = bare[index - 1][1] if index else ""
            after = bare[index + 1][1] if index + 1 < len(bare) else ""
            yield before, token, after, open_brackets[-1]
        elif kind == "sign" and token in _BRACKETS.values():
            open_brackets.append(token)
        elif kind == "sign" and token in _BRACKETS and len(open_brackets) > 1:
            open_brackets.pop()
