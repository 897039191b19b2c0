"""One training of bench_training, in a process of its own: a model of random weights learns made-up rows.

    python tests/bench_training_contender.py '{"contender": "trl", ...}'

The last line it prints is what was measured. It imports nothing of Quire but for Quire's own training, so that the
interpreter may be another, with the versions that Unsloth wants.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import time
from pathlib import Path
from typing import Any

BEGAN = time.monotonic()
SEED, RANK, ALPHA, RATE = 3407, 16, 32, 2e-4
LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def rows(spec: dict[str, Any]) -> list[tuple[list[int], list[int]]]:
    """Prompts and answers as tokens, a fifth of them learnt, and some tokens far likelier than others, so that there is
    something to learn."""
    draw = random.Random(SEED)
    made = []
    for _ in range(spec["rows"]):
        length = draw.randint(spec["shortest"], spec["longest"])
        ids = [int(spec["vocabulary"] ** draw.random()) for _ in range(length)]
        made.append((ids[: length * 4 // 5], ids[length * 4 // 5 :]))
    return made


class Stopwatch:
    """What each step cost, without the first ones, in which kernels are loaded and compiled."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self._warm_up, self._marks, self.losses = spec["warm_up"], [], []

    def step(self, loss: float) -> None:
        import torch

        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.losses.append(round(loss, 4))
        self._marks.append((time.monotonic(), time.process_time()))
        if len(self._marks) == self._warm_up and torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()

    def found(self) -> dict[str, Any]:
        import torch

        (began, processed), (ended, done) = self._marks[self._warm_up - 1], self._marks[-1]
        on_gpu = torch.cuda.is_available()
        peak = torch.cuda.max_memory_reserved() if on_gpu else 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {
            "steps": len(self._marks) - self._warm_up,
            # Elsewhere others have the processor too; one thread's time is its own.
            "seconds": ended - began if on_gpu else done - processed,
            "peak_gib": peak / 2**30,
            "losses": self.losses,
            "all_seconds": time.monotonic() - BEGAN,
            "device": torch.cuda.get_device_name() if on_gpu else "one thread of a processor",
        }


def timed(watch: Stopwatch) -> Any:
    from transformers import TrainerCallback

    class Timed(TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **_: Any) -> None:
            if "loss" in logs:
                watch.step(logs["loss"])

    return Timed()


def arguments(spec: dict[str, Any]) -> dict[str, Any]:
    """What is the same for TRL and Unsloth: the task. All else is left at its default."""
    return {
        "output_dir": spec["work"],
        "per_device_train_batch_size": spec["batch"],
        "gradient_accumulation_steps": spec["accumulation"],
        "max_steps": spec["warm_up"] + spec["steps"],
        "learning_rate": RATE,
        "seed": SEED,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
    }


def columns(spec: dict[str, Any]) -> Any:
    from datasets import Dataset

    return Dataset.from_list([{"input_ids": [*p, *c], "labels": [-100] * len(p) + c} for p, c in rows(spec)])


def trl(spec: dict[str, Any]) -> dict[str, Any]:
    """QLoRA as TRL documents it, at the defaults of its trainer; the weights that stay in bfloat16 on a GPU."""
    import torch
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig, set_seed
    from trl import SFTConfig, SFTTrainer

    set_seed(SEED)
    on_gpu = torch.cuda.is_available()
    dtype = torch.bfloat16 if on_gpu else torch.float32
    nf4 = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )
    watch = Stopwatch(spec)
    SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(
            spec["model"], dtype=dtype, quantization_config=nf4, device_map={"": 0 if on_gpu else "cpu"}
        ),
        args=SFTConfig(**arguments(spec), **({} if on_gpu else {"use_cpu": True, "bf16": False})),
        train_dataset=columns(spec),
        processing_class=AutoTokenizer.from_pretrained(spec["model"]),
        peft_config=LoraConfig(task_type="CAUSAL_LM", r=RANK, lora_alpha=ALPHA, target_modules="all-linear"),
        callbacks=[timed(watch)],
    ).train()
    return watch.found()


def unsloth(spec: dict[str, Any]) -> dict[str, Any]:
    """Unsloth at the settings of its documentation."""
    os.environ["UNSLOTH_DISABLE_STATISTICS"] = "1"
    from unsloth import FastLanguageModel  # isort: skip  (first: it patches what comes after)
    from trl import SFTConfig, SFTTrainer

    model, tokenizer = FastLanguageModel.from_pretrained(spec["model"], max_seq_length=2048, load_in_4bit=True)
    watch = Stopwatch(spec)
    SFTTrainer(
        model=FastLanguageModel.get_peft_model(
            model,
            r=RANK,
            lora_alpha=ALPHA,
            target_modules=LINEARS,
            use_gradient_checkpointing="unsloth",
            random_state=SEED,
        ),
        processing_class=tokenizer,
        train_dataset=columns(spec),
        args=SFTConfig(**arguments(spec), optim="adamw_8bit", max_length=2048),
        callbacks=[timed(watch)],
    ).train()
    return watch.found()


def quire(spec: dict[str, Any]) -> dict[str, Any]:
    """Quire's training as `quire train` runs it; "settings" are those that a contender changes."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from training.base import models
    from training.jobs import TrainJob
    from training.learning.fitting import fit
    from training.prompts import Encoded
    from training.selection import Selection
    from training.settings import EvaluateSettings, TrainSettings

    settings = TrainSettings.model_validate(
        {
            "model": spec["model"],
            "batch": spec["batch"],
            "accumulation": spec["accumulation"],
            "max_steps": spec["warm_up"] + spec["steps"],
            "learning_rate": RATE,
            "warmup": 0,
            "rank": RANK,
            "alpha": ALPHA,
            "dropout": 0,
            "patience": 0,
            "checkpoint_minutes": 1000,
            **spec["settings"],
        }
    )
    work = Path(spec["work"])
    job = TrainJob(
        dataset=work, adapters=work, work=work, train=settings, evaluate=EvaluateSettings(), seed=SEED, version=""
    )
    examples = tuple(Encoded(str(at), tuple(p), tuple(c)) for at, (p, c) in enumerate(rows(spec)))
    watch, files = Stopwatch(spec), models.find(settings)

    def emit(event: dict[str, Any]) -> None:
        if event["event"] == "step":
            watch.step(event["loss"])
        elif event["event"] == "memory":
            raise MemoryError(event["error"])  # it would be measured with the way out

    selections = {"train": Selection(examples), "validation": Selection(())}
    _, trained = fit(job, files, models.load_tokenizer(files), selections, work / "checkpoints" / "bench", emit)
    return {**watch.found(), "held": trained["probe"]["tokens_held"]}


if __name__ == "__main__":
    os.environ.update({"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"})
    given = json.loads(sys.argv[1])
    run = {"trl": trl, "unsloth": unsloth}.get(given["contender"], quire)
    print(json.dumps(run(given)), flush=True)
