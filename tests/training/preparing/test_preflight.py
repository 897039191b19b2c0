"""What is said before the first step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from augment.models import locate
from augment.records import OPEN_BOOK
from extractors.errors import QuireError
from tests.training.made_up import make_job, make_pair
from training.base.models import STARTER, load_tokenizer, stop_ids
from training.base.shapes import shapes_of
from training.jobs import NotTrainable, TrainJob
from training.learning import fitting
from training.memory.microbatch import Room
from training.preparing import preflight as module
from training.preparing.estimate import MemoryEstimate, estimate_memory
from training.preparing.preflight import Preflight, preflight
from training.preparing.prepared import prepare, told
from training.prompts import encode
from training.selection import select, total_steps
from training.settings import TrainSettings


def check(job: TrainJob, folder: Path, train: int = 6, template: str = "", answer: str = "") -> Preflight:
    files = locate(str(folder), "", STARTER)
    tokenizer: Any = load_tokenizer(files)
    tokenizer.chat_template = template or tokenizer.chat_template
    stops = stop_ids(files, tokenizer)
    pairs = {"train": [make_pair("ash", n) for n in range(train)], "validation": [make_pair("bay", 1)]}
    selections = {
        name: select(encode(found, tokenizer, stops, job.train), job.train, training=name == "train")
        for name, found in pairs.items()
    }
    answers = {pair.id: answer or pair.answer for pair in pairs["train"]}
    return preflight(job, files, selections, answers, tokenizer, stops)


def test_it_counts_rows_lengths_and_labels(tmp_path: Path, tiny_qwen: Path):
    found = check(make_job(tmp_path, tiny_qwen), tiny_qwen)
    assert found.rows["train"] == {"read": 6, "used": 6, "too_long": 0, "outliers": 0, "unlabelled": 0, "open_book": 0}
    assert found.lengths["shortest"] <= found.lengths["median"] <= found.lengths["longest"]
    assert sum(count for _, count in found.histogram) == 6
    assert 0.1 < found.supervised_share < 0.5
    assert found.sample["read"].endswith("<|im_start|>assistant\n")
    assert found.sample["learnt"] == "The sample ash 0 is white iron.<|im_end|>"
    assert found.end_of_turn == "<|im_end|>"
    assert found.memory.total > 0 and found.disk["free"] > 0
    assert 12 * found.lengths["shortest"] <= found.tokens <= 12 * found.lengths["longest"]
    assert not found.warnings
    json.dumps(found.model_dump())


def test_the_sample_is_no_variant(tmp_path: Path, tiny_qwen: Path):
    job = make_job(tmp_path, tiny_qwen)
    rows = job.dataset / "train.json"
    first, *rest = rows.read_text().splitlines(keepends=True)
    rows.write_text("".join([json.dumps({**json.loads(first), "kind": "noise"}) + "\n", *rest]))
    assert prepare(job).checked.sample["id"] == json.loads(rest[0])["id"]


def test_the_only_step_of_a_training_is_none_of_warm_up(tmp_path: Path, tiny_qwen: Path):
    room = Room(training=64, evaluation=64, checkpointing=False)
    for steps, warm_up in ((1, 0), (2, 1)):
        job = make_job(tmp_path, tiny_qwen, max_steps=steps, warmup=0.03)
        arguments = fitting._arguments(job, room, 8, judges=False, checkpoint=None)
        assert arguments.get_warmup_steps(steps) == warm_up


def test_answers_that_tokens_do_not_give_back_are_told(tmp_path: Path, tiny_qwen: Path):
    found = check(make_job(tmp_path, tiny_qwen), tiny_qwen, answer="Another answer.")
    (warning,) = found.warnings
    assert warning.startswith("6 of 6 answers are learnt otherwise than they are written")
    assert "'The sample ash 0 is white iron.' for 'Another answer.'" in warning


def test_rows_that_are_true_only_beside_their_passage_need_it(tmp_path: Path, tiny_qwen: Path):
    job = make_job(tmp_path, tiny_qwen, with_context=True)
    path = job.dataset / "train.json"
    first, *others = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps({**json.loads(first), "checks": {OPEN_BOOK: 1.0}}), *others]))
    assert prepare(job).checked.rows["train"]["used"] == 28
    closed = prepare(make_job(tmp_path, tiny_qwen))
    assert closed.checked.rows["train"] == {
        **{"read": 28, "used": 27, "too_long": 0, "outliers": 0, "unlabelled": 0, "open_book": 1}
    }
    assert "1 train rows are left out: open book." in closed.checked.warnings
    words = dict(told(closed.checked))
    assert words["rows"] == "27 to learn from, 8 to validate on" and words["left out"] == "1 open book"
    assert words["sample, learnt"].endswith("<|im_end|>") and "GiB of" in words["memory"]


def test_rows_that_are_too_long_are_left_out_and_told(tmp_path: Path, tiny_qwen: Path):
    everything = check(make_job(tmp_path, tiny_qwen), tiny_qwen, train=12)
    longest = everything.lengths["longest"]
    shorter = check(make_job(tmp_path, tiny_qwen, max_length=longest - 1), tiny_qwen, train=12)
    assert shorter.rows["train"]["too_long"] >= 1
    assert shorter.rows["train"]["used"] + shorter.rows["train"]["too_long"] == 12
    assert any("train rows are left out: too long" in warning for warning in shorter.warnings)
    outliers = check(make_job(tmp_path, tiny_qwen, outlier_tokens=longest - 1), tiny_qwen, train=12)
    assert outliers.rows["train"]["outliers"] >= 1
    assert outliers.rows["validation"]["outliers"] == 0


def test_nothing_to_train_is_said(tmp_path: Path, tiny_qwen: Path):
    with pytest.raises(NotTrainable, match="no training rows"):
        check(make_job(tmp_path, tiny_qwen), tiny_qwen, train=0)
    with pytest.raises(NotTrainable, match=r"6 are longer than\s+train\.max_length = 32"):
        check(make_job(tmp_path, tiny_qwen, max_length=32), tiny_qwen)


def test_labels_that_are_all_masked_stop_it(tmp_path: Path, tiny_qwen: Path):
    only_users = "{% for m in messages if m['role'] == 'user' %}{{ m['content'] }}<|im_end|>{% endfor %}"
    with pytest.raises(NotTrainable, match=r"Every label would be masked.* \(6 of 6 rows\)"):
        check(make_job(tmp_path, tiny_qwen), tiny_qwen, template=only_users)


def test_a_turn_that_never_ends_stops_it(tmp_path: Path, tiny_qwen: Path):
    endless = "{% for m in messages %}{{ m['content'] }}\n{% endfor %}"
    with pytest.raises(NotTrainable, match=r"6 of 6 training rows do not end .*'<\|im_end\|>'"):
        check(make_job(tmp_path, tiny_qwen), tiny_qwen, template=endless)


def test_a_layer_that_the_model_lacks_stops_it(tmp_path: Path, tiny_qwen: Path):
    with pytest.raises(QuireError, match=r"has no layer 'v_porj', which train\.targets names\. Name some of .*v_proj"):
        check(make_job(tmp_path, tiny_qwen, targets=("q_proj", "v_porj")), tiny_qwen)
    assert check(make_job(tmp_path, tiny_qwen, targets=("self_attn.q_proj", "lm_head")), tiny_qwen)


def test_a_damaged_row_to_judge_by_is_found_before_the_training(tmp_path: Path, tiny_qwen: Path):
    job = make_job(tmp_path, tiny_qwen)
    (job.dataset / "test_seen.json").write_text('{"question": "What?"}\n')
    with pytest.raises(QuireError, match=r"test_seen\.json holds a row that is no .* pair: id: Field required\. Mend"):
        prepare(job)


def test_a_full_disk_stops_it(tmp_path: Path, tiny_qwen: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "free_disk", lambda _: 10)
    with pytest.raises(QuireError, match="checkpoints of this training take"):
        check(make_job(tmp_path, tiny_qwen, rank=512), tiny_qwen)


def test_too_little_memory_and_no_validation_are_warned_of(
    tmp_path: Path, tiny_qwen: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("training.preparing.estimate.available_memory", lambda: 1)
    found = check(make_job(tmp_path, tiny_qwen), tiny_qwen)
    assert any("GiB are free" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("rows", "settings", "steps"),
    [
        (10, {"batch": 2, "accumulation": 4, "epochs": 3}, 6),
        (8, {"batch": 2, "accumulation": 4, "epochs": 3}, 3),
        (1, {"batch": 2, "accumulation": 4, "epochs": 1}, 1),
        (1000, {"max_steps": 60}, 60),
        (28, {"batch": 4, "accumulation": 2, "epochs": 2.5}, 10),
    ],
)
def test_steps_are_counted_as_the_trainer_does(rows: int, settings: dict[str, Any], steps: int):
    assert total_steps(rows, TrainSettings(**settings)) == steps


def test_memory_of_a_known_shape(tmp_path: Path, tiny_qwen: Path):
    """Qwen2.5-3B: 2.775 thousand million weights in linear layers, 0.311 in the tied embedding, and with rank 16 on
    all linear layers 29.9 million in adapters."""
    from transformers import Qwen2Config

    config = Qwen2Config(
        vocab_size=151936, hidden_size=2048, intermediate_size=11008, num_hidden_layers=36, num_attention_heads=16,
        num_key_value_heads=2, tie_word_embeddings=True,
    )  # fmt: skip
    files = locate(str(tiny_qwen), "", STARTER).model_copy(update={"folder": tmp_path})
    config.save_pretrained(tmp_path)
    shapes, gib = shapes_of(files), 2**30

    def estimate(checkpointing: bool = True, **settings: Any) -> MemoryEstimate:
        room = Room(training=1024, evaluation=1024, checkpointing=checkpointing)
        return estimate_memory(shapes, TrainSettings(rank=16, **settings), room)

    found = estimate()
    assert found.weights == pytest.approx((2.775e9 * 0.516 + 0.311e9 * 4) / gib, rel=0.01)
    assert found.optimizer == pytest.approx(29.9e6 * 8 / gib, rel=0.02)
    assert estimate(strategy="lora").weights == pytest.approx(3.086e9 * 4 / gib, rel=0.01)
    assert estimate(targets=("q_proj", "k_proj", "v_proj")).learnt < 0.2 * found.learnt
    assert estimate(checkpointing=False).activations > 5 * found.activations
    full, prompt = estimate(strategy="full"), estimate(strategy="prompt")
    assert full.weights == 0 and full.learnt == full.optimizer == pytest.approx(3.086e9 * 8 / gib, rel=0.01)
    assert prompt.weights == estimate(strategy="lora").weights and prompt.learnt < 0.001
    rounded, whole = (estimate(checkpointing=False, strategy=strategy).activations for strategy in ("qat", "full"))
    assert rounded - whole == pytest.approx(2.775e9 * 5 / gib, rel=0.01)


def test_a_rate_that_is_unusual_for_the_strategy_is_warned_of(tmp_path: Path, tiny_qwen: Path):
    (warning,) = check(make_job(tmp_path, tiny_qwen, strategy="prompt", learning_rate=2e-4), tiny_qwen).warnings
    assert warning.startswith("train.learning_rate = 0.0002 is unusual where train.strategy = 'prompt': from 0.001")
