"""Tries `prefect.yaml` for real: `python -m tests.try_pools`.

A server, two local process workers, one for each pool, and both deployments; a build is started, and by its completion
a training. Prints the states of both runs and what they made, and ends with status 1 if anything is missing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from flows.server import prefect_server
from tests.flows.real_run import flow_runs, free_port

ROOT = Path(__file__).parent.parent
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
DOCUMENT = "# {0}\n\n{0} is a method that trains two small matrices beside each frozen weight matrix.\n"
LIMIT_S = 300.0


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="quire-pools-") as name, ExitStack() as stack:
        shared = Path(name)
        (shared / "raw_docs").mkdir()
        for topic in ("LoRA", "DoRA", "VeRA"):
            (shared / "raw_docs" / f"{topic}.md").write_text(DOCUMENT.format(topic))
        os.environ |= {"PREFECT_HOME": str(shared / "prefect"), "SHARED": str(shared), "DO_NOT_TRACK": "1"}
        os.environ |= {"QUIRE_TRAIN__MAX_STEPS": "1", "QUIRE_EVALUATE__MAX_ROWS": "1", "QUIRE_WORKERS": "1"}
        api = stack.enter_context(prefect_server("127.0.0.1", free_port(), shared / "server.log"))
        os.environ["PREFECT_API_URL"] = api
        for pool in ("build-cpu", "train-gpu"):
            prefect("work-pool", "create", pool, "--type", "process")
            log = stack.enter_context((shared / f"{pool}.log").open("wb"))
            worker = subprocess.Popen(
                [sys.executable, "-m", "prefect", "worker", "start", "--pool", pool], stdout=log, stderr=log
            )
            stack.callback(worker.wait)
            stack.callback(worker.kill)
        prefect("--no-prompt", "deploy", "--all")
        prefect("deployment", "run", "quire build/cpu")
        deadline = time.monotonic() + LIMIT_S
        begun: list[tuple[str, str, list[str]]] = []
        while time.monotonic() < deadline and [state in ENDED for _, state, _ in begun] != [True, True]:
            time.sleep(1)
            runs = (run for run in flow_runs(api) if run["state_type"] != "SCHEDULED")
            begun = [(run["name"], run["state_type"], run["tags"]) for run in runs]
        print(*begun, sep="\n")
        made = [shared / "out" / path for path in ("dataset/manifest.json", "adapters/manifest.json")]
        tagged = all(str(shared / "out") in tags for _, _, tags in begun)
        if not tagged or not all(file.exists() for file in made):
            for log_file in shared.glob("*.log"):
                print(f"--- {log_file.name}\n{log_file.read_text()[-3000:]}")
            sys.exit("Not all was made.")
        print(*made, sep="\n")


def prefect(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "prefect", *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
