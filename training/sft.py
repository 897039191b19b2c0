"""Trains adapters in a process of its own: QLoRA by TRL's SFTTrainer, on a GPU or on the processor.

    python -m training.sft JOB.json

JOB.json is a `training.jobs.TrainJob`: the folders of the dataset, of the adapters and of the work files, the sections
"train" and "evaluate" of the settings, and the seed. Start it with `training.jobs.run`, which yields its events:

    {"event": "waiting", "for": "GPU ..."}                                         another training holds the device
    {"event": "preflight", ...}                                                    as in metrics.json
    {"event": "step", "step", "steps", "epoch", "loss", "learning_rate", "gradient_norm", "token_accuracy"}
    {"event": "evaluation", "step", "steps", "epoch", "eval_loss", "eval_token_accuracy"}
    {"event": "generating", "set", "model", "done", "of"}                          answers made of a held-out set
    {"event": "done", "verdict": {"outcome", "sentence"}, "steps", "trained_s", "judged_s"}
    {"event": "error", "status", "message", "fix"}

It ends with 0 when the adapters are published, 3 where there was nothing to train, 1 for all else.
"""

from __future__ import annotations

import gc
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from augment.models import ModelFiles
from training import models
from training.adapters import package_versions, write_adapters
from training.dataset import dataset_hash, read_split
from training.dataset import read_manifest as read_dataset_manifest
from training.evaluate import evaluate, generate
from training.jobs import Emit, TrainJob, child
from training.preflight import Selection, preflight, select, total_steps
from training.prompts import Encoded, encode

LOGGED_STEPS = 200
"""Steps whose loss is told, at most, spread over the training."""

SCHEDULERS = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}


def train(job: TrainJob, emit: Emit) -> None:
    """Preflight, training, a fresh start of the adapters, evaluation, and publication. Raises NotTrainable and
    QuireError as the preflight does, and where the loss stops being a number."""
    source = read_dataset_manifest(job.dataset)
    files = models.find(job.train)
    tokenizer = models.load_tokenizer(files)
    stops = models.stop_ids(files, tokenizer)
    selections = {
        name: select(
            encode(read_split(job.dataset, name), tokenizer, stops, job.train), job.train, training=name == "train"
        )
        for name in ("train", "validation")
    }
    checked = preflight(job, files, selections, tokenizer, stops)
    emit({"event": "preflight", **checked.model_dump()})

    started = time.monotonic()
    weights, trained = fit(job, files, tokenizer, selections, emit)
    trained_s = time.monotonic() - started

    model = models.load_adapted(files, job.train, weights)
    first = selections["train"].examples[0]
    (proof,) = generate(model, tokenizer, stops, [first.prompt], job.evaluate.max_new_tokens)
    judged = evaluate(model, tokenizer, stops, job, job.train, emit)
    judged_s = time.monotonic() - started - trained_s

    metrics = {
        **judged,
        **trained,
        "preflight": checked.model_dump(mode="json"),
        "reloaded": {"prompt": checked.sample["read"], "answer": proof},
        "timings": {"trained_s": round(trained_s, 1), "judged_s": round(judged_s, 1)},
    }
    write_adapters(job.adapters, weights, _lineage(job, files, source), metrics)
    emit({"event": "done", "verdict": judged["verdict"], "steps": trained["steps"], **metrics["timings"]})


