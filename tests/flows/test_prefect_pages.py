"""Two builds and a training as a person finds them in Prefect's pages, in a real browser: which documents, what became
of each, and why one was lost, without opening a log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect
from prefect import flow
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import artifacts
from flows.server import prefect_server
from flows.settings import load
from tests.flows.chromium import chromium, executable, watched
from tests.flows.example import add_adapters
from tests.flows.real_run import RULES_ONLY, flow_runs, free_port, post, quire

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not executable(), reason="no Chromium is installed"),
]

ATTENTION = """# Attention

Attention is a mechanism that computes a weighted average of value vectors.
Multi-head attention was introduced by Vaswani and colleagues in 2017.
"""
ADAPTERS = """# Adapters

LoRA is a method that trains two small matrices beside each frozen weight matrix.
Low-rank adaptation (LoRA) was introduced by Hu and colleagues in 2021.
"""
RUNS = "document.title='ran'"
HOSTILE = f"""# <script>{RUNS}</script> [x](javascript:{RUNS}) <img src=x onerror={RUNS}>

Dropout is a method that sets random units to zero while a network is trained.
Dropout was introduced by Srivastava and colleagues in 2014.
"""
HOSTILE_NAME = f"[dropout](javascript:{RUNS}) <img src=x onerror={RUNS}> *a*|b|.md"
BROKEN_NAME = f"broken <b onclick={RUNS}>_x_.pdf"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


class Built(NamedTuple):
    """Runs that a Prefect server has seen, by id: a first build, a second one with a document more, and a training."""

    pages: str
    first: str
    second: str
    training: str
    out: Path


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API of a Prefect server that has seen no runs but these: its pages show all that it has."""
    folder = tmp_path_factory.mktemp("server")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(folder / "prefect"))
        with prefect_server("127.0.0.1", free_port(), folder / "log") as api:
            yield api


@pytest.fixture(scope="module")
def built(own_server: str, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder, server = tmp_path_factory.mktemp("built"), own_server
    docs, out = folder / "papers", folder / "out"
    docs.mkdir()
    (docs / "attention.md").write_text(ATTENTION)
    (docs / "adapters.md").write_text(ADAPTERS)
    (docs / BROKEN_NAME).write_bytes(b"%PDF-1.7\nnothing that follows is a PDF")
    runs = []
    for _ in range(2):
        done = quire("build", docs, "--out", out, *RULES_ONLY, api=server)
        assert done.returncode == 0, done.stderr
        runs.append(flow_runs(server)[-1]["id"])
        (docs / HOSTILE_NAME).write_text(HOSTILE)
    add_adapters(out)
    (out / "adapters" / "loss_curve.png").write_bytes(PICTURE)
    with temporary_settings({PREFECT_API_URL: server}):
        flow(name="quire train")(artifacts.publish_adapters)(load(out=out))
    return Built(server.removesuffix("/api"), *runs, flow_runs(server)[-1]["id"], out)


def opened(page: Page, built: Built, run: str, tab: str) -> None:
    page.goto(f"{built.pages}/runs/flow-run/{run}")
    page.get_by_text(tab, exact=True).first.click()


def show_artifact(page: Page, built: Built, run: str, key: str) -> None:
    wanted = {"flow_runs": {"id": {"any_": [run]}}, "artifacts": {"key": {"any_": [key]}}}
    (found,) = post(f"{built.pages}/api", "/artifacts/filter", wanted).json()
    page.goto(f"{built.pages}/artifacts/artifact/{found['id']}")
    expect(page.get_by_role("link", name=key, exact=True).first).to_be_visible()


def test_a_run_is_found_by_its_documents_and_says_what_was_done_to_each(browser: Browser, built: Built) -> None:
    page, errors, _ = watched(browser)
    page.set_default_timeout(8000)
    page.goto(f"{built.pages}/runs")
    page.get_by_text("papers (3 files) with starter").first.click()
    expect(page.get_by_text("Completed", exact=True).first).to_be_visible()
    page.get_by_text("Task Runs", exact=True).click()
    for name in ("read attention.md", "ask attention.md", "read adapters.md", "deduplicate", "split", "write dataset"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    task = page.locator(".state-list-item").filter(has_text="read attention.md").first
    expect(task).to_contain_text("Completed")
    expect(task).to_contain_text(re.compile(r"\d+s"))  # how long it took
    expect(page.locator(".state-list-item").filter(has_text=f"read {BROKEN_NAME}").first).to_contain_text("Failed")
    assert errors == []


def test_what_was_as_before_is_marked_in_the_next_run(browser: Browser, built: Built) -> None:
    page, _, _ = watched(browser)
    opened(page, built, built.second, "Task Runs")
    expect(page.get_by_text("papers (4 files, new: [dropout]").first).to_be_visible()
    expect(page.locator(".state-list-item").filter(has_text="2 documents as they were")).to_contain_text("Cached")
    expect(page.get_by_text(f"read {HOSTILE_NAME}", exact=True).first).to_be_visible()
    expect(page.get_by_text("read attention.md", exact=True)).to_have_count(0)


def test_why_a_document_was_lost_is_read_without_a_log(browser: Browser, built: Built) -> None:
    page, _, _ = watched(browser)
    opened(page, built, built.first, "Artifacts")
    for key in ("documents", "funnel", "ledger", "samples", "report"):
        expect(page.get_by_text(key, exact=True).first).to_be_visible()
    page.get_by_text("documents", exact=True).first.click()
    expect(page.get_by_text("3 documents: 1 lost, 2 read and asked.")).to_be_visible()
    expect(page.get_by_text("is a damaged PDF").first).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="broken")).to_contain_text("lost")
    show_artifact(page, built, built.first, "ledger")
    expect(page.get_by_role("row").filter(has_text="broken")).to_contain_text("corrupt")


