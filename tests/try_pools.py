"""Tries for real what flows/SCALING.md says of several machines, on this one: `python -m tests.try_pools`.

A server, a bucket in an S3 server for the results, two process workers, one for each pool of `prefect.yaml`, and both
deployments: a build is started, and by its completion a training. A second build must find all results in the bucket,
and run none that somebody pickled there. Then a Dask scheduler and two workers that are started by hand, as on other
machines, must make the same bytes through `runner_address`. Ends with status 1 at what is otherwise.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from contextlib import ExitStack
from pathlib import Path

import cloudpickle
import s3fs

from flows.server import prefect_server
from tests.flows.real_run import flow_runs, free_port, post, quire
from tests.test_end_to_end import contents

ROOT = Path(__file__).parent.parent
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
DOCUMENT = "# {0}\n\n{0} is a method that trains two small matrices beside each frozen weight matrix.\n"
LIMIT_S = 400.0
BUCKET = "quire/results"
SAVE_BLOCK = f"from prefect.filesystems import RemoteFileSystem as R; R(basepath='s3://{BUCKET}').save('results')"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="quire-pools-") as name, ExitStack() as stack:
        shared = Path(name)
        (shared / "raw_docs").mkdir()
        for topic in ("LoRA", "DoRA", "VeRA"):
            (shared / "raw_docs" / f"{topic}.md").write_text(DOCUMENT.format(topic))
        os.environ |= {"PREFECT_HOME": str(shared / "prefect"), "SHARED": str(shared), "DO_NOT_TRACK": "1"}
        os.environ |= {"QUIRE_TRAIN__MAX_STEPS": "1", "QUIRE_EVALUATE__MAX_ROWS": "1", "QUIRE_WORKERS": "1"}
        try:
            api = stack.enter_context(prefect_server("127.0.0.1", free_port(), shared / "server.log"))
            os.environ["PREFECT_API_URL"] = api
            bucket = begin_bucket(shared, stack)
            try_pools(shared, api, stack)
            try_bucket(shared, api, bucket)
            try_cluster(shared, stack)
        except AssertionError:
            for log in shared.glob("*.log"):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}")
            raise


def begin_bucket(shared: Path, stack: ExitStack) -> s3fs.S3FileSystem:
    """An S3 server with a bucket, and the block of Prefect that has results kept there."""
    port = free_port()
    os.environ |= {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
    begin(shared / "bucket.log", stack, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port))
    files, deadline = s3fs.S3FileSystem(), time.monotonic() + 60
    while True:
        try:
            files.mkdir("quire")
            break
        except Exception:  # it does not listen yet
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
    subprocess.run([sys.executable, "-c", SAVE_BLOCK], check=True)
    os.environ["PREFECT_DEFAULT_RESULT_STORAGE_BLOCK"] = "remote-file-system/results"
    return files


def try_pools(shared: Path, api: str, stack: ExitStack) -> None:
    """A build in the one pool, and the training that it triggers in the other."""
    for pool in ("build-cpu", "train-gpu"):
        prefect("work-pool", "create", pool, "--type", "process")
        begin(shared / f"{pool}.log", stack, "-m", "prefect", "worker", "start", "--pool", pool)
    prefect("--no-prompt", "deploy", "--all")
    prefect("deployment", "run", "quire build/cpu")
    deadline = time.monotonic() + LIMIT_S
    begun: list[tuple[str, str, list[str]]] = []
    while time.monotonic() < deadline and [state in ENDED for _, state, _ in begun] != [True, True]:
        time.sleep(1)
        runs = (run for run in flow_runs(api) if run["state_type"] != "SCHEDULED")
        begun = [(run["name"], run["state_type"], run["tags"]) for run in runs]
    print(*begun, sep="\n")
    assert [state for _, state, _ in begun] == ["COMPLETED", "COMPLETED"]
    assert all(str(shared / "out") in tags for _, _, tags in begun)
    assert all((shared / "out" / made / "manifest.json").exists() for made in ("dataset", "adapters"))


def try_bucket(shared: Path, api: str, files: s3fs.S3FileSystem) -> None:
    """A second build takes every result from the bucket, but for one that somebody pickled."""
    kept = files.ls(BUCKET, detail=False)
    print(f"{len(kept)} results in the bucket")
    assert not list((shared / "out" / ".quire").glob("results/*"))
    victim, trap = next(key for key in kept if "/ask@" in key), shared / "pickled.txt"
    record = json.loads(files.cat(victim))
    record["metadata"]["serializer"] = {"type": "pickle"}
    record["result"] = b64encode(cloudpickle.dumps(Trap(str(trap)))).decode()
    files.pipe(victim, json.dumps(record).encode())
    run = quire("build", shared / "raw_docs", "--out", shared / "out")
    assert run.returncode == 0, run.stderr
    assert not trap.exists(), "a pickle was loaded from the bucket"
    last = max(flow_runs(api), key=lambda run: str(run["start_time"] or ""))
    tasks = post(api, "/task_runs/filter", {"flow_runs": {"id": {"any_": [last["id"]]}}}).json()
    anew = sorted(task["name"] for task in tasks if task["state_name"] != "Cached")
    print(f"done again in the second build: {anew}")
    assert len(anew) == 1 and anew[0].startswith("ask ")


class Trap:
    """What writes a file when it is loaded."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return Path.touch, (Path(self.path),)  # type: ignore[return-value]


def try_cluster(shared: Path, stack: ExitStack) -> None:
    """A Dask cluster that is there makes the same bytes."""
    address = f"tcp://127.0.0.1:{free_port()}"
    log, of_dask = shared / "dask.log", ("-m", "dask")
    begin(log, stack, *of_dask, "scheduler", "--host", address, "--no-dashboard")
    os.environ["DASK_DISTRIBUTED__WORKER__DAEMON"] = "False"
    for _ in range(2):
        begin(log, stack, *of_dask, "worker", address, "--nthreads", "1", "--no-dashboard")
    time.sleep(10)  # the workers come when they are ready
    on_cluster = ("--set", "runner=dask", "--set", f"runner_address={address}")
    run = quire("build", shared / "raw_docs", "--out", shared / "cluster", *on_cluster)
    assert run.returncode == 0, run.stderr
    assert contents(shared / "cluster" / "dataset") == contents(shared / "out" / "dataset")
    print("a cluster that is there makes the same bytes")


def begin(log: Path, stack: ExitStack, *arguments: str) -> None:
    """Have Python run these, with what they say in `log`, until the end."""
    output = stack.enter_context(log.open("ab"))
    process = subprocess.Popen([sys.executable, *arguments], stdout=output, stderr=output)
    stack.callback(process.wait)
    stack.callback(process.terminate)


def prefect(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "prefect", *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
