"""What was trained, as a whole model that other programs load: adapters merged into their base, or the trained model as
it is; pruned and quantised where that is wanted. Each step's cost is measured as loss on held-out answers."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import Field

from augment.models import ModelFiles
from extractors.errors import QuireError
from extractors.records import Record
from training import adapters
from training.base import models
from training.base.model_folder import weights_bytes, write_generation, write_tokenizer, written_whole
from training.export import merging, serving
from training.export.card import write_card
from training.export.losses import HeldOut, Loss, Losses, held_out
from training.export.pruning import Pruning, prune
from training.export.quantised import Bits, as_trained_for, load, plain, quantise
from training.memory.available import is_out_of_memory
from training.memory.microbatch import free_memory
from training.prompts import encode_question
from training.settings import EvaluateSettings, TrainSettings
from training.strategies import STRATEGIES

MERGED, TRAINED = "merged model", "trained model"
SMALL_FILES = 64 * 2**20
"""Bytes for all that are no weights."""
ADAPTERS = ("qlora", "lora")
"""The strategies whose weights are of no use without their base."""

Told = Callable[[str], None]


class Order(Record):
    """What is to be exported, and to where. `share` is that of each layer's weights that "magnitude" prunes."""

    adapters: Path
    dataset: Path
    folder: Path
    evaluate: EvaluateSettings
    quantise: Bits | None = None
    prune: Pruning | None = None
    share: float = Field(0.3, gt=0, lt=1)


class Exported(Record):
    """What was exported: sentences on it, the losses, what was measured on, and the commands that use it."""

    folder: Path
    told: tuple[str, ...]
    losses: tuple[Loss, ...]
    measured_on: str
    commands: tuple[tuple[str, str], ...]


def export(order: Order, told: Told) -> Exported:
    """Write the whole model with tokenizer, card and manifest to `order.folder`, all of it or nothing.

    `told` hears what is going on. Raises QuireError where there are no whole adapters or their base has changed, they
    cannot be merged or the merged model is another one, the folder holds anything else, or disk or memory are lacking.
    """
    manifest = adapters.verified(order.adapters)
    train, files = models.base_of(manifest)
    if train.strategy == "prompt":
        raise QuireError(
            "Virtual tokens are no weights of the base model, so there is nothing to merge them into.",
            fix="Load them with PEFT beside their base, as their card shows, or train with train.strategy = 'lora'.",
        )
    if train.strategy == "qat" and order.quantise:
        raise QuireError(
            "This model was trained to be rounded to four bits in groups, and is exported so.",
            fix="Leave --quantise out.",
        )
    source = files.folder if train.strategy in ADAPTERS else order.adapters
    copies = 1 + bool(order.prune) + bool(order.quantise or train.strategy == "qat")
    try:
        with written_whole(order.folder, copies * weights_bytes(source) + SMALL_FILES) as made:
            return _Export(order, manifest, train, files, told).write(made)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise QuireError(
            f"Memory ran out: {error}",
            fix="CUDA_VISIBLE_DEVICES= in front of the command does it without the GPU; "
            "--set evaluate.batch_tokens=512 measures in smaller batches.",
        ) from error


