"""Every strategy trains, keeps its best, survives, and is loaded back; and is the base where that is asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from safetensors.torch import load_file

from extractors.errors import QuireError
from tests.training.faults import Faulty, furthest, plain, run
from training.base import models
from training.base.shapes import shapes_of
from training.dataset import read_split
from training.evaluate import evaluate
from training.inference import Budget, generate, likelihood
from training.jobs import Event, TrainJob
from training.prompts import Encoded, encode
from training.settings import TrainSettings
from training.strategies import STRATEGIES, qat

RATES = {"qlora": 5e-3, "lora": 5e-3, "full": 1e-3, "prompt": 0.03, "qat": 1e-3}
AGREE = {"full": 2e-7, "prompt": 1e-7, "qat": 1e-3}
"""How far weights may be apart for having been learnt in other micro-batches. Those of norms are about 1, where floats
are 1.2e-7 apart; and where sums differ in their last place, values may be rounded to four bits otherwise."""
FEW = {"batch": 8, "accumulation": 1, "epochs": 1}
PEFT = {"adapter_model.safetensors", "adapter_config.json"}
MODEL = {
    *("model.safetensors", "config.json", "generation_config.json"),
    *("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"),
}


class Fitted(NamedTuple):
    job: TrainJob
    weights: dict[str, torch.Tensor]
    trained: dict[str, Any]
    events: list[Event]

    @property
    def folder(self) -> Path:
        return self.job.work / "adapters"

    def read(self, split: str) -> tuple[Any, frozenset[int], list[Encoded]]:
        files = models.find(self.job.train)
        tokenizer = models.load_tokenizer(files)
        stops = models.stop_ids(files, tokenizer)
        return tokenizer, stops, encode(read_split(self.job.dataset, split), tokenizer, stops, self.job.train)

    def load(self) -> Any:
        return STRATEGIES[self.job.train.strategy].load(models.find(self.job.train), self.job.train, self.folder)


def fit(folder: Path, model: Path, strategy: str, **settings: Any) -> Fitted:
    job = plain(folder, model, **{"strategy": strategy, "learning_rate": RATES[strategy], **settings})
    return Fitted(job, *run(job))


def loss(model: Any, tokenizer: Any, examples: list[Encoded]) -> float:
    rows = likelihood(model, tokenizer, examples, Budget(512))
    return sum(row.nll for row in rows) / sum(row.tokens for row in rows)


@pytest.fixture(scope="module", params=STRATEGIES)
def fitted(request: pytest.FixtureRequest, tiny_qwen: Path, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    return fit(tmp_path_factory.mktemp(request.param), tiny_qwen, request.param)


def test_it_learns_and_its_best_is_what_is_loaded_back(fitted: Fitted):
    evaluations = [entry["eval_loss"] for entry in fitted.trained["history"] if "eval_loss" in entry]
    assert fitted.trained["best_eval_loss"] == min(evaluations) < 0.95 * evaluations[0]
    tokenizer, _, held_out = fitted.read("validation")
    again = loss(fitted.load(), tokenizer, held_out)
    if fitted.job.train.strategy != "qat":
        assert again == pytest.approx(fitted.trained["best_eval_loss"], abs=1e-5)
        return
    assert again == pytest.approx(fitted.trained["quantised"]["loss"], abs=1e-5)
    assert fitted.trained["quantised"]["quantised_loss"] == pytest.approx(fitted.trained["best_eval_loss"], abs=1e-4)
    assert again != pytest.approx(fitted.trained["best_eval_loss"], abs=1e-4)


def test_it_is_the_base_within_the_context_and_itself_after(fitted: Fitted):
    tokenizer, stops, examples = fitted.read("test")
    model = fitted.load()
    base = models.load_base(models.find(fitted.job.train), fitted.job.train).eval()
    prompts = [example.prompt for example in examples[:3]]

    def answers(of: Any) -> list[str]:
        return generate(of, tokenizer, stops, prompts, 6)

    itself, its_loss = answers(model), loss(model, tokenizer, examples)
    with model.disable_adapter():
        assert answers(model) == answers(base)
        assert loss(model, tokenizer, examples) == pytest.approx(loss(base, tokenizer, examples), abs=1e-6) != its_loss
    assert answers(model) == itself and loss(model, tokenizer, examples) == its_loss


def test_rows_of_a_batch_are_answered_as_alone(fitted: Fitted):
    """Of different lengths, so that all but one are padded."""
    tokenizer, stops, examples = fitted.read("test")
    prompts = [examples[0].prompt, examples[1].prompt[3:], examples[2].prompt[-4:]]
    model = fitted.load()
    assert generate(model, tokenizer, stops, prompts, 8) == [
        generate(model, tokenizer, stops, [prompt], 8)[0] for prompt in prompts
    ]


def test_it_is_judged_beside_its_base(fitted: Fitted):
    tokenizer, stops, _ = fitted.read("test")
    judged = evaluate(fitted.load(), tokenizer, stops, fitted.job, fitted.job.train, lambda _: None)
    for told in judged["sets"].values():
        assert told["adapters"]["loss"] < 0.95 * told["base"]["loss"]
    assert judged["forgetting"]["base"] != judged["forgetting"]["adapters"] and judged["verdict"]["sentence"]


def test_what_is_published_is_whole_and_told(fitted: Fitted):
    strategy = fitted.job.train.strategy
    whole = strategy in ("full", "qat")
    assert {path.name for path in fitted.folder.iterdir()} == (MODEL if whole else PEFT)
    share = fitted.trained["trainable"]
    assert share["share"] == share["parameters"] / share["all"]
    assert share["parameters"] == sum(tensor.numel() for tensor in fitted.weights.values())
    if not whole:
        config = json.loads((fitted.folder / "adapter_config.json").read_text())
        assert config["base_model_name_or_path"] == fitted.job.train.model
        assert share["share"] < 0.2
        return
    config = json.loads((fitted.folder / "config.json").read_text())
    assert share["share"] == 1 and config["architectures"] == ["Qwen2ForCausalLM"] and config["tie_word_embeddings"]
    generation = json.loads((fitted.folder / "generation_config.json").read_text())
    assert generation["eos_token_id"] == [0, 2] and not generation.get("do_sample")
    assert ("quantization_aware_training" in config) == (strategy == "qat")


@pytest.mark.parametrize("place", ["half a backward", "evaluation"])
@pytest.mark.parametrize("strategy", ["full", "prompt", "qat"])
def test_memory_that_runs_out_changes_nothing(
    faulty: type[Faulty], tmp_path: Path, tiny_qwen: Path, strategy: str, place: str, calm: dict[str, Fitted]
):
    faulty.fault = lambda where, times: where == place and times in (2, 5)
    rough = fit(tmp_path, tiny_qwen, strategy, learning_rate=2e-4, **FEW)
    assert len(rough.trained["memory_events"]) == 2
    assert furthest(calm[strategy].weights, rough.weights) <= AGREE[strategy]
    assert rough.trained["steps"] == calm[strategy].trained["steps"]


@pytest.fixture(scope="module")
def calm(tiny_qwen: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fitted]:
    return {
        strategy: fit(tmp_path_factory.mktemp("calm"), tiny_qwen, strategy, learning_rate=2e-4, **FEW)
        for strategy in ("full", "prompt", "qat")
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("strategy", "base"), [("full", "tiny_llama"), ("full", "tiny_qwen"), ("prompt", "tiny_qwen"), ("qat", "tiny_qwen")]
)
def test_stopped_anywhere_it_goes_on_to_the_same_bytes(
    faulty: type[Faulty], request: pytest.FixtureRequest, tmp_path: Path, strategy: str, base: str
):
    """With an output head of its own (Llama) and one that is the embedding (Qwen)."""
    model, every = request.getfixturevalue(base), {"checkpoint_minutes": 0, "gradient_checkpointing": True, "epochs": 1}
    once = fit(tmp_path / "once", model, strategy, **every)
    faulty.form = RuntimeError("stopped")
    faulty.fault = lambda where, times: where == "optimizer" and times == 4
    with pytest.raises(RuntimeError, match="stopped"):
        fit(tmp_path / "twice", model, strategy, **every)
    faulty.fault = lambda where, times: False
    twice = fit(tmp_path / "twice", model, strategy, **every)
    assert [event["step"] for event in twice.events if event["event"] == "resumed"] == [2]
    assert furthest(once.weights, twice.weights) == 0
    assert twice.trained["best_eval_loss"] == once.trained["best_eval_loss"]
    assert (once.folder / "config.json").exists() == (strategy != "prompt")
    for path in once.folder.iterdir():
        assert path.read_bytes() == (twice.folder / path.name).read_bytes()


def test_a_model_trained_for_four_bits_is_truly_rounded_to_them(calm: dict[str, Fitted]):
    from torchao.quantization import IntxUnpackedToInt8Tensor

    model = calm["qat"].load()
    head = model.lm_head.weight.clone()
    qat.quantise(model)
    weight = model.model.layers[0].mlp.up_proj.weight
    assert isinstance(weight, IntxUnpackedToInt8Tensor) and weight.block_size == (1, 32)
    assert weight.qdata.min() >= -8 and weight.qdata.max() <= 7
    assert torch.equal(model.lm_head.weight, head)


def test_virtual_tokens_begin_as_words_and_nothing_else_is_learnt(tiny_qwen: Path):
    settings = TrainSettings(model=str(tiny_qwen), strategy="prompt", prompt_tokens=7)
    files = models.find(settings)
    tokenizer = models.load_tokenizer(files)
    model = STRATEGIES["prompt"].trainable(files, settings, tokenizer)
    (learnt,) = (value for value in model.parameters() if value.requires_grad)
    words = load_file(tiny_qwen / "model.safetensors")["model.embed_tokens.weight"]
    first = tokenizer("Answer the question")["input_ids"][0]
    assert learnt.shape == (7, 64) and torch.equal(learnt[0], words[first])


@pytest.mark.parametrize(("inputs", "group"), [((64, 128), 32), ((64, 48), 16), ((24, 64), 8), ((64, 20), 0)])
def test_the_group_of_weights_that_share_a_scale_divides_every_layer(
    tiny_qwen: Path, inputs: tuple[int, ...], group: int
):
    settings = TrainSettings(model=str(tiny_qwen), strategy="qat")
    shapes = shapes_of(models.find(settings))
    linears = tuple(shapes.linears[0]._replace(inputs=width) for width in inputs)
    shapes = shapes.model_copy(update={"linears": linears})
    if group:
        assert qat._group(shapes) == group
        return
    with pytest.raises(QuireError, match=r"the 20 inputs of .*q_proj are not in groups of 8"):
        STRATEGIES["qat"].footprint(shapes, settings, 4)


def test_virtual_tokens_that_leave_no_room_for_the_rows_are_refused(tiny_qwen: Path):
    shapes = shapes_of(models.find(TrainSettings(model=str(tiny_qwen)))).model_copy(update={"window": 1024})
    with pytest.raises(QuireError, match=r"reads 1024 tokens at once.*Set train\.max_length to at most 1004"):
        STRATEGIES["prompt"].footprint(shapes, TrainSettings(strategy="prompt", max_length=1005), 4)
    assert STRATEGIES["prompt"].footprint(shapes, TrainSettings(strategy="prompt", max_length=1004), 4).learnt == 1280
