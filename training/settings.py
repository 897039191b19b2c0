"""How pairs are split, and how adapters are trained on them and judged."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

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
    quantization: Literal["nf4", "none"] = "nf4"
    prompt: PromptFormat = Field("chat", description="how a pair becomes a prompt and its completion")
    with_context: bool = Field(False, description="put the passage into the prompt")
    max_length: int = Field(1024, ge=32, description="tokens of one example; longer ones are dropped and told")
    rank: int = Field(16, ge=1)
    alpha: int = Field(32, ge=1)
    dropout: float = Field(0.05, ge=0, lt=1)
    targets: tuple[str, ...] = Field((), description="linear layers that get adapters; empty for all of them")
    learning_rate: float = Field(2e-4, gt=0)
    epochs: float = Field(3, gt=0)
    max_steps: int = Field(-1, description="optimizer steps; -1 for as many as the epochs take")
    batch: int = Field(2, ge=1, description="longest examples held at once; more of shorter ones")
    accumulation: int = Field(4, ge=1, description="so many times `batch` examples make one optimizer step")
    eval_batch: int = Field(4, ge=1)
    warmup: float = Field(0.03, ge=0, description="warm-up: a share of all steps below 1, else a number of steps")
    scheduler: Literal["linear", "cosine", "constant"] = "linear"
    optimizer: Literal["adamw_torch", "adamw_8bit", "paged_adamw_8bit"] = "adamw_torch"
    weight_decay: float = Field(0.0, ge=0)
    max_grad_norm: float = Field(1.0, gt=0)
    evaluate_each: Literal["epoch", "steps"] = "epoch"
    evaluate_steps: int = Field(20, ge=1, description="steps between evaluations, where evaluate_each is steps")
    patience: int = Field(2, ge=0, description="evaluations without a better eval_loss before stopping; 0: never")
    gradient_checkpointing: bool = True
    checkpoint_minutes: float = Field(5, ge=0, description="minutes that a crash costs at most; 0: hardly a step")
    outlier_tokens: int = Field(0, ge=0, description="training rows longer than this are left out; 0: none")

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
