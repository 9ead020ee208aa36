"""The commands of a cluster as docs/deployment.md has them: what is tested is what is written there."""

from __future__ import annotations

import re

from tests.serving import ROOT


def commands(heading: str) -> str:
    """Return the shell commands below the section "### ``heading``" of the chapter on clusters."""
    text = (ROOT / "docs" / "deployment.md").read_text()
    chapter = text.split("\n## Cluster\n")[1].split("\n## ")[0]
    section = chapter.split(f"\n### {heading}\n")[1].split("\n### ")[0]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert block is not None, f"no commands below {heading}"
    return block[1].strip()
