"""Every link of a document to a file, an image or a heading leads there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents.shell import ROOT

FOLDERS = (".", "docs", "benchmarks", "static")  # of documents; what else lies here is no part of the project
DOCUMENTS = sorted(
    {path for folder in FOLDERS for path in (ROOT / folder).glob("*.md" if folder == "." else "**/*.md")}
)
LINK = re.compile(r"""(?:\]\(|(?:src|href)=")(?!https?:|mailto:)([^)"\s]+)""")


def prose(document: Path) -> str:
    """Return the text of ``document`` without its blocks of code."""
    return re.sub(r"^```.*?^```", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> Iterator[str]:
    """Yield the anchors of the headings in ``text``, as GitHub makes them; the second of a kind ends in -1.

    >>> list(anchors("# The `id` of a run\\n## Data, and more\\n## Data, and more"))
    ['the-id-of-a-run', 'data-and-more', 'data-and-more-1']
    """
    seen: dict[str, int] = {}
    for heading in re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE):
        anchor = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        number = seen.get(anchor, 0)
        seen[anchor] = number + 1
        yield f"{anchor}-{number}" if number else anchor


def fault(document: Path, link: str) -> str | None:
    """Return what is wrong with ``link`` in ``document``, or None."""
    path, _, anchor = link.partition("#")
    target = document.parent / path if path else document
    if not target.exists():
        return f"{link}: no such file"
    if anchor and target.suffix == ".md" and anchor not in anchors(prose(target)):
        return f"{link}: no such heading"
    return None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    faults = (fault(document, link) for link in LINK.findall(prose(document)))
    assert [each for each in faults if each] == []


@pytest.mark.parametrize("link", ["docs/nowhere.md", "docs/privacy.md#nowhere", "#nowhere"])
def test_a_link_that_leads_nowhere_is_found(link: str) -> None:
    assert fault(ROOT / "README.md", link)


def test_the_documents_are_found_and_have_links() -> None:
    assert {"README.md", "CHANGELOG.md", "privacy.md"} <= {document.name for document in DOCUMENTS}
    assert LINK.findall('[a](docs/a.md#b) <img src="docs/c.png"> [d](https://example.org)') == [
        "docs/a.md#b",
        "docs/c.png",
    ]
