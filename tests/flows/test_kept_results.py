"""A result that is kept in object storage is taken only if it is one of ours: plain text, and no pickle."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from prefect.filesystems import LocalFileSystem
from prefect.settings import PREFECT_DEFAULT_RESULT_STORAGE_BLOCK, temporary_settings

from flows import steps


@pytest.mark.parametrize(("kept", "taken"), [("json", True), ("pickle", False), ("", False)])
def test_a_result_in_a_block_is_taken_only_as_plain_text(
    kept: str, taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = LocalFileSystem(basepath=str(tmp_path))
    monkeypatch.setattr("flows.kept._storage", lambda block: {"s3/results": bucket}[block])
    if kept:
        record = {"metadata": {"serializer": {"type": kept}}, "result": json.dumps("a" * 64)}
        bucket.write_path("key", json.dumps(record).encode())
    with temporary_settings({PREFECT_DEFAULT_RESULT_STORAGE_BLOCK: "s3/results"}):
        step = steps.with_kept(steps.read_file, "key")
    assert step is (steps.read_file if taken else steps.anew(steps.read_file))
