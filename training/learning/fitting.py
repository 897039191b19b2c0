"""A model fitted to the training rows, from where the last attempt was stopped."""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import fmean
from typing import Any

from augment.models import ModelFiles
from training import ranks
from training.base import models, unsloth
from training.jobs import Emit, TrainJob
from training.learning.checkpoints import last_checkpoint, step_of
from training.memory.microbatch import Room, free_memory
from training.preparing.layout import lay_out
from training.preparing.loading import loading
from training.prompts import Encoded
from training.selection import Selection, total_steps, total_tokens
from training.strategies import STRATEGIES

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
    """Trains, from the last whole checkpoint in `checkpoints` if there is one, and saves the best of what is learnt in
    the job's work folder, with TensorBoard's files beside it.

    Returns the folder with exactly the files to publish, and of metrics.json: "history", "steps", "best_eval_loss",
    "trainable", "probe", "peak_memory_gib", "memory_events", and what the strategy measured of its own.
    """
    if job.train.engine == "unsloth":
        unsloth.begin(job.work)

    from datasets import Dataset
    from transformers import EarlyStoppingCallback, set_seed

    from training.base.spreading import spread, to_be_spread
    from training.learning.callbacks import EpochEnds, Periodic
    from training.learning.probe import Probe
    from training.learning.progress import Progress, history, peak_memory_gib
    from training.learning.sharing import SharedTrainer
    from training.learning.trainer import Trainer

    weights, curves = job.work / "adapters", job.work / CURVES

    def begin() -> Path | None:
        checkpoint = last_checkpoint(checkpoints, lambda what: emit({"event": "damaged", "what": what}))
        for folder in (weights, *([curves] if checkpoint is None else [])):
            shutil.rmtree(folder, ignore_errors=True)
        return checkpoint

    checkpoint = ranks.of_the_first(begin)
    set_seed(job.seed)
    settings, validation = job.train, selections["validation"].examples
    strategy = STRATEGIES[settings.strategy]
    data = {
        name: Dataset.from_list([_columns(example) for example in selection.examples])
        for name, selection in selections.items()
        if selection.examples
    }
    keeps_best = bool(validation) and settings.patience > 0
    training, evaluation = ([len(example) for example in selections[name].examples] for name in ("train", "validation"))
    room = lay_out(files, settings, training, evaluation).room
    with loading(files, settings, job.command):
        model = strategy.trainable(files, settings, tokenizer)
        trainer = (Trainer if ranks.count() == 1 else SharedTrainer)(
            room=room,
            padding=settings.padding if settings.engine == "trl" else "padded",
            head=settings.head,
            checkpoints=checkpoints,
            answer_tokens=fmean(len(example.completion) for example in validation) if validation else 0,
            again=job.command,
            emit=emit,
            model=spread(model) if to_be_spread(settings) else model,
            args=_arguments(job, room, len(data["train"]), bool(validation), checkpoint),
            train_dataset=data["train"],
            eval_dataset=data.get("validation"),
            processing_class=tokenizer,
            callbacks=[
                *([Progress(emit, curves)] if ranks.rank() == 0 else []),
                Periodic(settings.checkpoint_minutes),
                *(
                    [EpochEnds(_an_epoch(job, len(data["train"])))]
                    if validation and settings.evaluate_each == "both"
                    else []
                ),
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
    lacks = [lack.model_dump() for each in ranks.gathered(trainer.lacks) for lack in each]
    ranks.leave()
    if keeps_best:
        trainer.put_back_best()

    trained = {
        "history": history(trainer.state),
        "steps": trainer.state.global_step,
        "best_eval_loss": trainer.state.best_metric if keeps_best else None,
        "trainable": _trainable(trainer.model),
        "probe": probing.found,
        "peak_memory_gib": peak_memory_gib(),
        "memory_events": lacks,
    }
    strategy.save(trainer.model, files, settings, weights)
    del trainer
    free_memory()
    return weights, {**trained, **strategy.measured(files, settings, tokenizer, weights, validation)}


def _trainable(model: Any) -> dict[str, float]:
    """How many parameters are learnt, of how many, and their share; those in four bits count as what they stand for."""
    if hasattr(model, "get_nb_trainable_parameters"):
        learnt, total = model.get_nb_trainable_parameters()
    else:
        learnt = total = model.num_parameters()
    return {"parameters": learnt, "all": total, "share": learnt / total}


def _columns(example: Encoded) -> dict[str, list[int]]:
    return {"input_ids": example.input_ids, "labels": example.labels}


def _an_epoch(job: TrainJob, rows: int) -> int:
    """Optimizer steps of one epoch."""
    return total_steps(rows, job.train.model_copy(update={"epochs": 1, "max_steps": -1}))


def _arguments(job: TrainJob, room: Room, rows: int, judges: bool, checkpoint: Path | None) -> Any:
    """The settings in the words of TRL. The rows come with labels, so TRL neither tokenises nor truncates them."""
    import torch
    from trl import SFTConfig

    settings = job.train
    steps = total_steps(rows, settings)
    every = _an_epoch(job, rows) if settings.evaluate_each == "epoch" else settings.evaluate_steps
    dtype = models.compute_type()
    all_of_it = settings.strategy in ("full", "qat")
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
        warmup_steps=settings.warmup if steps > 1 else 0,  # the first step of a warm-up has a rate of 0
        # Where every weight is learnt, a step that needs no memory of its own cannot run out half way.
        optim="adamw_torch_fused" if all_of_it and settings.optimizer == "adamw_torch" else settings.optimizer,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        gradient_checkpointing=room.checkpointing,
        max_length=None,
        completion_only_loss=True,
        use_cpu=not torch.cuda.is_available(),
        bf16=dtype == torch.bfloat16,
        fp16=dtype == torch.float16,
        # By steps also where it is by epochs: a checkpoint at the last step of an epoch must hold its evaluation.
        eval_strategy="steps" if judges else "no",
        eval_steps=min(every, steps),
        eval_on_start=judges and checkpoint is None,
        save_strategy="no",  # but when training.learning.callbacks.Periodic asks for it
        restore_callback_states_from_checkpoint=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        logging_steps=max(1, steps // LOGGED_STEPS),
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=True,
    )
