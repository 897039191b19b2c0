"""Every test session has a home of its own: nothing is read from or left in the user's."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from hypothesis import settings

if TYPE_CHECKING:
    from tests.watched import Watched

# Without a clock: on a busy machine a slow example is no failure.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

_HOME = tempfile.TemporaryDirectory(prefix="quire-tests-")

# Set before anything imports Prefect or torch, which read their environment once.
os.environ.update(
    PREFECT_HOME=_HOME.name,
    PREFECT_RESULTS_LOCAL_STORAGE_PATH=f"{_HOME.name}/results",
    PREFECT_SERVER_ANALYTICS_ENABLED="false",
    DO_NOT_TRACK="1",
    HF_HUB_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    TOKENIZERS_PARALLELISM="false",
    OMP_NUM_THREADS="1",
    OMP_THREAD_LIMIT="1",
)
for name in [name for name in os.environ if name.startswith("QUIRE_")]:
    del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """End-to-end tests and then files with slow ones first, so that no worker is left with one when others are done."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, item.path.parent != Path(__file__).parent))


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API of a Prefect server for all runs of this process; each of them would take seconds to start its own."""
    from flows.server import prefect_server

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with prefect_server("127.0.0.1", port, tmp_path_factory.mktemp("server") / "log") as api:
        yield api


@pytest.fixture
def shared_server(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that are started in the test use the one server, and two workers: tests run beside each other already."""
    monkeypatch.setenv("PREFECT_API_URL", server)
    monkeypatch.setenv("QUIRE_WORKERS", "2")


@pytest.fixture(scope="module")
def kept_workers() -> Iterator[None]:
    """The worker processes of all builds of a module that are made in this process; each would start its own."""
    from extractors.settings import ReadSettings
    from flows.workers import in_worker, worker_pools

    with worker_pools(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("flows.run.end_workers", lambda: None)
        for kind, memory_gb in {"read": ReadSettings().memory_gb, "ask": 0, "corpus": 0}.items():
            in_worker(kind, 1, memory_gb, None, int)  # a worker ends with the thread that started it, as a flow's do
        yield


@pytest.fixture(scope="session")
def whole_job(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """`quire run`, `doctor` and `ask` with the starter models, on documents of which four cannot be read, in a home and
    on a network of their own. Made once for all processes of the tests, and to be changed only in a copy."""
    from tests import watched

    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    job, made = folder / "whole_job", folder / "whole_job.made"
    with FileLock(folder / "whole_job.lock"):
        if not made.exists():
            shutil.rmtree(job, ignore_errors=True)
            watched.whole_job(job)
            made.touch()
    return watched.Watched(job)
