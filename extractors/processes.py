"""Child processes that do not outlive who started them."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time


def die_with_parent(parent: int) -> None:
    """Have this process killed when its parent, the process `parent`, ends, however that ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # gone before the signal was asked for
            os.kill(os.getpid(), signal.SIGKILL)
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def take_programs_along() -> None:
    """Have the programs that this process starts from now on killed when it ends, however that ends: a tesseract whose
    reader was killed would go on for as long as it likes."""
    if os.name != "posix":
        return
    os.setpgid(0, 0)
    # The other end is open for as long as this process lives, and no program that it starts has it.
    watched, _ = os.pipe()
    subprocess.Popen(
        ["/bin/sh", "-c", f"read _; kill -KILL -{os.getpid()}"],
        stdin=watched,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(watched)


PR_SET_PDEATHSIG = 1
