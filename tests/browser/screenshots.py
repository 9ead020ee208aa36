"""Take the pictures of the README: ``python -m tests.browser.screenshots`` writes them into docs/screenshots.

The server runs offline and without data, so that everybody gets the same pictures.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import DESKTOP, QUIET
from tests.serving import ROOT, free_port, serving

FOLDER = ROOT / "docs" / "screenshots"
PHONE = {"width": 390, "height": 844}
PICTURES = (("desktop-light", DESKTOP, "light"), ("phone-dark", PHONE, "dark"))
REST_MILLISECONDS = 1500  # the slower accountant answers a moment after the curve is drawn


def main() -> None:
    """Write every picture and print its path and size."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        with serving([sys.executable, "run.py"], port=port, home=Path(home)):
            for name, size, scheme in PICTURES:
                path = _picture(browser, f"http://127.0.0.1:{port}", name=name, size=size, scheme=scheme)
                print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
        browser.close()


def _picture(browser: Browser, address: str, *, name: str, size: dict[str, int], scheme: str) -> Path:
    """Return the path of the picture of the first page, as it looks when it has settled."""
    page = browser.new_page(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(address)
    page.get_by_text("SIMULATED", exact=True).first.wait_for()
    page.wait_for_timeout(REST_MILLISECONDS)
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    page.close()
    return path


if __name__ == "__main__":
    main()
