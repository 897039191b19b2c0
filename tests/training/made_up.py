"""Made-up pairs, a dataset of them and a job on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from augment.records import QAPair
from training.dataset import write_dataset
from training.jobs import TrainJob
from training.settings import EvaluateSettings, TrainSettings

METALS = ("iron", "zinc", "gold", "lead", "tin", "nickel", "cobalt", "silver", "copper", "cadmium")
COLOURS = ("red", "blue", "green", "white", "black", "brown", "pink", "grey", "violet", "orange")


def make_pair(document: str, number: int, **changes: Any) -> QAPair:
    metal, colour = METALS[number % 10], COLOURS[(number // 10 + len(document)) % 10]
    span = f"{colour} {metal}"
    sentence = f"The sample {document} {number} is {span}."
    fields: dict[str, Any] = {
        "id": f"{document}-{number:03}",
        "question": f"Which {metal} is in the {colour} flask {document}{number}?",
        "answer": sentence,
        "answer_span": span,
        "context": f"{sentence} It was weighed.",
        "family": document,
        "doc_id": document * 8,
        "source": f"{document}.md",
        "title": f"Samples of {document}",
        "section": f"Part {number % 3}",
        "page": 1 + number // 4,
        "char_start": 40 * number,
        "char_end": 40 * number + len(span),
        "checks": {"coverage": 0.5 + number / 100},
        "generator": "rule",
    }
    return QAPair(**{**fields, **changes})


def make_lineage(pairs: Sequence[QAPair]) -> dict[str, Any]:
    first = {pair.doc_id: pair for pair in reversed(pairs)}
    return {
        "documents": [
            {
                "doc_id": doc_id,
                "source": pair.source,
                "title": pair.title,
                "licence": "CC-BY-4.0",
                "pages": 3,
                "passages": 9,
                "passages_with_pair": 7,
                "captions": 2,
                "captions_with_pair": 1,
                "sections": [
                    {"section": "Part 0", "passages": 3, "with_pair": 3},
                    {"section": "Part 1", "passages": 3, "with_pair": 3},
                    {"section": "Part 2", "passages": 1, "with_pair": 0},
                ],
                "family": pair.family,
            }
            for doc_id, pair in first.items()
        ],
        "funnel": [
            {"unit": "pair", "made": len(pairs) + 2, "kept": len(pairs), "dropped": 2, "reasons": {"no question": 2}}
        ],
        "decisions": {},
        "settings": {"preset": "starter", "split": {"test": 0.1}, "augment": {"noise": True}},
        "seed": 3407,
        "models": {"questions": "starter@abc"},
        "packages": {"quire": "0.1.0"},
    }


def make_dataset(folder: Path) -> Path:
    """Six documents: four to train, one for validation, one for the test; every seventh question unseen."""
    splits: dict[str, list[QAPair]] = {"train": [], "validation": [], "test": [], "test_seen": []}
    for at, document in enumerate(("ash", "bay", "cob", "dun", "elm", "fig")):
        for number in range(8):
            name = ("train", "train", "train", "train", "validation", "test")[at]
            splits["test_seen" if name == "train" and number == 6 else name].append(make_pair(document, number))
    write_dataset(folder, splits, make_lineage([pair for pairs in splits.values() for pair in pairs]))
    return folder


def make_job(folder: Path, model: Path | str, **settings: Any) -> TrainJob:
    """A job of a few steps on a dataset in `folder`, made if need be; keyword arguments change how it trains."""
    if not (folder / "dataset").exists():
        make_dataset(folder / "dataset")
    (folder / "work").mkdir(exist_ok=True)
    few = {"learning_rate": 5e-3, "epochs": 2, "batch": 4, "accumulation": 2, "rank": 4, "alpha": 8, "patience": 0}
    return TrainJob(
        dataset=folder / "dataset",
        adapters=folder / "adapters",
        work=folder / "work",
        train=TrainSettings.model_validate(
            {**few, "gradient_checkpointing": False, "max_length": 256, "model": str(model), **settings}
        ),
        evaluate=EvaluateSettings(max_rows=4, max_new_tokens=12, draws=200),
        seed=3407,
    )
