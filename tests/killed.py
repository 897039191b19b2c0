"""Kill it anywhere: `python -m tests.killed --kills 30`.

Runs `quire run` on a few documents to its end, and then again into another folder, killing its whole process group at
random moments and starting it again. After each kill every file of the output folder is looked at: what has its final
name must be whole. No document that was finished before a kill may be done again, all that comes out must be what came
out undisturbed, byte for byte, and each run that died must show as crashed once the next one has begun.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy
import psutil
import pyarrow.parquet

from augment.asking import Asked
from augment.records import QAPair
from extractors.files import from_lines, sha256_of
from extractors.ledger import LedgerEntry
from extractors.records import Document
from flows.corpus import Pairs
from flows.crashed import tag_of
from flows.server import prefect_server
from tests.augment.checkpoints import new_layout
from tests.flows.real_run import free_port, post
from tests.test_end_to_end import ADAPTERS, DECODING, TOKENS
from tests.test_rebuild import MORE, page
from tests.training.tiny_models import make_qwen

RECORDS = {"read": Document, "ask": Asked, "deduplicate": Pairs, "augment": Pairs}
TELL_THE_TIME = ("metrics.json", "README.md")
"""Files of the adapters that say how long things took."""
CHILDREN = {"training.sft": "training", "training.evaluate": "judging"}
"""The modules that a run starts as processes, and what it is at while they live."""


class Job(NamedTuple):
    """Documents, tiny models, and a Prefect server that outlives the runs."""

    raw_docs: Path
    settings: tuple[str, ...]
    api: str

    def begun(self, out: Path, *more: str, command: str = "run") -> subprocess.Popen[bytes]:
        """A run into `out`, the first of a process group of its own; what it says goes to a file beside `out`."""
        words = [command, str(self.raw_docs), "--out", str(out), *self.settings, *more]
        with out.with_suffix(".log").open("ab") as chatter:
            return subprocess.Popen(
                [sys.executable, "-m", "flows.cli", *words],
                env={**os.environ, "PREFECT_API_URL": self.api},
                stdout=subprocess.DEVNULL,
                stderr=chatter,
                start_new_session=True,
            )


def make_job(folder: Path, api: str) -> Job:
    """Markdown, a text and a scan, a tiny question model and a tiny base model, and a training of some steps that
    notes a checkpoint after each."""
    raw_docs = folder / "raw_docs"
    raw_docs.mkdir()
    for name, text in {"adapters": ADAPTERS, "decoding": DECODING, "tokens": TOKENS, "more": MORE}.items():
        (raw_docs / f"{name}.md").write_text(text)
    page(raw_docs / "text.pdf", scanned=False)
    page(raw_docs / "scan.pdf", scanned=True)
    chosen = {
        "workers": 2,
        "ask.model": new_layout(folder / "t5"),
        "train.model": make_qwen(folder / "qwen"),
        "train.max_steps": 12,
        "train.checkpoint_minutes": 0,
        "evaluate.max_rows": 4,
        "evaluate.max_new_tokens": 8,
    }
    return Job(raw_docs, tuple(word for name, value in chosen.items() for word in ("--set", f"{name}={value}")), api)


def undisturbed(job: Job, out: Path, command: str = "run") -> tuple[dict[str, str], float]:
    """What a run makes that nobody disturbs, and the seconds it takes."""
    began = time.monotonic()
    finish(job, out, command)
    return made(out), time.monotonic() - began


def finish(job: Job, out: Path, command: str = "run") -> None:
    """Run to the end."""
    if job.begun(out, command=command).wait():
        raise AssertionError(f"It failed: {out.with_suffix('.log').read_text()[-2000:]}")


def made(out: Path) -> dict[str, str]:
    """The sha256 of each file for a user that does not tell the time."""
    files = [out / "ledger.jsonl", *(out / "dataset").rglob("*"), *(out / "adapters").glob("*")]
    names = {file.relative_to(out).as_posix(): file for file in files if file.is_file()}
    return {name: sha256_of(file) for name, file in sorted(names.items()) if not _tells_the_time(name)}


def _tells_the_time(name: str) -> bool:
    return name in [f"adapters/{told}" for told in TELL_THE_TIME]


def killed(job: Job, out: Path, after: float) -> str | None:
    """Run for so many seconds, or to the end; what it was at when it had to be killed, None where it was done."""
    run = job.begun(out)
    try:
        status = run.wait(after)
    except subprocess.TimeoutExpired:
        at = was_at(run.pid)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        return at
    assert status == 0, f"It failed by itself: {out.with_suffix('.log').read_text()[-2000:]}"
    return None


def was_at(pid: int) -> str:
    """What the run is at: training and judging are processes of their own, all else is its building."""
    under_way: set[str] = set()
    for child in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.Error):  # it has just ended
            under_way.update(child.cmdline())
    return next((stage for module, stage in CHILDREN.items() if module in under_way), "building")


def disturb(job: Job, folder: Path, expected: dict[str, str], seconds: float, kills: int, seed: str) -> list[str]:
    """Kill the job so often, each time within `seconds` of its start, and then let it finish. Returns what it was at.

    Where it was done before it was to be killed, what it made is looked at and it is begun from nothing. Raises
    AssertionError where a promise is broken.
    """
    draw = random.Random(seed)
    stages: list[str] = []
    out, finished = folder / "killed-0", dict[str, int]()
    while len(stages) < kills:
        after = draw.uniform(1.0, seconds)
        if at := killed(job, out, after):
            stages.append(at)
            print(f"{len(stages)}: killed after {after:.1f} s, {at}", flush=True)
            look_at(out)
            finished = not_again(out, finished)
        else:
            not_again(out, finished)
            same(made(out), expected)
            told_as_crashed(job, out)
            out, finished = folder / f"killed-{len(stages)}", {}
    finish(job, out)
    not_again(out, finished)
    same(made(out), expected)
    told_as_crashed(job, out)
    return stages


def not_again(out: Path, finished: dict[str, int]) -> dict[str, int]:
    """When each document that is finished was read and asked; raises AssertionError where that was later than before.

    The seconds that took are noted once more where a document is done again."""
    noted = out / ".quire" / "seconds"
    files = [file for step in ("read", "ask") for file in (out / ".quire" / step).glob("*.json")]
    now = {file.stem: (noted / f"{file.stem}.txt").stat().st_mtime_ns for file in files}
    again = [name for name, at in finished.items() if now.get(name) != at]
    assert not again, f"Done again, though it was finished before the kill: {again}"
    return now


def same(now: dict[str, str], expected: dict[str, str]) -> None:
    """Raises AssertionError naming the files that are not what they should be."""
    different = sorted(name for name in now.keys() | expected.keys() if now.get(name) != expected.get(name))
    assert not different, f"Not as undisturbed: {', '.join(different)}"


def look_at(out: Path) -> None:
    """Raises what reading raises where a file with its final name is not whole."""
    work = out / ".quire"
    for step, kind in RECORDS.items():
        for file in (work / step).glob("*.json"):
            kind.model_validate_json(file.read_bytes())
    others = [
        *work.glob("split/*.json"),
        *work.glob("outline/*.json"),
        *work.glob("*.json"),
        *out.glob("*/manifest.json"),
    ]
    for file in others:
        json.loads(file.read_bytes())
    for file in (work / "brief").glob("*.npz"):
        with numpy.load(file) as arrays:
            assert all(arrays[name] is not None for name in arrays)
    for rows in (out / "dataset").glob("*.json"):
        if rows.name != "manifest.json":
            from_lines(rows, QAPair)
            assert rows.read_bytes()[-1:] in (b"", b"\n"), rows
    for table in (out / "dataset").rglob("*.parquet"):
        pyarrow.parquet.read_table(table)
    for manifest in out.glob("*/manifest.json"):
        for name, about in json.loads(manifest.read_bytes())["files"].items():
            assert sha256_of(manifest.parent / name) == about["sha256"], manifest.parent / name
    if (out / "ledger.jsonl").exists():
        from_lines(out / "ledger.jsonl", LedgerEntry)
    if (out / "report.html").exists():
        assert (out / "report.html").read_text().rstrip().endswith("</html>")
    if (out / "adapters" / "metrics.json").exists():
        json.loads((out / "adapters" / "metrics.json").read_bytes())


def told_as_crashed(job: Job, out: Path) -> None:
    """The last run on `out` shows as finished, and each before it as crashed, or as finished where it was killed when
    only its process was left to end."""
    wanted = {"sort": "EXPECTED_START_TIME_ASC", "flow_runs": {"tags": {"all_": [tag_of(out)]}}}
    runs = post(job.api, "/flow_runs/filter", wanted).json()
    *died, last = [run["state_type"] for run in runs]
    assert last == "COMPLETED" and set(died) <= {"CRASHED", "COMPLETED"}, Counter([*died, last])
    ids = [run["id"] for run in runs]
    under_way = {"flow_runs": {"id": {"any_": ids}}, "task_runs": {"state": {"type": {"any_": ["RUNNING"]}}}}
    assert post(job.api, "/task_runs/filter", under_way).json() == []


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", default="killed")
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="quire-killed-") as name:
        folder = Path(name)
        os.environ["PREFECT_HOME"] = str(folder / "prefect")
        with prefect_server("127.0.0.1", free_port(), folder / "server.log") as api:
            job = make_job(folder, api)
            expected, seconds = undisturbed(job, folder / "undisturbed")
            print(f"Undisturbed it takes {seconds:.0f} s and makes {len(expected)} files.", flush=True)
            stages = disturb(job, folder, expected, seconds, options.kills, options.seed)
    print(f"Killed {len(stages)} times, {', '.join(f'{stage} {n}' for stage, n in Counter(stages).items())}:")
    print("every file was whole, no finished document was done again, the same bytes came out, all dead runs are told.")


if __name__ == "__main__":
    main()
