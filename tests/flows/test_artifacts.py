from __future__ import annotations

import base64
import os
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from extractors.errors import NothingInHand
from flows import artifacts, run
from flows.settings import Settings, load
from tests.flows.example import ExampleOut, add_adapters
from training.dataset import read_manifest


def test_verdict_and_loss_curve_are_shown(example_out: ExampleOut, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: dict[str, dict[str, Any]] = {}
    for kind in ("create_image_artifact", "create_markdown_artifact"):
        monkeypatch.setattr(artifacts, kind, lambda key, **about: shown.update({key: about}))
    add_adapters(example_out.out)
    artifacts.publish_adapters(load(out=example_out.out))
    assert list(shown) == ["losses", "verdict"] and "the adapters answer better" in shown["verdict"]["markdown"]
    assert "| test | trained | 2.200 |" in shown["verdict"]["markdown"]
    assert "| training | 7 | 64 tokens at once | out of memory |" in shown["losses"]["markdown"]
    assert "| 35 | 3.430696 | 2.941176 |" in shown["losses"]["markdown"]
    assert ". Peak memory " in shown["losses"]["markdown"], "a line break is one on Prefect's pages"
    assert "the training documents. Loss," in shown["verdict"]["markdown"]
    Path(example_out.out, "adapters", "loss_curve.png").write_bytes(b"a curve")
    artifacts.publish_adapters(load(out=example_out.out))
    assert shown["loss-curve"]["image_url"] == f"data:image/png;base64,{base64.b64encode(b'a curve').decode()}"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """What is published, by key."""
    shown: dict[str, dict[str, Any]] = {}
    for kind in ("create_table_artifact", "create_markdown_artifact"):
        monkeypatch.setattr(artifacts, kind, lambda key, **about: shown.update({key: about}))
    return shown


def test_the_artifacts_of_a_dataset(example_out: ExampleOut, shown: dict[str, dict[str, Any]]) -> None:
    settings = load(out=example_out.out)
    listed = read_manifest(example_out.out / "dataset")["documents"]
    artifacts.publish_dataset(settings, [one["doc_id"] for one in listed if one["source"] == "decoding.md"])
    assert list(shown) == ["documents", "ledger", "funnel", "samples"]
    assert shown["documents"]["description"] == (
        "3 documents: 1 lost, 1 read and asked, 1 as it was.\n\n"
        "- secret.pdf: encrypted: It asks for a password. Save it without one."
    )
    assert [list(row.values())[:4] for row in shown["documents"]["table"]] == [
        ["secret.pdf", "lost", "encrypted", ""],
        ["adapters.pdf", "read and asked", "page not read", "3, 1 by OCR, 1 lost"],
        ["decoding.md", "as it was", "", "1"],
    ]
    assert [row["reason"] for row in shown["ledger"]["table"]] == ["encrypted", "page not read", "points elsewhere"]
    assert list(shown["funnel"]["table"][0].values()) == ["document", 3, 2, 1, "read: encrypted (1)"]
    assert "is **a method that trains two small matrices** beside" in shown["samples"]["markdown"]


def test_a_table_is_bounded_and_says_so(
    example_out: ExampleOut, shown: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifacts, "MOST_ROWS", 2)
    artifacts.publish_dataset(load(out=example_out.out))
    assert len(shown["documents"]["table"]) == 2
    assert "The first 2 of 3 rows are shown." in shown["documents"]["description"]


def test_a_build_that_failed_tells_why_unless_its_ledger_is_an_older_one(
    example_out: ExampleOut, shown: dict[str, dict[str, Any]]
) -> None:
    settings = load(out=example_out.out)
    artifacts.publish_failure(settings, time.time() + 60)
    assert not shown
    artifacts.publish_failure(settings, 0)
    assert list(shown) == ["documents", "ledger"]
    assert "It asks for a password" in shown["documents"]["description"]
    assert len(shown["documents"]["table"]) == 1


def test_the_report_is_named_by_its_address(tmp_path: Path, shown: dict[str, dict[str, Any]]) -> None:
    artifacts.publish_report(tmp_path / "the report.html")
    assert f"[report.html]({tmp_path.as_uri()}/the%20report.html)" in shown["report"]["markdown"]


def test_a_build_that_fails_says_why_and_fails(example_out: ExampleOut, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(settings: Settings) -> frozenset[str]:
        os.utime(settings.out / "ledger.jsonl", (time.time() + 1,) * 2)
        raise NothingInHand("Nothing could be read.", fix="Look at the ledger.")

    shown: list[str] = []
    monkeypatch.setattr(run, "build", fails)
    monkeypatch.setattr(run, "tasks_run_as_set", lambda settings: nullcontext())
    monkeypatch.setattr(artifacts, "create_table_artifact", lambda key, **_: shown.append(key))
    with pytest.raises(NothingInHand):
        run._build(load(out=example_out.out))
    assert shown == ["documents", "ledger"]
