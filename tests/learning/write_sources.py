"""Write docs/learning_sources.md from the page: ``python -m tests.learning.write_sources``."""

from __future__ import annotations

from tests.learning.hub_page import document, parsed, rendered
from tests.serving import ROOT

WRITTEN = ROOT / "docs" / "learning_sources.md"


def main() -> None:
    """Write the file and print how many sentences it holds."""
    text = document(parsed(rendered()))
    WRITTEN.write_text(text, encoding="utf-8")
    print(f"{WRITTEN.name}: {text.count(chr(10)) - 6} sentences")


if __name__ == "__main__":
    main()
