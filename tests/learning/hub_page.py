"""The Learning Hub as the server renders it, read without a browser: its sentences, sources and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from app import create_app
from app.learning import SOURCES
from app.settings import Settings

# Text without a claim of its own: what scripts compute and label, questions, code, and entries of lists.
EXEMPT = ("data-computed", "data-question")
EXEMPT_TAGS = {"script", "code", "pre", "option"}
VOID = {"input", "img", "link", "meta", "br", "hr"}


@dataclass
class Element:
    """An element with its attributes and the elements and texts inside, in order."""

    tag: str
    attributes: dict[str, str | None]
    parent: Element | None = None
    children: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def has_class(self, name: str) -> bool:
        return name in (self.attributes.get("class") or "").split()

    @property
    def text(self) -> str:
        """Return the text inside, white space drawn together, without the sources named in it."""
        parts = [
            child if isinstance(child, str) else child.text
            for child in self.children
            if isinstance(child, str) or not child.has_class("cite")
        ]
        return re.sub(r"\s+", " ", "".join(parts)).strip() if self.parent is None else "".join(parts)

    def ancestors(self) -> Iterator[Element]:
        element: Element | None = self
        while element is not None:
            yield element
            element = element.parent


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = self.here = Element("root", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, dict(attrs), self.here)
        self.here.children.append(made)
        if tag not in VOID:
            self.here = made

    def handle_endtag(self, tag: str) -> None:
        while self.here.parent is not None:
            closed, self.here = self.here, self.here.parent
            if closed.tag == tag:
                return

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)


def rendered() -> str:
    """Return the page's HTML."""
    return create_app(Settings(offline=True)).test_client().get("/learning").text


def parsed(html: str) -> Element:
    """Return the element tree of a page."""
    reader = _Reader()
    reader.feed(html)
    return reader.root


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def main_of(page: Element) -> Element:
    return next(element for element in page.walk() if element.tag == "main")


def claims(page: Element) -> list[tuple[str, str]]:
    """Return (sentence, names of its sources) of everything that names a source, once each, in order."""
    found = []
    for element in main_of(page).walk():
        names = element.attributes.get("data-source")
        if element.has_class("fact"):
            sentence = next(child for child in element.walk() if child.has_class("sentence"))
            found.append((words(sentence.text), names or ""))
        elif element.tag == "tr" and names:
            cells = [words(child.text) for child in element.children if isinstance(child, Element)]
            found.append(("; ".join(cell for cell in cells if cell), names))
    return list(dict.fromkeys(found))


def unsourced_numbers(page: Element) -> list[str]:
    """Return the texts with a digit that no source, script or question answers for."""
    return [
        words(child)
        for element in main_of(page).walk()
        for child in element.children
        if isinstance(child, str) and re.search(r"\d", _unnumbered(child)) and not _is_answered_for(element)
    ]


def _unnumbered(text: str) -> str:
    """Return a text without the number that a heading begins with, as in "1. The file"."""
    return re.sub(r"^\s*\d+\. ", "", text)


def _is_answered_for(element: Element) -> bool:
    return any(
        ancestor.has_class("cite")
        or ancestor.tag in EXEMPT_TAGS
        or "data-source" in ancestor.attributes
        or any(name in ancestor.attributes for name in EXEMPT)
        for ancestor in element.ancestors()
    )


def document(page: Element) -> str:
    """Return docs/learning_sources.md: every sentence with a source, as a table."""
    lines = [
        "# What the Learning Hub states, and where it comes from",
        "",
        "Written by `python -m tests.learning.write_sources` from the page; a test keeps the two alike.",
        "",
        "| sentence | source |",
        "|---|---|",
    ]
    for sentence, names in claims(page):
        full = "; ".join(_entry(name) for name in names.split())
        lines.append(f"| {sentence.replace('|', '/')} | {full} |")
    return "\n".join(lines) + "\n"


def _entry(name: str) -> str:
    source = SOURCES[name]
    return source.full + (f" <{source.link}>" if source.link else "")
