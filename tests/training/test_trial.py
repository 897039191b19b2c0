"""One training of a search, on a tiny model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.made_up import make_dataset, make_job, make_lineage, make_pair
from training.dataset import read_split, write_dataset
from training.jobs import Event, NotTrainable
from training.trial import measure


def test_a_trial_is_measured_by_the_adapters_that_it_would_publish(tmp_path: Path, tiny_qwen: Path):
    job = make_job(tmp_path, tiny_qwen, patience=2)
    events: list[Event] = []
    measure(job, events.append)
    *_, done = events
    assert [event["event"] for event in events].count("evaluation") == 3
    best = min(event["eval_loss"] for event in events if event["event"] == "evaluation" and event["step"])
    assert done["event"] == "done" and done["eval_loss"] == pytest.approx(best, abs=1e-4)
    documents = {pair.doc_id for pair in read_split(job.dataset, "validation")}
    assert done["documents"].keys() == documents
    nll, tokens = (sum(parts) for parts in zip(*done["documents"].values(), strict=True))
    assert done["eval_loss"] == nll / tokens
    assert not job.adapters.exists()


def test_without_a_validation_set_nothing_is_searched(tmp_path: Path, tiny_qwen: Path):
    make_dataset(tmp_path / "dataset")
    rows = [make_pair("ash", number) for number in range(4)]
    write_dataset(tmp_path / "dataset", {"train": rows}, make_lineage(rows))
    with pytest.raises(NotTrainable, match="no validation rows"):
        measure(make_job(tmp_path, tiny_qwen), lambda _: None)
