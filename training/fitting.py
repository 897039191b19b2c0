"""Adapters fitted to the training rows, from where the last attempt was stopped."""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import fmean
from typing import Any

from augment.models import ModelFiles
from training import models
from training.checkpoints import last_checkpoint, step_of
from training.jobs import Emit, TrainJob
from training.microbatch import Room, free_memory
from training.preflight import Selection, total_steps, total_tokens
from training.prompts import Encoded

CURVES = "runs"
"""The folder of TensorBoard's files, beside what is trained while it is."""

LOGGED_STEPS = 200
"""Steps whose loss is told, at most, spread over the training."""

SCHEDULERS = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}


def fit(
    job: TrainJob,
    files: ModelFiles,
    tokenizer: Any,
    selections: dict[str, Selection],
    checkpoints: Path,
    emit: Emit,
) -> tuple[Path, dict[str, Any]]:
    """Trains, from the last whole checkpoint in `checkpoints` if there is one, and saves the best adapters in the job's
    work folder, with TensorBoard's files beside them.

    Returns the folder of the adapters, and of metrics.json: "history", "steps", "best_eval_loss", "trainable",
    "probe", "peak_memory_gib", "memory_events".
    """
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import EarlyStoppingCallback, set_seed

    from training.probe import Probe
    from training.progress import Progress, history, peak_memory_gib
    from training.trainer import Periodic, Trainer

    weights, curves = job.work / "adapters", job.work / CURVES
    checkpoint = last_checkpoint(checkpoints, lambda what: emit({"event": "damaged", "what": what}))
    for folder in (weights, *([curves] if checkpoint is None else [])):
        shutil.rmtree(folder, ignore_errors=True)
    set_seed(job.seed)
    settings, validation = job.train, selections["validation"].examples
    data = {
        name: Dataset.from_list([_columns(example) for example in selection.examples])
        for name, selection in selections.items()
        if selection.examples
    }
    keeps_best = bool(validation) and settings.patience > 0
    trainer = Trainer(
        room=_room(job, selections),
        checkpoints=checkpoints,
        answer_tokens=fmean(len(example.completion) for example in validation) if validation else 0,
        again=job.command,
        emit=emit,
        model=models.load_base(files, settings),
        args=_arguments(job, len(data["train"]), bool(validation), checkpoint),
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
        callbacks=[
            Progress(emit, curves),
            Periodic(settings.checkpoint_minutes),
            *([EarlyStoppingCallback(settings.patience)] if keeps_best else []),
        ],
    )
    for parameter in trainer.model.parameters():
        if parameter.requires_grad:  # TRL makes them bfloat16, in which small updates round away
            parameter.data = parameter.data.float()
    probing = Probe(trainer, total_tokens(selections["train"].examples, settings), emit)
    trainer.add_callback(probing)
    if checkpoint is not None:
        trainer.recall(checkpoint)
        emit({"event": "resumed", "step": step_of(checkpoint)})
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    if keeps_best:
        trainer.put_back_best()

    trainable, total = trainer.model.get_nb_trainable_parameters()
    trained = {
        "history": history(trainer.state),
        "steps": trainer.state.global_step,
        "best_eval_loss": trainer.state.best_metric if keeps_best else None,
        "trainable": {"parameters": trainable, "share": trainable / total},
        "probe": probing.found,
        "peak_memory_gib": peak_memory_gib(),
        "memory_events": [lack.model_dump() for lack in trainer.lacks],
    }
    trainer.model.save_pretrained(str(weights), save_embedding_layers=False)
    del trainer
    free_memory()
    return weights, trained


def _columns(example: Encoded) -> dict[str, list[int]]:
    return {"input_ids": example.input_ids, "labels": example.labels}


def _room(job: TrainJob, selections: dict[str, Selection]) -> Room:
    """As many tokens as the micro-batches of the settings have at most, with padding."""
    longest = {name: max((len(example) for example in found.examples), default=0) for name, found in selections.items()}
    return Room(
        training=job.train.batch * longest["train"],
        evaluation=job.train.eval_batch * longest["validation"],
        checkpointing=job.train.gradient_checkpointing,
    )


def _arguments(job: TrainJob, rows: int, judges: bool, checkpoint: Path | None) -> Any:
    """The settings in the words of TRL. The rows come with labels, so TRL neither tokenises nor truncates them."""
    import torch
    from trl import SFTConfig

    settings = job.train
    steps = total_steps(rows, settings)
    an_epoch = total_steps(rows, settings.model_copy(update={"epochs": 1, "max_steps": -1}))
    every = an_epoch if settings.evaluate_each == "epoch" else settings.evaluate_steps
    dtype = models.compute_type()
    return SFTConfig(
        output_dir=str(job.work),
        seed=job.seed,
        data_seed=job.seed,
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps,
        per_device_train_batch_size=settings.examples_a_step,  # the trainer cuts it into micro-batches
        per_device_eval_batch_size=settings.eval_batch,
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
        # By steps also where it is by epochs: a checkpoint at the last step of an epoch must hold its evaluation.
        eval_strategy="steps" if judges else "no",
        eval_steps=min(every, steps),
        eval_on_start=judges and checkpoint is None,
        save_strategy="no",  # but when training.trainer.Periodic asks for it
        restore_callback_states_from_checkpoint=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        logging_steps=max(1, steps // LOGGED_STEPS),
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=True,
    )
