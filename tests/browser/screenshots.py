"""Take the pictures of the README: ``python -m tests.browser.screenshots`` writes them into docs/screenshots.

The server runs offline, with the MNIST of the folder DPSGD_DATA_DIR where that is set; without it the
pictures say that MNIST is not there. What is measured on them is shipped with the page, or trained on the
embedded digits.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import DESKTOP, QUIET
from tests.serving import ROOT, free_port, serving

FOLDER = ROOT / "docs" / "screenshots"
PHONE = {"width": 390, "height": 844}
SIZES = {"desktop": DESKTOP, "phone": PHONE}
SCHEMES = ("light", "dark")
REST_MILLISECONDS = 1500  # the slower accountant answers a moment after the curve is drawn
TRAINING_MILLISECONDS = 120_000  # the first training also starts TensorFlow


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One state of the page: its name (none for the first), where it is found, and what leads to it."""

    name: str
    path: str
    reach: Callable[[Page], None] = lambda page: None
    sizes: tuple[str, ...] = ("desktop", "phone")
    schemes: tuple[str, ...] = SCHEMES


def _applied(page: Page) -> None:
    page.locator("#optimal").click()
    page.get_by_text("points").first.wait_for()


def _trained(page: Page) -> None:
    page.locator("#run").click()
    page.get_by_text("Finished in").wait_for(timeout=TRAINING_MILLISECONDS)
    page.locator("input#noise_multiplier").fill("3")
    page.locator("#stale").wait_for()


PICTURES = (
    Picture(name="", path="/"),
    Picture(name="optimal", path="/?mode=simulation", reach=_applied, schemes=("light",)),
    Picture(
        name="stale", path="/?task=digits&mode=real", reach=_trained, sizes=("desktop",), schemes=("dark",)
    ),
)


def main() -> None:
    """Write every picture and print its path and size."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        _bring_data(Path(home))
        with serving([sys.executable, "run.py"], port=port, home=Path(home)):
            for picture in PICTURES:
                for size in picture.sizes:
                    for scheme in picture.schemes:
                        path = _take(browser, f"http://127.0.0.1:{port}", picture, size=size, scheme=scheme)
                        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
        browser.close()


def _bring_data(home: Path) -> None:
    """Put MNIST where the server looks for what Keras has downloaded."""
    folder = os.environ.get("DPSGD_DATA_DIR")
    if folder:
        (home / "datasets").mkdir()
        (home / "datasets" / "mnist.npz").symlink_to((Path(folder) / "mnist.npz").resolve())


def _take(browser: Browser, address: str, picture: Picture, *, size: str, scheme: str) -> Path:
    """Return the path of one picture, taken when the page has settled."""
    page = browser.new_page(viewport=SIZES[size], color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(address + picture.path)
    page.locator("#tile-accuracy", has_text="%").wait_for()
    picture.reach(page)
    page.wait_for_timeout(REST_MILLISECONDS)
    path = FOLDER / f"{'-'.join(filter(None, (size, picture.name, scheme)))}.png"
    page.screenshot(path=path)
    page.close()
    return path


if __name__ == "__main__":
    main()
