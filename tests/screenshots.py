"""Takes the pictures of the README from real runs: `python -m tests.screenshots [FOLDER]`, by default `.github`.

The starter job on `raw_docs/` against a Prefect server of its own, a build after two documents changed, and a page with
its blocks; needs Chromium.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.flows.chromium import chromium
from tests.flows.real_run import flow_runs, free_port, quire

ROOT = Path(__file__).parent.parent


def main(pictures: Path = ROOT / ".github") -> None:
    pictures = pictures.absolute()
    draw_blocks(pictures / "blocks.png")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PREFECT_HOME"] = f"{folder}/prefect"
        os.environ["PYTHONPATH"] = str(ROOT)
        from flows.server import prefect_server

        os.chdir(folder)
        shutil.copytree(ROOT / "raw_docs", "raw_docs")
        with prefect_server("127.0.0.1", free_port(), Path("server.log")) as api:
            run = performed(api, "run")
            take(pictures / "run.png", run, 1400, 760, settle_ms=8000)
            take(pictures / "report.png", Path("out/report.html").absolute().as_uri(), 1100, 900)
            take(pictures / "pages.png", Path("out/report.html").absolute().as_uri() + "#pages", 1100, 760)
            change_two()
            run = performed(api, "build")
            take(pictures / "tasks.png", run, 1400, 1340, settle_ms=6000, tabs=["Task Runs"])
            take(pictures / "documents.png", run, 1400, 900, settle_ms=3000, tabs=["Artifacts", "documents"])


def performed(api: str, command: str) -> str:
    """The address of the page of a run on `raw_docs`."""
    done = quire(command, "raw_docs", api=api, timeout_s=3600)
    if done.returncode:
        sys.exit(done.stderr)
    return f"{api.removesuffix('/api')}/runs/flow-run/{flow_runs(api)[-1]['id']}"


def change_two() -> None:
    """As happens to a folder: a text is edited, and a file comes that broke on the way."""
    with Path("raw_docs/retrieval.md").open("a") as text:
        text.write("\nHybrid retrieval is a method that adds the scores of sparse and dense retrieval.\n")
    paper = Path("raw_docs/decoding-strategies.pdf").read_bytes()
    Path("raw_docs/download.pdf").write_bytes(paper[: len(paper) // 9])


def draw_blocks(picture: Path) -> None:
    """A page of a sample as it was read, in few colours, so that the file stays small."""
    from PIL import Image

    done = quire("extract", ROOT / "raw_docs" / "lora-and-qlora.pdf", "--picture", picture, "--page", "2")
    if done.returncode:
        sys.exit(done.stderr)
    with Image.open(picture) as drawn:
        page = drawn.convert("RGB")
    page.thumbnail((1000, 1400))
    page.quantize(64, dither=Image.Dither.NONE).save(picture, optimize=True)
    print(picture)


def take(picture: Path, address: str, width: int, height: int, settle_ms: int = 500, tabs: Sequence[str] = ()) -> None:
    """A picture of what a window of this size shows of a page, once it has come to rest on the last of `tabs`."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme="light", reduced_motion="reduce"
        )
        page.goto(address)
        for tab in tabs:
            page.get_by_text(tab, exact=True).first.click()
        page.wait_for_timeout(settle_ms)
        page.screenshot(path=picture)
    print(picture)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
