"""Starts a training once for each of several GPUs, by `accelerate launch`, and holds them all while it lasts.

    python -m training.launch MODULE JOB.json

In place of `python -m MODULE JOB.json`, as its events come from the first of the processes it starts, and what goes
wrong from any. They end with this one, and this one with the first of them that fails.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from extractors.errors import QuireError
from extractors.processes import die_with_parent
from training import ranks
from training.jobs import PARENT, Emit, Event, TrainJob, framed, gpus, hold


def launch(module: str, file: Path) -> int:
    """Starts the processes of the job in `file` and waits for them; returns the status of this one."""
    die_with_parent(int(os.environ.get(PARENT, os.getppid())))
    channel, sys.stdout = sys.stdout, sys.stderr  # it is the processes' for their events, and theirs alone
    job = TrainJob.model_validate_json(file.read_bytes())

    def emit(event: Event) -> None:
        print(json.dumps(event), file=channel, flush=True)

    return framed(lambda: _start(module, file, job, emit), job, emit)


def _start(module: str, file: Path, job: TrainJob, emit: Emit) -> None:
    wanted = job.train.processes
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:  # who asks for them takes memory of a GPU
        found = pool.submit(gpus).result()
    if 0 < len(found) < wanted:
        raise QuireError(
            f"train.processes is {wanted}, but this training may use {len(found)} GPUs.",
            fix=f"Set it to {len(found)}, or have CUDA_VISIBLE_DEVICES name more.",
        )
    words = [
        *("--multi_gpu", "--num_processes", str(wanted), "--num_machines", "1", "--main_process_port", "0"),
        *("--mixed_precision", "no", "--dynamo_backend", "no", "--module", module, str(file)),
    ]
    with hold(found[:wanted], job, emit):
        os.environ.update({PARENT: str(os.getpid()), ranks.LAUNCHED: "1"})
        while _run(words) == ranks.AGAIN:
            pass


def _run(words: list[str]) -> int:
    """Until they end, or one asks for all of them to start again."""
    from accelerate.commands.launch import launch_command, launch_command_parser
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    try:
        launch_command(launch_command_parser().parse_args(words))
        return 0
    except ChildFailedError as failure:
        _, first = failure.get_first_failure()
        if first.exitcode == -signal.SIGKILL:
            os.kill(os.getpid(), signal.SIGKILL)  # to be told as if it were the only one
        if first.exitcode != ranks.AGAIN:
            sys.exit(first.exitcode)
        return ranks.AGAIN


if __name__ == "__main__":
    sys.exit(launch(sys.argv[1], Path(sys.argv[2])))
