"""The pages a person looks at, in a real browser: a run in Prefect's pages, and the report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from flows.report import write_report
from flows.server import prefect_server
from tests.flows.chromium import chromium, executable
from tests.flows.example import add_adapters, make_example
from tests.flows.real_run import RULES_ONLY, flow_runs, free_port, quire
from tests.flows.test_report import HOSTILE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not executable(), reason="no Chromium is installed"),
]

SOON_MS = 30_000

ATTENTION = """# Attention

Attention is a mechanism that computes a weighted average of value vectors.
Multi-head attention was introduced by Vaswani and colleagues in 2017.
"""
ADAPTERS = """# Adapters

LoRA is a method that trains two small matrices beside each frozen weight matrix.
Low-rank adaptation (LoRA) was introduced by Hu and colleagues in 2021.
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


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


class Built(NamedTuple):
    """A build that a Prefect server has seen: address of the pages, id of the run, output folder."""

    pages: str
    run: str
    out: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    folder = tmp_path_factory.mktemp("built")
    docs, out = folder / "papers", folder / "out"
    docs.mkdir()
    (docs / "attention.md").write_text(ATTENTION)
    (docs / "adapters.md").write_text(ADAPTERS)
    (docs / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing that follows is a PDF")
    with prefect_server("127.0.0.1", free_port(), folder / "server.log") as api:
        done = quire("build", docs, "--out", out, *RULES_ONLY, api=api)
        assert done.returncode == 0, done.stderr
        run = flow_runs(api)[-1]  # other tests of this session use the same database
        yield Built(api.removesuffix("/api"), run["id"], out)


def test_the_run_page_names_what_was_done_and_to_which_document(browser: Browser, built: Built) -> None:
    page, errors, _ = watched(browser)
    page.goto(f"{built.pages}/runs/flow-run/{built.run}")
    expect(page.get_by_text("papers with starter").first).to_be_visible()
    expect(page.get_by_text("Completed", exact=True).first).to_be_visible()
    page.get_by_text("Task Runs", exact=True).click()
    for name in ("read attention.md", "ask attention.md", "read adapters.md", "deduplicate", "split", "write dataset"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    assert errors == []


def test_the_document_that_failed_is_seen_without_opening_a_log(browser: Browser, built: Built) -> None:
    page, _, _ = watched(browser)
    page.goto(f"{built.pages}/runs/flow-run/{built.run}?tab=Task%20Runs")
    page.get_by_text("Task Runs", exact=True).click()
    broken = page.locator(".state-list-item, .task-run-list-item").filter(has_text="read broken.pdf").first
    expect(broken).to_contain_text("Failed")


def test_the_artifacts_hold_the_funnel_and_the_reason(browser: Browser, built: Built) -> None:
    page, errors, _ = watched(browser)
    page.goto(f"{built.pages}/artifacts")
    for key in ("funnel", "ledger", "samples"):
        expect(page.get_by_text(key, exact=True).first).to_be_visible()
    for key, words in (("ledger", ["broken.pdf"]), ("funnel", ["document", "page", "passage", "pair", "variant"])):
        page.goto(f"{built.pages}/artifacts/key/{key}")
        page.get_by_role("heading").get_by_role("link").first.click()
        for word in words:
            expect(page.get_by_text(word, exact=True).first).to_be_visible()
    assert errors == []


def test_the_pages_ask_nothing_of_anyone_else(browser: Browser, built: Built) -> None:
    page, _, asked = watched(browser)
    for place in ("", f"/runs/flow-run/{built.run}", "/artifacts", "/deployments"):
        page.goto(f"{built.pages}{place}")
        page.wait_for_timeout(1500)
    assert asked
    assert [address for address in asked if not address.startswith((built.pages, "data:", "blob:"))] == []


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    example = make_example(tmp_path_factory.mktemp("report"), title=HOSTILE)
    add_adapters(example.out)
    return write_report(example.out, example.raw_docs)


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_fits_runs_nothing_and_asks_for_nothing(
    browser: Browser, report: Path, width: int, scheme: str
) -> None:
    page, errors, asked = watched(browser, width=width)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(report.as_uri())
    for details in page.locator("summary").all():
        details.click()
    expect(page.get_by_text("<script>alert(1)</script>").first).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    assert page.evaluate(NARROWEST) > 20, "a column of numbers is squeezed"
    assert page.evaluate("document.scripts.length") == 0
    assert errors == []
    assert [address for address in asked if not address.startswith("data:")] == [report.as_uri()]


def test_the_pictures_of_the_report_are_drawn(browser: Browser, report: Path) -> None:
    page, _, _ = watched(browser)
    page.goto(report.as_uri())
    for picture in page.locator("svg.page image").all():
        box = picture.bounding_box()
        assert box
        assert box["width"] > 200
        assert box["height"] > 40


def test_the_report_is_read_by_keyboard(browser: Browser, report: Path) -> None:
    page, _, _ = watched(browser)
    page.goto(report.as_uri())
    links = page.locator("a").count()
    details = page.locator("summary").count()
    reached = set()
    for _ in range(links + details):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.outerHTML.slice(0, 200) + document.activeElement.offsetTop"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", "what has the focus must show it"
    assert len(reached) == links + details
    page.goto(report.as_uri())
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def test_the_words_of_the_report_stand_out_from_its_paper(browser: Browser, report: Path) -> None:
    """Contrast of at least 4.5 (WCAG AA) of every text against what lies under it, light and dark."""
    page, _, _ = watched(browser)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(report.as_uri())
        faint = page.evaluate(CONTRASTS)
        assert faint == [], f"{scheme}: {faint}"


NARROWEST = """() => Math.min(...[...document.querySelectorAll(".measures th, .measures td")]
  .map(cell => cell.getBoundingClientRect().width))"""

CONTRASTS = """() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const under = element => {
    for (; element; element = element.parentElement) {
      const paper = numbers(getComputedStyle(element).backgroundColor);
      if (paper.length < 4 || paper[3] > 0) return paper;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const element = words.currentNode.parentElement;
    if (!words.currentNode.textContent.trim() || element.closest('svg, style') || !element.checkVisibility()) continue;
    const [ink, paper] = [light(numbers(getComputedStyle(element).color)), light(under(element))];
    const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (contrast < 4.5) faint.push([words.currentNode.textContent.trim().slice(0, 30), contrast.toFixed(2)]);
  }
  return faint;
}"""