class _Export:
    """One export on its way, from model to model, of which one at a time is in memory."""

    def __init__(
        self, order: Order, manifest: dict[str, Any], train: TrainSettings, files: ModelFiles, told: Told
    ) -> None:
        self.order, self.manifest, self.train, self.files, self.told = order, manifest, train, files, told
        self.tokenizer = models.load_tokenizer(files)
        self.stops = models.stop_ids(files, self.tokenizer)
        self.prompts = merging.sample_prompts(self.tokenizer, train)
        self.rows: HeldOut = held_out(
            order.dataset,
            manifest["dataset"],
            self.tokenizer,
            self.stops,
            train,
            order.evaluate.max_rows,
            manifest["seed"],
        )
        self.losses = Losses(self.rows, self.tokenizer, order.evaluate, manifest["seed"])
        self.dtype = _type_of(train, files.folder if train.strategy in ADAPTERS else order.adapters)
        self.sentences: list[str] = []
        self.facts: dict[str, Any] = {}

    def write(self, made: Path) -> Exported:
        order, train = self.order, self.train
        with tempfile.TemporaryDirectory(dir=made) as scratch:
            last = bool(order.quantise or train.strategy == "qat")
            whole = made if not (order.prune or last) else Path(scratch) / "whole"
            whole.mkdir(exist_ok=True)
            reference = self._merge(whole) if train.strategy in ADAPTERS else self._copy(whole)
            if order.prune:
                pruned = Path(scratch) / "pruned" if last else made
                self._prune(whole, order.prune, pruned)
                whole = pruned
            if last:
                self._quantise(whole, made)
        return self._describe(made, reference)

    def _merge(self, to: Path) -> str:
        """Merge, after what was trained and what it is merged into have been measured; returns what the rest is
        compared with."""
        if self.train.strategy == "qlora":
            self._measure_both(self.train, "in four bits, as trained on")
        model, base, adapted = self._measure_both(plain(self.train), f"in {_bits(self.dtype)} bits")
        self.told("merging")
        merging.merged(model, self.dtype).save_pretrained(to)
        del model
        free_memory()
        model = load(to, self.train)
        parity = merging.compared(
            base, adapted, merging.logits_of(model, self.prompts), len(self.prompts), _name(model.dtype)
        )
        if not parity.kept:
            raise QuireError(
                f"The merged model is another one than base and adapters, so it is not exported. {parity.sentence} "
                f"Rounding to {_name(self.dtype)} may cost more than the adapters change.",
                fix="Serve the adapters beside their base (PEFT, or vLLM with --enable-lora), or train them longer.",
            )
        self.sentences.append(parity.sentence)
        self.facts["parity"] = parity.model_dump()
        self._measure(MERGED, model, to)
        return MERGED

    def _measure_both(self, settings: TrainSettings, how: str) -> tuple[Any, Any, Any]:
        """The adapted model, and the logits of base and adapters."""
        model = STRATEGIES[settings.strategy].load(self.files, settings, self.order.adapters)
        with model.disable_adapter():
            base = merging.logits_of(model, self.prompts)
            self._measure(f"base {how}", model)
        adapted = merging.logits_of(model, self.prompts)
        self._measure(f"adapters on the base {how}", model)
        return model, base, adapted

    def _copy(self, to: Path) -> str:
        """The trained model as it is."""
        self._measure("base", models.load_base(self.files, plain(self.train)))
        for name in self.manifest["files"]:
            if name.endswith((".safetensors", ".json")):
                shutil.copyfile(self.order.adapters / name, to / name)
        self._measure(TRAINED, load(to, self.train), to)
        return TRAINED

    def _prune(self, whole: Path, method: Pruning, to: Path) -> None:
        self.told(f"pruning: {method}")
        model = load(whole, self.train)
        zeros = prune(model, method, self.order.share)
        model.to(self.dtype).save_pretrained(to)
        del model
        self.facts["zeros"] = zeros
        self._measure(f"pruned ({method}, {100 * zeros:.0f} % zeros)", load(to, self.train), to)

    def _quantise(self, whole: Path, to: Path) -> None:
        self.told("rounding")
        if self.order.quantise:
            quantise(whole, self.order.quantise, to, self.dtype)
        else:
            as_trained_for(whole, to, self.dtype)
        name = f"{'pruned, ' if self.order.prune else ''}in {_rounded(self.order, self.train)}"
        self._measure(name, load(to, self.train), to)

    def _measure(self, name: str, model: Any, folder: Path | None = None) -> None:
        self.told(name)
        self.losses.measure(name, model, weights_bytes(folder) if folder else None)
        free_memory()

    def _describe(self, made: Path, reference: str) -> Exported:
        """Tokenizer, generation, card and manifest of a model whose weights are written; what the export says of it."""
        order, train, rows = self.order, self.train, self.rows
        asks = write_tokenizer(self.files, self.tokenizer, train, merging.QUESTIONS, made)
        write_generation(self.tokenizer, self.stops, made)
        losses = self.losses.beside(reference)
        measured_on = rows.why_not or f"{len(rows.examples)} answers held out in `{rows.name}`"
        if train.strategy == "qlora" and rows.examples:
            self.sentences.append(_of_the_bases(losses))
        lineage = {
            "base": self.manifest["base"],
            "adapters": {name: told["sha256"] for name, told in self.manifest["files"].items()},
            "dataset": self.manifest["dataset"],
            "seed": self.manifest["seed"],
            "train": train.model_dump(mode="json"),
            "trained_with": self.manifest["packages"],
            "exported_with": adapters.package_versions(),
            "quantised": order.quantise,
            "pruned": order.prune,
            "dtype": _name(self.dtype),
            "losses": [loss.model_dump() for loss in losses],
            "measured_on": measured_on,
            **self.facts,
        }
        passage = "(the passage)" if train.with_context else ""
        write_card(
            made,
            lineage,
            rounded=_rounded(order, train),
            sentences=self.sentences,
            table=[loss.cells() for loss in losses],
            measured=bool(rows.examples),
            commands=self._commands(Path(order.folder.name)),
            prompt=self.tokenizer.decode(encode_question(serving.QUESTION, passage, self.tokenizer, train)),
            asks_as_trained=asks,
            reference=reference,
            folder=order.folder.name,
        )
        return Exported(
            folder=order.folder,
            told=tuple(self.sentences),
            losses=tuple(losses),
            measured_on=measured_on,
            commands=self._commands(order.folder),
        )

    def _commands(self, folder: Path) -> tuple[tuple[str, str], ...]:
        return serving.commands(folder, _name(self.dtype), quantised=bool(_rounded(self.order, self.train)))


def _rounded(order: Order, train: TrainSettings) -> str:
    if train.strategy == "qat":
        return "4 bits, as it was trained for"
    return {"8bit": "8 bits", "4bit": "4 bits", None: ""}[order.quantise]


def _type_of(train: TrainSettings, source: Path) -> Any:
    """The type in which the weights of the model in `source` are stored; adapters are merged in 16 bits, or in what is
    computed in here."""
    import torch
    from transformers import AutoConfig

    stored = AutoConfig.from_pretrained(source, trust_remote_code=False).dtype
    fits = stored in (torch.bfloat16, torch.float16) or train.strategy not in ADAPTERS
    return stored if stored and fits else models.compute_type()


def _name(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def _bits(dtype: Any) -> int:
    return int(dtype.itemsize) * 8


def _of_the_bases(losses: list[Loss]) -> str:
    """What it means that the adapters were trained on a rounded base and are merged into the true one."""
    four, tuned_four, true, tuned_true = (loss.loss for loss in losses[:4])
    assert four is not None and tuned_four is not None and true is not None and tuned_true is not None
    return (
        "The adapters were trained on the base in four bits and are merged into the base as it was published: the loss "
        f"of the base is {four:.3f} there and {true:.3f} here, with the adapters {tuned_four:.3f} and "
        f"{tuned_true:.3f}, which is {abs(tuned_true - tuned_four):.3f} "
        f"{'better' if tuned_true <= tuned_four else 'worse'} than what was judged."
    )
