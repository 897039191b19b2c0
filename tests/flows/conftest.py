from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.example import ExampleOut, make_example


@pytest.fixture
def example_out(tmp_path: Path) -> ExampleOut:
    """An output folder as a run leaves it, and the documents it came from."""
    return make_example(tmp_path)
