"""How pairs are split, and how adapters are trained on them and judged."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from extractors.settings import Section

PromptFormat = Literal["chat", "question", "instruction"]
Format = Literal["instruction", "chat", "prompt"]


class SplitSettings(Section):
    validation: float = Field(0.1, ge=0, lt=0.5, description="share of the pairs, in whole document families")
    test: float = Field(0.1, ge=0, lt=0.5, description="the same, for the test")
    test_seen: float = Field(0.1, ge=0, lt=0.5, description="share of a training document's pairs held out")
    near_duplicate: float = Field(0.8, gt=0, le=1, description="Jaccard likeness at which two questions are one")


class DatasetSettings(Section):
    formats: tuple[Format, ...] = Field(
        (), description="further forms of the rows, for other trainers: load_dataset('out/dataset', 'chat')"
    )
    with_context: bool = Field(False, description="put the passage into their prompts")
    push_to_hub: str = Field(
        "",
        pattern=r"^([\w-][\w.-]*/[\w-][\w.-]*)?$",
        description="owner/name on the Hugging Face hub to upload the dataset to, private where new; empty: nowhere",
    )


class TrainSettings(Section):
    model: str = Field("starter", description="base model: hub id, local folder or 'starter'")
    revision: str = Field("", description="revision of a hub model; empty for its newest")
    strategy: Literal["qlora", "lora", "full", "prompt", "qat"] = Field(
        "qlora",
        description="what is trained: adapters on the base in four bits (qlora) or as it is (lora), every weight "
        "(full), virtual tokens before the prompt (prompt), or every weight as it will be rounded to four bits (qat)",
    )
    engine: Literal["trl", "unsloth"] = Field(
        "trl", description="what computes qlora and lora; unsloth is an extra, and untested on a GPU"
    )
    prompt: PromptFormat = Field("chat", description="how a pair becomes a prompt and its completion")
    with_context: bool = Field(False, description="put the passage into the prompt")
    max_length: int = Field(1024, ge=32, description="tokens of one example; longer ones are dropped and told")
    rank: int = Field(16, ge=1)
    alpha: int = Field(32, ge=1)
    dropout: float = Field(0.05, ge=0, lt=1)
    targets: tuple[str, ...] = Field((), description="linear layers that get adapters; empty for all of them")
    prompt_tokens: int = Field(20, ge=1, description="virtual tokens that the strategy prompt learns")
    learning_rate: float = Field(
        2e-4,
        gt=0,
        description="of its highest step; full and qat want less than adapters (2e-5), prompt far more (0.03)",
    )
    epochs: float = Field(3, gt=0)
    max_steps: int = Field(-1, description="optimizer steps; -1 for as many as the epochs take")
    batch: int = Field(2, ge=1, description="longest examples held at once; more of shorter ones")
    accumulation: int = Field(4, ge=1, description="so many times `batch` examples make one optimizer step")
    micro_batch: Literal["auto", "batch"] = Field(
        "auto", description="examples held at once: `batch`, or as many of a step as the predicted memory allows (auto)"
    )
    padding: Literal["auto", "free", "padded"] = Field(
        "auto", description="rows end to end without padding (free), side by side with it, or free where the model can"
    )
    head: Literal["auto", "answers", "all"] = Field(
        "auto",
        description="tokens that go through the output head: those that are learnt (answers, auto), or all; on a GPU "
        "TRL leaves the others out anyway",
    )
    base_weights: Literal["auto", "nf4", "cached"] = Field(
        "auto",
        description="of qlora: dequantised at each use (nf4), once (cached: the same function, faster, five times the "
        "memory), or cached where the predicted memory allows",
    )
    processes: int = Field(1, ge=1, description="processes that share the examples of a step, one a GPU")
    parallel: Literal["ddp", "fsdp"] = Field(
        "ddp",
        description="whether each of several processes holds the whole model (ddp), or they share the weights of the "
        "base (fsdp), for one that does not fit one GPU; of lora",
    )
    eval_batch: int = Field(4, ge=1)
    warmup: float = Field(0.03, ge=0, description="warm-up: a share of all steps below 1, else a number of steps")
    scheduler: Literal["linear", "cosine", "constant"] = "linear"
    optimizer: Literal["adamw_torch", "adamw_8bit", "paged_adamw_8bit"] = "adamw_torch"
    weight_decay: float = Field(0.0, ge=0)
    max_grad_norm: float = Field(1.0, gt=0)
    evaluate_each: Literal["epoch", "steps", "both"] = "epoch"
    evaluate_steps: int = Field(20, ge=1, description="steps between evaluations, where evaluate_each is not epoch")
    patience: int = Field(2, ge=0, description="evaluations without a better eval_loss before stopping; 0: never")
    gradient_checkpointing: Literal["auto"] | bool = Field(
        "auto", description="compute activations twice instead of keeping them; auto: where memory would not suffice"
    )
    checkpoint_minutes: float = Field(5, ge=0, description="minutes that a crash costs at most; 0: hardly a step")
    outlier_tokens: int = Field(0, ge=0, description="training rows longer than this are left out; 0: none")

    @field_validator("parallel")
    @classmethod
    def _of_lora(cls, parallel: str, info: ValidationInfo) -> str:
        if parallel == "fsdp" and info.data.get("strategy") != "lora":
            raise ValueError("the strategy must be lora for that")
        return parallel

    @field_validator("processes")
    @classmethod
    def _of_trl(cls, processes: int, info: ValidationInfo) -> int:
        if processes > 1 and info.data.get("engine") == "unsloth":
            raise ValueError("the engine unsloth trains in one process alone")
        return processes

    @property
    def examples_a_step(self) -> int:
        """The effective batch: what one optimizer step learns from."""
        return self.batch * self.accumulation


class EvaluateSettings(Section):
    max_rows: int = Field(200, ge=1, description="held-out pairs answered by generation, a set")
    max_new_tokens: int = Field(96, ge=1)
    batch_tokens: int = Field(
        2048, ge=1, description="tokens of a batch, padding and answers included; halved where memory runs out"
    )
    shots: int = Field(3, ge=1, description="training pairs before each question, for the base model with examples")
    draws: int = Field(10_000, ge=100, description="bootstrap draws")
    min_documents: int = Field(5, ge=2, description="fewer held-out documents give no verdict")


class TuneSettings(Section):
    """What `quire tune` may try; the value that "train" has is always among it."""

    trials: int = Field(12, ge=1, description="trainings, the one with the settings as they are among them")
    learning_rate: tuple[float, ...] = Field(
        (), description="lowest and highest; empty: from a tenth of train.learning_rate to ten times it"
    )
    rank: tuple[int, ...] = (4, 8, 16, 32, 64)
    epochs: tuple[float, ...] = (1, 2, 3, 5)

    @field_validator("learning_rate")
    @classmethod
    def _lowest_and_highest(cls, ends: tuple[float, ...]) -> tuple[float, ...]:
        if ends and not (len(ends) == 2 and 0 < ends[0] <= ends[1]):
            raise ValueError("give the lowest and the highest, above zero")
        return ends

    @field_validator("rank", "epochs")
    @classmethod
    def _of_some_size(cls, tried: tuple[float, ...]) -> tuple[float, ...]:
        if any(value <= 0 for value in tried):
            raise ValueError("each is above zero")
        return tried
