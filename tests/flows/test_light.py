"""What every worker process imports before it does anything is held small: there are as many of them as cores."""

from __future__ import annotations

import subprocess
import sys


def test_a_worker_starts_without_the_heavy_packages() -> None:
    heavy = ("datasets", "numpy", "pandas", "prefect", "scipy", "sklearn", "torch", "transformers")
    code = f"import sys, flows.work; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