def fit(
    job: TrainJob, files: ModelFiles, tokenizer: Any, selections: dict[str, Selection], emit: Emit
) -> tuple[Path, dict[str, Any]]:
    """Trains, and saves the best adapters in the job's work folder.

    Returns that folder, and of metrics.json: "history", "steps", "best_eval_loss", "trainable", "peak_memory_gib".
    """
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import EarlyStoppingCallback, set_seed
    from trl import SFTTrainer

    from training.progress import Progress, history, peak_memory_gib

    checkpoints, weights = job.work / "checkpoints", job.work / "adapters"
    for folder in (checkpoints, weights):
        shutil.rmtree(folder, ignore_errors=True)
    set_seed(job.seed)
    settings, judges = job.train, bool(selections["validation"].examples)
    data = {
        name: Dataset.from_list([_columns(example) for example in selection.examples])
        for name, selection in selections.items()
        if selection.examples
    }
    keeps_best = judges and settings.patience > 0
    trainer = SFTTrainer(
        model=models.load_base(files, settings),
        args=_arguments(job, checkpoints, len(data["train"]), judges, keeps_best),
        train_dataset=data["train"],
        eval_dataset=data.get("validation"),
        processing_class=tokenizer,
        peft_config=LoraConfig(
            task_type="CAUSAL_LM",
            r=settings.rank,
            lora_alpha=settings.alpha,
            lora_dropout=settings.dropout,
            target_modules=list(settings.targets) or "all-linear",
        ),
        callbacks=[Progress(emit), *([EarlyStoppingCallback(settings.patience)] if keeps_best else [])],
    )
    for parameter in trainer.model.parameters():
        if parameter.requires_grad:  # TRL makes them bfloat16, in which small updates round away
            parameter.data = parameter.data.float()
    trainer.train()

    trainable, total = trainer.model.get_nb_trainable_parameters()
    trained = {
        "history": history(trainer.state),
        "steps": trainer.state.global_step,
        "best_eval_loss": trainer.state.best_metric if keeps_best else None,
        "trainable": {"parameters": trainable, "share": trainable / total},
        "peak_memory_gib": peak_memory_gib(),
    }
    trainer.model.save_pretrained(str(weights), save_embedding_layers=False)
    shutil.rmtree(checkpoints, ignore_errors=True)
    del trainer
    _free()
    return weights, trained


def _columns(example: Encoded) -> dict[str, list[int]]:
    return {"input_ids": example.input_ids, "labels": example.labels}


def _arguments(job: TrainJob, checkpoints: Path, rows: int, judges: bool, keeps_best: bool) -> Any:
    """The settings in the words of TRL. The rows come with labels, so TRL neither tokenises nor truncates them."""
    import torch
    from trl import SFTConfig

    settings = job.train
    steps = total_steps(rows, settings)
    each = settings.evaluate_each if judges else "no"
    dtype = models.compute_type()
    return SFTConfig(
        output_dir=str(checkpoints),
        seed=job.seed,
        data_seed=job.seed,
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps,
        per_device_train_batch_size=settings.batch,
        per_device_eval_batch_size=settings.eval_batch,
        gradient_accumulation_steps=settings.accumulation,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=SCHEDULERS[settings.scheduler],
        warmup_steps=settings.warmup,
        optim=settings.optimizer,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        gradient_checkpointing=settings.gradient_checkpointing,
        max_length=None,
        completion_only_loss=True,
        use_cpu=not torch.cuda.is_available(),
        bf16=dtype == torch.bfloat16,
        fp16=dtype == torch.float16,
        eval_strategy=each,
        eval_steps=min(settings.evaluate_steps, steps),
        eval_on_start=judges,
        save_strategy=each if keeps_best else "no",
        save_steps=min(settings.evaluate_steps, steps),
        save_total_limit=1,
        load_best_model_at_end=keeps_best,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        logging_steps=max(1, steps // LOGGED_STEPS),
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=True,
    )


def _lineage(job: TrainJob, files: ModelFiles, source: dict[str, Any]) -> dict[str, Any]:
    """What the adapters came from. The rows are named as they are on disk, edited by hand or not."""
    rows = dataset_hash(job.dataset)
    sides = {pair.doc_id: name for name in ("test", "validation", "train") for pair in read_split(job.dataset, name)}
    return {
        "base": {"model": job.train.model, "name": files.name, "revision": files.revision},
        "dataset": rows,
        "dataset_edited": rows != source["dataset"],
        "documents": [
            {
                "doc_id": document["doc_id"],
                "source": document["source"],
                "side": sides.get(document["doc_id"], "none"),
            }
            for document in source["documents"]
        ],
        "settings": {
            "train": job.train.model_dump(mode="json"),
            "evaluate": job.evaluate.model_dump(mode="json"),
        },
        "seed": job.seed,
        "packages": package_versions(),
    }


def _free() -> None:
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


if __name__ == "__main__":
    sys.exit(child(train))
