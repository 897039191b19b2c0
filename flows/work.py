"""What the worker processes do: one document each, from a file to a file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from augment.asking import ask
from augment.models import ModelFiles
from augment.questions import QuestionModel
from augment.settings import AskSettings
from extractors.files import write_whole
from extractors.reading import read_document
from extractors.records import Document
from extractors.settings import ReadSettings


def read_into(made: Path, path: Path, source: str, settings: ReadSettings) -> None:
    """Read the file at `path` and write its Document."""
    write_whole(made, read_document(path, settings, source).model_dump_json())


def ask_into(made: Path, document: Path, settings: AskSettings, model: ModelFiles | None) -> None:
    """Ask a Document and write what was Asked of it."""
    asked = ask(
        Document.model_validate_json(document.read_bytes()),
        settings,
        _question_model(model, settings) if model else None,
    )
    write_whole(made, asked.model_dump_json())


@lru_cache(maxsize=1)
def _question_model(model: ModelFiles, settings: AskSettings) -> QuestionModel:
    import torch

    # One thread a process: results do not depend on how many cores there are.
    torch.set_num_threads(1)
    return QuestionModel(model, settings)


def count_pages(path: Path) -> tuple[int, int]:
    """How many pages have text, and how many have none; Markdown, and what will not open, counts as one page."""
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    if path.suffix.lower() != ".pdf":
        return 1, 0
    try:
        with pymupdf.open(path) as pdf:
            with_text = [len(page.get_text().strip()) >= LEAST_TEXT for page in pdf]
    except (RuntimeError, ValueError):
        return 1, 0
    return sum(with_text), len(with_text) - sum(with_text)


LEAST_TEXT = 20
"""Characters below which a page counts as scanned; reading itself looks closer."""
