"""JavaScript and CSS without comments and needless blanks; names and everything else stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
    (?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<blank>\s+)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<word>[\w$\#]+(?:\.\d+(?:e[+-]?\d+)?)?)
    |(?P<sign>=>|\.\.\.|\?\?=|\?\?|\?\.|\+\+|--|&&=|\|\|=|\*\*|&&|\|\||[-+*/%=!<>]=+|[^\w\s])
    """,
    re.VERBOSE | re.DOTALL,
)
_STRING = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_REGULAR_EXPRESSION = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")

# A slash after one of these begins a regular expression, after anything else it divides.
_EXPRESSION_AFTER = "( , = : [ ! & | ? { } ; + - * % < > ~ ^ => && || ?? == === != !== ..."
_BEFORE_EXPRESSION = frozenset(_EXPRESSION_AFTER.split())
_WORDS_BEFORE_EXPRESSION = frozenset(
    {"return", "typeof", "case", "in", "of", "void", "delete", "throw", "yield"}
)

# No statement ends before or after these, so that the line break there says nothing.
_OPENING = "{ ( [ , ; : ? . ?. = => + - * / % < > & | ! && || ?? == === != !== += -= *= /= >= <= ..."
_OPEN = frozenset(_OPENING.split())
_CLOSING = "} ) ] , ; : ? . ?. = => && || ?? == === != !== += -= *= /= >= <= * % < > & |"
_CLOSE = frozenset(_CLOSING.split())


def minified_script(text: str) -> str:
    """Return the JavaScript ``text`` without comments and blanks that say nothing.

    A line break stays where it might end a statement, so that none has to end with a semicolon.

    >>> minified_script("const a = 1; // one\\nconst half = (n) => n / 2 /* not a pattern */;")
    'const a=1;const half=(n)=>n/2;'
    >>> minified_script("const a = `${b /* kept */}  c`\\nrun(/ x/g)")
    'const a=`${b /* kept */}  c`\\nrun(/ x/g)'

    Raises:
        ValueError: a template literal does not end.
    """
    parts: list[str] = []
    previous, gap = "", ""
    for kind, token in tokens_of(text):
        if kind in ("comment", "blank"):
            gap = "\n" if "\n" in token or gap == "\n" else " "
            continue
        parts += (_between(previous, token, gap), token)
        previous, gap = token, ""
    return "".join(parts)


def minified_style(text: str) -> str:
    """Return the CSS ``text`` without comments and blanks that say nothing.

    >>> minified_style("/* wide */\\n.a > b , c { width: calc(1px + 2%); color: red; }")
    '.a > b,c{width:calc(1px + 2%);color:red}'
    """
    bare = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    parts = _STRING.split(bare)  # strings stand at the odd places, and stay as they are
    parts[::2] = [_tightened(part) for part in parts[::2]]
    return "".join(parts).strip()


def _tightened(style: str) -> str:
    tight = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", style))
    return re.sub(r"([\w-]):\s+", r"\1:", tight).replace(";}", "}")


def tokens_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield (kind, token) of JavaScript: comment, blank, string, template, pattern, word or sign.

    Raises:
        ValueError: a template literal does not end.
    """
    position, before = 0, ""
    while position < len(text):
        kind, token = _token_at(text, position, before)
        yield kind, token
        position += len(token)
        if kind not in ("comment", "blank"):
            before = token


def _token_at(text: str, position: int, before: str) -> tuple[str, str]:
    if text[position] == "`":
        return "template", text[position : _end_of_template(text, position)]
    found = _TOKEN.match(text, position)
    assert found is not None, "every character is at least a sign"
    begins = not before or before in _BEFORE_EXPRESSION or before in _WORDS_BEFORE_EXPRESSION
    if found.group().startswith("/") and found.lastgroup == "sign" and begins:
        pattern = _REGULAR_EXPRESSION.match(text, position)
        if pattern:
            return "pattern", pattern.group()
    return str(found.lastgroup), found.group()


def _end_of_template(text: str, start: int) -> int:
    """Return where the template literal that begins at ``start`` ends, those within it included."""
    position = start + 1
    while position < len(text):
        if text[position] == "\\":
            position += 2
        elif text[position] == "`":
            return position + 1
        elif text.startswith("${", position):
            position = _end_of_expression(text, position + 2)
        else:
            position += 1
    raise ValueError(f"the template literal at {start} does not end")


def _end_of_expression(text: str, start: int) -> int:
    depth, position = 1, start
    before = ""
    while depth:
        if position >= len(text):
            raise ValueError(f"the expression at {start} does not end")
        kind, token = _token_at(text, position, before)
        depth += {"{": 1, "}": -1}.get(token, 0)
        position += len(token)
        if kind not in ("comment", "blank"):
            before = token
    return position


def _between(previous: str, token: str, gap: str) -> str:
    """Return what must stand between two tokens that had ``gap`` ("", " " or a line break) between them."""
    if not previous or not gap:
        return ""
    if gap == "\n" and previous not in _OPEN and token not in _CLOSE:
        return "\n"
    words = _is_word(previous[-1]) and _is_word(token[0])
    signs = previous[-1] == token[0] and token[0] in "+-/"  # a + +b is not a++b
    return " " if words or signs else ""


def _is_word(character: str) -> bool:
    return character.isalnum() or character in "_$#"
