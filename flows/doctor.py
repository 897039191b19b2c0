"""What this machine has and lacks for some settings, each lack with its fix: asked before hours of work, not after."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from extractors.errors import QuireError
from flows.around import clock, holders, leftovers, port, prefect, readers, runner, runs, stores, telemetry
from flows.finding import Finding
from flows.settings import Settings

GIB = 2**30
LEAST_DISK = 2
"""GiB that a run may fill with work files, checkpoints and Prefect's database."""

REACH_S = 3.0


def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order a run would meet them. Nothing is downloaded and nothing is left behind."""
    checks: list[Callable[[Settings], Iterator[Finding]]] = [
        *(_python, _packages, _tesseract, _processor, _gpu, _engine, _disk, _raw_docs, _output, stores),
        *(leftovers, readers, _models, runner, prefect, runs, port, telemetry, clock),
    ]
    return [finding for check in checks for finding in check(settings)]


def _python(settings: Settings) -> Iterator[Finding]:
    found = f"{platform.python_version()} at {sys.executable}"
    recent = sys.version_info >= (3, 11)
    yield Finding(name="Python", ok=recent, found=found, fix="" if recent else "Install Python 3.11 or newer.")


def _packages(settings: Settings) -> Iterator[Finding]:
    """The versions that pyproject.toml asks for, against those installed."""
    from training.base.packages import unmet

    wrong = unmet("quire")
    yield Finding(
        name="packages",
        ok=not wrong,
        found="; ".join(wrong) or "all in the versions asked for",
        fix=f"{sys.executable} -m pip install --upgrade --editable ." if wrong else "",
    )


def _engine(settings: Settings) -> Iterator[Finding]:
    """Whether what is to compute the training can do so here."""
    from training.base.engines import described, refuse

    try:
        refuse(settings.train)
    except QuireError as error:
        yield Finding(name="engine", ok=False, found=error.message, fix=error.fix)
    else:
        yield Finding(name="engine", ok=True, found=described(settings.train))


def _tesseract(settings: Settings) -> Iterator[Finding]:
    if settings.read.ocr == "never":
        yield Finding(name="tesseract", ok=True, found="not asked for: read.ocr is never")
        return
    needed = settings.read.ocr == "always"
    if shutil.which("tesseract") is None:
        yield Finding(
            name="tesseract",
            ok=False,
            found="not installed: scanned pages will be lost, and listed in the ledger",
            fix="apt-get install tesseract-ocr (Debian, Ubuntu), brew install tesseract (macOS)",
            needed=needed,
        )
        return
    version = _output_of("tesseract", "--version").partition("\n")[0].removeprefix("tesseract ")
    there = set(_output_of("tesseract", "--list-langs").split("\n")[1:])
    missing = [language for language in settings.read.languages.split("+") if language not in there]
    packages = " ".join(f"tesseract-ocr-{language.replace('_', '-')}" for language in missing)
    yield Finding(
        name="tesseract",
        ok=not missing,
        found=f"{version}, " + (f"without {', '.join(missing)}" if missing else settings.read.languages),
        fix=f"apt-get install {packages} (Debian, Ubuntu)" if missing else "",
        needed=needed,
    )


def _output_of(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout or done.stderr).strip()


def _processor(settings: Settings) -> Iterator[Finding]:
    import psutil

    memory = psutil.virtual_memory()
    yield Finding(name="cores", ok=True, found=f"{len(os.sched_getaffinity(0))}, {settings.worker_count()} used")
    each = settings.worker_count()
    enough = memory.available > 2 * GIB
    yield Finding(
        name="memory",
        ok=enough,
        found=f"{memory.available / GIB:.1f} of {memory.total / GIB:.1f} GiB free",
        fix="" if enough else f"Close other programs, or use fewer than {each} workers: --set workers=1",
        needed=False,
    )


def _gpu(settings: Settings) -> Iterator[Finding]:
    import torch

    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        yield Finding(
            name="GPU", ok=True, found=f"{torch.cuda.get_device_name()}, {free / GIB:.1f} of {total / GIB:.1f} GiB free"
        )
    elif settings.train.model == "starter":
        yield Finding(name="GPU", ok=True, found="none, and the starter model needs none")
    else:
        yield Finding(
            name="GPU",
            ok=False,
            found=f"none that torch {torch.__version__} can use: training {settings.train.model} will take very long",
            fix="Use a machine with an NVIDIA GPU and its driver (nvidia-smi must list it).",
            needed=False,
        )


def _disk(settings: Settings) -> Iterator[Finding]:
    there = _existing(settings.out)
    free = shutil.disk_usage(there).free / GIB
    yield Finding(
        name="disk",
        ok=free > LEAST_DISK,
        found=f"{free:.1f} GiB free at {there}",
        fix="" if free > LEAST_DISK else f"Free {LEAST_DISK} GiB there, or choose another --out.",
    )


def _raw_docs(settings: Settings) -> Iterator[Finding]:
    from flows.documents import find_documents

    try:
        documents, passed_over = find_documents(settings.raw_docs)
    except QuireError as error:
        yield Finding(name="documents", ok=False, found=error.message, fix=error.fix)
        return
    closed = [entry.source for entry in passed_over if entry.reason == "cannot be opened"]
    yield Finding(
        name="documents",
        ok=not closed,
        found=f"{len(documents)} to read in {settings.raw_docs}"
        + (f", {len(passed_over)} passed over" if passed_over else ""),
        fix=f"Make them readable: chmod a+r {settings.raw_docs / closed[0]}" if closed else "",
        needed=False,
    )


def _output(settings: Settings) -> Iterator[Finding]:
    from flows.store import opened

    there = _existing(settings.out)
    try:
        tempfile.TemporaryFile(dir=there).close()
    except OSError as error:
        yield Finding(
            name="output",
            ok=False,
            found=f"{there} cannot be written ({error.strerror})",
            fix=f"chmod u+w {there}, or choose another --out.",
        )
        return
    if settings.work.is_dir():
        try:
            with opened(settings.work):
                pass
        except QuireError as error:
            told = " ".join([error.message, *holders(settings.work / "lock")])
            yield Finding(name="output", ok=False, found=told, fix=error.fix)
            return
    yield Finding(name="output", ok=True, found=f"{settings.out} can be written")


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())


def _models(settings: Settings) -> Iterator[Finding]:
    from augment.starter import STARTER_T5
    from training.base.models import STARTER

    if "model" in settings.ask.generators:
        alone = "rules" not in settings.ask.generators
        yield _model("question model", settings.ask.model, settings.ask.revision, STARTER_T5, "ask.model", needed=alone)
    yield _model("base model", settings.train.model, settings.train.revision, STARTER, "train.model", needed=True)


def _model(name: str, model: str, revision: str, starter: Path, setting: str, *, needed: bool) -> Finding:
    from augment.models import locate

    try:
        files = locate(model, revision, starter, setting=setting, download=False)
    except QuireError as error:
        if model == "starter" or "/" not in model or Path(model).expanduser().is_absolute():
            return Finding(name=name, ok=False, found=error.message, fix=error.fix, needed=needed)
        if _reaches_hub():
            return Finding(name=name, ok=True, found=f"{model} will be downloaded from the hub", needed=needed)
        return Finding(
            name=name,
            ok=False,
            found=f"{model} is not on this machine, and the hub cannot be reached",
            fix=f"Where there is a network: hf download {model} --local-dir FOLDER; "
            f"then here: --set {setting}=FOLDER. Or --set {setting}=starter.",
            needed=needed,
        )
    return Finding(name=name, ok=True, found=f"{files.name}@{files.revision} in {files.folder}", needed=needed)


def _reaches_hub() -> bool:
    """Whether the model hub answers within seconds; a look-up of its name may hang far longer, so in a process."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    probe = "import sys, httpx; httpx.head(sys.argv[1], timeout=2)"
    try:
        return not subprocess.run(
            [sys.executable, "-c", probe, constants.ENDPOINT], capture_output=True, timeout=REACH_S
        ).returncode
    except subprocess.TimeoutExpired:
        return False