def test_the_artifacts_of_a_build_say_what_came_of_it(browser: Browser, built: Built) -> None:
    page, _, _ = watched(browser)
    show_artifact(page, built, built.second, "funnel")
    expect(page.get_by_role("columnheader")).to_have_text(["unit", "made", "kept", "dropped", "reasons"])
    for unit in ("document", "page", "passage", "pair", "variant"):
        expect(page.get_by_text(unit, exact=True)).to_be_visible()
    show_artifact(page, built, built.second, "samples")
    expect(page.get_by_text("What is LoRA?").first).to_be_visible()
    show_artifact(page, built, built.second, "changes")
    expect(page.get_by_text("documents: 1 added").first).to_be_visible()
    show_artifact(page, built, built.second, "report")
    way = page.get_by_role("link", name="report.html").get_attribute("href")
    assert way == (built.out / "report.html").as_uri()


def test_the_artifacts_of_a_training_are_its_losses_and_the_verdict(browser: Browser, built: Built) -> None:
    page, _, _ = watched(browser)
    show_artifact(page, built, built.training, "loss-curve")
    curve = page.locator("img[src^='data:image/png']")
    expect(curve).to_be_visible()
    show_artifact(page, built, built.training, "losses")
    expect(page.get_by_text("trainable params").first).to_be_visible()
    show_artifact(page, built, built.training, "verdict")
    expect(page.get_by_text("the adapters answer better").first).to_be_visible()


def test_a_hostile_document_is_text_on_every_page(browser: Browser, built: Built) -> None:
    page, errors, asked = watched(browser)
    for key, words in (
        ("documents", HOSTILE_NAME), ("documents", BROKEN_NAME), ("ledger", BROKEN_NAME), ("samples", HOSTILE_NAME),
        ("changes", HOSTILE_NAME),
    ):  # fmt: skip
        show_artifact(page, built, built.second, key)
        expect(page.get_by_text(words).first).to_be_visible()
        harmful = page.locator("a[href^='javascript:'], img[src='x'], [onclick], [onerror]")
        assert harmful.evaluate_all("found => found.map(element => element.outerHTML)") == []
        assert page.title() != "ran"
    opened(page, built, built.second, "Task Runs")
    expect(page.get_by_text(f"read {HOSTILE_NAME}", exact=True).first).to_be_visible()
    assert page.title() != "ran"
    assert errors == []
    assert [address for address in asked if not address.startswith((built.pages, "data:", "blob:"))] == []


PICTURE = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU"
    b"\x00\x00\x00\nIDATx\x9cc\xf8\x0f\x00\x01\x01\x01\x00\x1b\xb6\xeeV\x00\x00\x00\x00IEND\xaeB`\x82"
)
