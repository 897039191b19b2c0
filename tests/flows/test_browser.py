"""The report in a real browser: on a desk and a telephone, by keyboard, with a hostile title, and off the network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from extractors.files import to_lines, write_whole
from extractors.ledger import LedgerEntry
from flows.report import write_report
from tests.flows.chromium import chromium, executable, watched
from tests.flows.example import add_adapters, make_example
from tests.flows.test_report import HOSTILE
from training.dataset import read_split

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not executable(), reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of documents whose title, name, text and reason for being lost would all run a script."""
    example = make_example(tmp_path_factory.mktemp("report"), title=HOSTILE)
    add_adapters(example.out)
    ledger, test = example.out / "ledger.jsonl", example.out / "dataset" / "test.json"
    ledger.write_text(ledger.read_text().replace("secret.pdf", "<img src=x onerror=alert(4)>.pdf"))
    lost = LedgerEntry(unit="page", outcome="degraded", step="read", reason=HOSTILE, detail=HOSTILE, source=HOSTILE)
    write_whole(ledger, ledger.read_text() + to_lines([lost]))
    pairs = read_split(example.out / "dataset", "test")
    hostile = {"question": HOSTILE, "answer": HOSTILE, "section": HOSTILE, "generator": HOSTILE}
    write_whole(test, to_lines(pair.model_copy(update=hostile) for pair in pairs))
    return write_report(example.out, example.raw_docs)


@pytest.mark.parametrize("width", [1280, 390])
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
    assert page.locator("[onerror], a[href^='javascript:'], img:not([src^='data:image/jpeg'])").count() == 0
    assert page.title() == "Quire report"
    assert errors == []
    assert [address for address in asked if not address.startswith("data:")] == [report.as_uri()]


def test_the_pictures_of_the_report_are_drawn(browser: Browser, report: Path) -> None:
    page, _, _ = watched(browser)
    page.goto(report.as_uri())
    sheets = page.locator(".sheets img")
    assert [sheet.get_attribute("alt") for sheet in sheets.all()] == [
        "Page 3 of adapters.pdf",
        "Page 2 of adapters.pdf",
    ]
    assert sheets.evaluate_all("all => all.every(picture => picture.complete && picture.naturalWidth > 300)")
    for picture in page.locator("svg.page image").all():
        box = picture.bounding_box()
        assert box
        assert box["width"] > 200
        assert box["height"] > 40


def test_the_report_is_read_by_keyboard(browser: Browser, report: Path) -> None:
    page, _, _ = watched(browser)
    page.goto(report.as_uri())
    stops = page.locator("a, summary, .scroll").count()
    assert page.locator(".scroll").count() > 0
    reached = set()
    for _ in range(stops):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.outerHTML.slice(0, 200) + document.activeElement.offsetTop"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", "what has the focus must show it"
    assert len(reached) == stops
    page.goto(report.as_uri())
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{report.as_uri()}#main")


def test_the_words_of_the_report_stand_out_from_its_paper(browser: Browser, report: Path) -> None:
    """Contrast of at least 4.5 (WCAG AA) of every text against what lies under it, light and dark."""
    page, _, _ = watched(browser)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(report.as_uri())
        faint = page.evaluate(CONTRASTS)
        assert faint == [], f"{scheme}: {faint}"


def test_a_wide_table_is_scrolled_by_keyboard_on_a_telephone(browser: Browser, report: Path) -> None:
    page, _, _ = watched(browser, width=320)
    page.goto(report.as_uri())
    table = page.locator("#verdict .scroll").first
    assert table.evaluate("one => one.scrollWidth - one.clientWidth") > 0
    table.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.scrollLeft > 0")


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
