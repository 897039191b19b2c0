"""The Chromium that is installed, driven without a window and with nothing of its own on the network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)

SOON_MS = 15_000


def executable() -> str:
    """The path of Chromium or Chrome, '' where neither is installed."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), "")


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


class Watched(NamedTuple):
    """A page, the errors of its scripts, and the addresses it asked for."""

    page: Page
    errors: list[str]
    asked: list[str]


def watched(browser: Browser, width: int = 1400, height: int = 1000) -> Watched:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(SOON_MS)
    errors: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: (errors.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    return Watched(page, errors, asked)
