"""The review page in a real browser, served as a user serves it: decided by keyboard and by touch, and reloaded."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from augment.decisions import Decision, key_of
from flows.decisions import decisions_file, read_decisions
from flows.review import offered
from tests.flows.chromium import chromium, executable, watched
from tests.flows.example import ExampleOut, make_example
from tests.flows.test_browser import CONTRASTS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not executable(), reason="no Chromium is installed"),
]

HOSTILE = "</textarea></title><script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@contextmanager
def served(example: ExampleOut) -> Iterator[str]:
    """`quire review` on any free port, and its address."""
    command = [sys.executable, "-m", "flows.cli", "review", str(example.raw_docs), "--out", str(example.out)]
    server = subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True, env=os.environ)
    try:
        assert server.stdout
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait(20)


def verdicts(out: Path) -> dict[str, Decision]:
    """What stands, by question."""
    offers = offered(out)
    return {offers[key].pair.question: decision for key, decision in read_decisions(out).items()}


def shows(page: Page, question: str, decided: int) -> None:
    expect(page.get_by_label("Question")).to_have_value(question)
    expect(page.locator(".progress")).to_contain_text(f"{decided} of 4 decided")
    page.wait_for_load_state()


def test_a_person_decides_by_keyboard(browser: Browser, example_out: ExampleOut) -> None:
    page, errors, asked = watched(browser)
    with served(example_out) as address:
        page.goto(address)
        shows(page, "What is LoRA?", 0)
        expect(page.locator("svg.page polygon").first).to_be_visible()
        page.keyboard.press("r")
        shows(page, "What is the rank of the matrices?", 1)
        page.keyboard.press("a")
        shows(page, "What is NormalFloat?", 2)

        page.keyboard.press("e")
        page.keyboard.press("End")
        page.get_by_label("Question").fill("Which data type follows a normal distribution, a or r?")
        page.get_by_role("textbox", name="Answer").fill("NormalFloat does.")
        page.keyboard.press("Enter")
        shows(page, "What is greedy decoding?", 3)
        assert verdicts(example_out.out)["What is NormalFloat?"].answer == "NormalFloat does."

        page.keyboard.press("u")
        shows(page, "What is NormalFloat?", 2)
        assert list(verdicts(example_out.out)) == ["What is LoRA?", "What is the rank of the matrices?"]
        page.keyboard.press("u")
        shows(page, "What is the rank of the matrices?", 1)
        page.keyboard.press("ArrowRight")
        shows(page, "What is NormalFloat?", 1)
        page.keyboard.press("k")
        shows(page, "What is the rank of the matrices?", 1)
        page.reload()
        shows(page, "What is the rank of the matrices?", 1)

        page.keyboard.press("e")
        page.get_by_label("Question").fill("Thrown away")
        page.keyboard.press("Escape")
        shows(page, "What is the rank of the matrices?", 1)
        for decided in (1, 2, 3):
            expect(page.locator(".progress")).to_contain_text(f"{decided} of 4 decided")
            page.wait_for_load_state()
            page.keyboard.press("a")
        expect(page.get_by_role("heading", name="Every pair is decided.")).to_be_visible()
    with served(example_out) as again:
        page.goto(f"{again}/?show=decided")
        expect(page.locator(".chip.reject")).to_be_visible()
        page.goto(f"{again}/?show=dropped")
        expect(page.get_by_text("dropped by ask: points elsewhere")).to_be_visible()
        page.keyboard.press("a")
        expect(page.locator(".progress")).to_contain_text("5 of 5 decided")
    assert {question: decision.verdict for question, decision in verdicts(example_out.out).items()} == {
        "What is LoRA?": "reject",
        "What is the rank of the matrices?": "accept",
        "What is NormalFloat?": "accept",
        "What is greedy decoding?": "accept",
        "What is shown in Figure 3?": "accept",
    }
    assert errors == []
    assert [url for url in asked if not url.startswith((address, again, "data:"))] == []


def choose(page: Page, label: str, option: str) -> None:
    page.wait_for_load_state()  # only then is a choice listened to
    page.get_by_label(label, exact=True).select_option(option)


def test_filters_by_group_and_document(browser: Browser, example_out: ExampleOut) -> None:
    page, errors, _ = watched(browser)
    with served(example_out) as address:
        page.goto(address)
        choose(page, "Documents", "decoding.md")
        expect(page.get_by_label("Question")).to_have_value("What is greedy decoding?")
        expect(page.locator("mark")).to_have_text("a strategy that takes the most likely token")
        choose(page, "Documents", "")
        expect(page.get_by_label("Question")).to_have_value("What is LoRA?")
        choose(page, "Show", "dropped")
        expect(page.get_by_label("Question")).to_have_value("What is shown in Figure 3?")
    assert errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_is_decided_by_touch(browser: Browser, example_out: ExampleOut, scheme: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    with served(example_out) as address:
        page.goto(address)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0
        assert page.evaluate(CONTRASTS) == []
        for name in ("Reject", "Edit", "Accept"):
            box = page.get_by_role("button", name=name).bounding_box()
            assert box and box["height"] >= 44 and box["y"] + box["height"] <= 700, "in reach of the thumb"
        page.get_by_role("button", name="Edit").tap()
        page.get_by_label("Question").fill("What does LoRA train?")
        assert page.evaluate(CONTRASTS) == []
        page.get_by_role("button", name="Save").tap()
        shows(page, "What is the rank of the matrices?", 1)
    page.close()
    assert verdicts(example_out.out)["What is LoRA?"].question == "What does LoRA train?"


def test_what_a_document_says_is_shown_and_not_run(browser: Browser, tmp_path: Path) -> None:
    example = make_example(tmp_path, title=HOSTILE)
    key = next(iter(offered(example.out)))
    words = {"question": HOSTILE, "answer": HOSTILE}
    decisions_file(example.out).write_text(
        Decision.model_validate({"key": key, "verdict": "accept", **words}).model_dump_json() + "\n"
    )
    page, errors, _ = watched(browser)
    with served(example) as address:
        page.goto(f"{address}/?show=decided&source=")
        shows(page, HOSTILE, 1)
        page.goto(f"{address}/?show=undecided&source={HOSTILE}&pair={HOSTILE}")
        expect(page.locator(".done")).to_be_visible()
        assert page.evaluate("document.scripts.length") == 1
        assert page.evaluate("document.images.length") == 0
    assert errors == []
    assert key == key_of(offered(example.out)[key].pair)


def test_without_scripts_the_buttons_still_decide(browser: Browser, example_out: ExampleOut) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    with served(example_out) as address:
        page.goto(address)
        page.get_by_role("button", name="Reject").click()
        shows(page, "What is the rank of the matrices?", 1)
        page.get_by_role("button", name="Undo").click()
        shows(page, "What is LoRA?", 0)
    page.context.close()
    assert verdicts(example_out.out) == {}
