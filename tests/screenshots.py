"""Takes the pictures of the README from a real run: `python -m tests.screenshots [RUN.png [REPORT.png [BLOCKS.png]]]`.

The starter job on `raw_docs/` against a Prefect server of its own, and a page with its blocks; needs Chromium.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.flows.chromium import chromium
from tests.flows.real_run import flow_runs, free_port, quire

ROOT = Path(__file__).parent.parent
RUN, REPORT, BLOCKS = (ROOT / ".github" / f"{name}.png" for name in ("run", "report", "blocks"))


def main(run: Path = RUN, report: Path = REPORT, blocks: Path = BLOCKS) -> None:
    draw_blocks(blocks)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PREFECT_HOME"] = f"{folder}/prefect"
        from flows.server import prefect_server

        out = Path(folder) / "out"
        with prefect_server("127.0.0.1", free_port(), Path(folder) / "server.log") as api:
            os.chdir(ROOT)
            done = quire("run", "raw_docs", "--out", out, api=api, timeout_s=3600)
            if done.returncode:
                sys.exit(done.stderr)
            newest = flow_runs(api)[-1]["id"]
            take(run, f"{api.removesuffix('/api')}/runs/flow-run/{newest}", 1400, 760, settle_ms=8000)
        take(report, (out / "report.html").as_uri(), 1100, 900)


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


def take(picture: Path, address: str, width: int, height: int, settle_ms: int = 500) -> None:
    """A picture of what a window of this size shows of a page, once it has come to rest."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
        page.goto(address)
        page.wait_for_timeout(settle_ms)
        page.screenshot(path=picture)
    print(picture)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
