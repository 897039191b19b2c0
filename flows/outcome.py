"""How a command ends: errors that a user can cause become one message and an exit status."""

from __future__ import annotations

import errno
import os
import sys
import warnings
from collections.abc import Callable

from extractors.errors import NothingInHand, QuireError
from flows.settings import ConfigurationError


def outcome_of(command: Callable[[], object]) -> None:
    """Run a command. Exits with 1 where it failed, 2 for a wrong configuration, 3 with nothing in the hands."""
    # No telemetry anywhere, and quiet libraries; what the user set in the environment wins.
    for name, value in {
        "DO_NOT_TRACK": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
        # One database transaction for many task runs: 7 ms of the server's processor each instead of 24.
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
        "TOKENIZERS_PARALLELISM": "false",
        # Where torchao is installed, eight lines about its own enumerations in every process.
        "TORCH_LOGS": "-torch.utils._pytree",
    }.items():
        os.environ.setdefault(name, value)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    try:
        command()
    except QuireError as error:
        print(f"quire: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, ConfigurationError) else 3 if isinstance(error, NothingInHand) else 1)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        if not full and not error.filename:
            raise
        where = f" ({error.filename})" if error.filename else ""
        fix = "What is done is kept: make room and run again." if full else "Check the path and who may write there."
        print(f"quire: {error.strerror}{where}. {fix}", file=sys.stderr)
        sys.exit(1)
