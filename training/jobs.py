"""A training job: its record, the parent that starts it as a child process, and the frame of the child itself.

The parent writes the job to a file and reads the child's standard output: one JSON object a line, each with an
"event": those that `training.sft` and `training.evaluate` list, the last one done or error (with message, fix and
status). What the libraries print goes to `log.txt` in the job's work folder.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from extractors.errors import NothingInHand, QuireError
from extractors.files import write_whole
from extractors.processes import die_with_parent
from extractors.records import Record
from training import ranks
from training.memory.available import is_out_of_memory
from training.settings import EvaluateSettings, TrainSettings

Event = dict[str, Any]
Emit = Callable[[Event], None]

DONE, FAILED, BROKEN_PROMISE = 0, 1, 3
"""Exit statuses of the child; 3 where there is nothing to train or to judge."""

PARENT = "QUIRE_PARENT"

LEARNING, JUDGING = ("training.sft", "training.trial"), ("training.evaluate",)
"""What as many processes as the settings say do together: each its share of the learning, all of them all of the
judging, where one alone could not hold the model."""

LOCKS = Path("/tmp") if os.name == "posix" else Path(tempfile.gettempdir())
"""Where the locks of GPUs lie: one place for all users of the machine, whatever their TMPDIR."""

TO_BE_ENDED_S = 10.0
"""Seconds that one of several waits before it tells of an error, which may only be that another has ended: then all are
ended meanwhile."""


class TrainJob(Record):
    """What one child process does. `work` is this job's alone: checkpoints, logs and the processor's lock."""

    dataset: Path
    adapters: Path
    work: Path
    train: TrainSettings
    evaluate: EvaluateSettings
    seed: int
    version: str = ""
    """Of how training works: what one version began, another does not continue."""
    command: str = "quire train"
    """What has this job done again, where it could not be ended."""


class NotTrainable(NothingInHand):
    """There is nothing that training could learn from, or evaluation could judge."""


def run(job: TrainJob, module: str = "training.sft") -> Generator[Event, None, None]:
    """The events of `job`, run by `python -m module` in a child that is killed when this process or iterator ends, or
    by `training.launch` in several, where they are to share it.

    The child also dies with the thread that calls this, as Linux sends its signal for threads. Raises NotTrainable
    or QuireError where the child fails.
    """
    job.work.mkdir(parents=True, exist_ok=True)
    path, log = job.work / "job.json", job.work / "log.txt"
    write_whole(path, job.model_dump_json(indent=2))
    together = LEARNING + (JUDGING if job.train.parallel == "fsdp" else ())
    several = job.train.processes > 1 and module in together
    failure: Event | None = None
    with log.open("wb") as chatter:
        process = subprocess.Popen(
            [sys.executable, "-m", *(["training.launch"] if several else []), module, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=chatter,
            env={**os.environ, PARENT: str(os.getpid())},
            text=True,
            encoding="utf-8",
        )
        assert process.stdout is not None
        try:
            for line in process.stdout:
                event = json.loads(line)
                if event["event"] == "error":
                    failure = failure or event
                else:
                    yield event
        except BaseException:
            process.kill()
            raise
        finally:
            status = process.wait()
            process.stdout.close()
    if failure is not None:
        kind = NotTrainable if failure["status"] == BROKEN_PROMISE else QuireError
        raise kind(failure["message"], fix=failure["fix"])
    if status != DONE:
        raise _death(status, module, job, log)


def _death(status: int, module: str, job: TrainJob, log: Path) -> QuireError:
    if status == -signal.SIGKILL:
        return QuireError(
            f"The process of {module} was killed, as systems do when memory runs out.",
            fix=f"`{job.command}` goes on where it was. Its last words are in {log}.",
        )
    message = f"The process of {module} ended without a word, with status {status}."
    return QuireError(message, fix=f"Its last words are in {log}.")


def child(work: Callable[[TrainJob, Emit], None]) -> int:
    """The frame of a child process: runs `work` on the job whose file is the first argument; returns the status."""
    die_with_parent(int(os.environ.get(PARENT, os.getppid())))
    emit = _events()
    _private()
    job = TrainJob.model_validate_json(Path(sys.argv[1]).read_bytes())

    def alone() -> None:
        with hold(gpus()[:1], job, emit):
            work(job, emit)

    def one_of_several() -> None:  # what started them holds the devices
        ranks.join()
        first = ranks.rank() == 0
        work(job, lambda event: emit(event) if first or event["event"] == "memory" else None)

    return framed(one_of_several if ranks.launched() else alone, job, emit)


def framed(work: Callable[[], None], job: TrainJob, emit: Emit) -> int:
    """Runs `work`, tells what it raises as an event, and returns the status of the process."""
    try:
        work()
    except QuireError as error:
        status = BROKEN_PROMISE if isinstance(error, NotTrainable) else FAILED
        emit({"event": "error", "status": status, "message": error.message, "fix": error.fix})
        return status
    except Exception as error:
        import traceback

        traceback.print_exc()
        if ranks.count() > 1:
            time.sleep(TO_BE_ENDED_S)
        name = getattr(sys.modules["__main__"].__spec__, "name", sys.argv[0])
        message = f"{name} failed: {type(error).__name__}: {error}"
        fix = f"{job.work / 'log.txt'} tells more."
        if is_out_of_memory(error):
            fix = f"Free memory on this machine, then `{job.command}` goes on where it was."
        emit({"event": "error", "status": FAILED, "message": message, "fix": fix})
        return FAILED
    return DONE


def _events() -> Emit:
    """Keeps standard output for events; whatever else is printed there goes to standard error."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def emit(event: Event) -> None:
        print(json.dumps(event), file=channel, flush=True)

    return emit


def _private() -> None:
    """Before the first heavy import: no telemetry, one GPU, an allocator that does not fragment, and threads that sleep
    while they wait: spinning ones made a training on a busy processor up to eighty times slower."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = os.environ["DO_NOT_TRACK"] = "1"
    os.environ["CUDA_VISIBLE_DEVICES"] = ranks.own_gpu()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("PYTORCH_ALLOC_CONF", "expandable_segments:True")
    os.environ.setdefault("MPLBACKEND", "Agg")


def gpus() -> list[str]:
    """The GPUs that this process may use, by the names that they have on this machine."""
    import torch

    return [f"GPU {torch.cuda.get_device_properties(at).uuid}" for at in range(torch.cuda.device_count())]


@contextmanager
def hold(devices: Sequence[str], job: TrainJob, emit: Emit) -> Iterator[None]:
    """One job at a time on a GPU of this machine; without a GPU, one at a time in a work folder."""
    from filelock import FileLock, Timeout

    # In order, so that no two jobs ever wait for each other.
    places = {name: LOCKS / f"quire-{name.replace(' ', '-')}.lock" for name in sorted(devices)}
    with ExitStack() as held:
        for name, path in (places or {"this job's work folder": job.work / "lock"}).items():
            lock = FileLock(path, mode=0o666)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                emit({"event": "waiting", "for": name})
                lock.acquire()
            held.callback(lock.release)
        yield
