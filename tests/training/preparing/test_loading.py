"""Memory that runs out as a model is loaded, to be trained or to be judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from extractors.errors import QuireError
from tests.training.faults import FORMS, plain, run
from training.evaluate import judge_adapters
from training.jobs import Event, TrainJob


def starved(monkeypatch: pytest.MonkeyPatch, form: Exception) -> None:
    from transformers import AutoModelForCausalLM

    def load(*_: Any, **__: Any) -> None:
        raise form

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", load)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{type(form).__name__}: {str(form)[:24]}")
def test_it_says_what_is_wanted_what_was_free_and_how_to_go_on(
    form: Exception, tmp_path: Path, tiny_qwen: Path, trained: tuple[TrainJob, list[Event]],
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    starved(monkeypatch, form)
    monkeypatch.setattr("training.preparing.loading.available_memory", lambda: 3 * 2**29)
    words = rf"while {tiny_qwen.name} was loaded: its weights take about 0\.00 GiB, and 1\.50 GiB of this machine were"
    for job, begin in ((plain(tmp_path, tiny_qwen), run), (trained[0], lambda job: judge_adapters(job, print))):
        with pytest.raises(QuireError, match=words) as failure:
            begin(job.model_copy(update={"command": "quire run --out here"}))
        assert "then `quire run --out here` goes on" in failure.value.fix and "train.model" in failure.value.fix
        assert ("train.strategy" in failure.value.fix) == (job.train.strategy != "qlora")
        assert (str(form).partition("\n")[0] or "MemoryError") in failure.value.message


def test_another_failure_is_told_as_what_it_is(tmp_path: Path, tiny_qwen: Path, monkeypatch: pytest.MonkeyPatch):
    starved(monkeypatch, OSError("no such file"))
    with pytest.raises(QuireError, match="cannot be loaded: no such file"):
        run(plain(tmp_path, tiny_qwen))
