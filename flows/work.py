"""What the worker processes do, from files to a file: one document each, or all that was asked at once."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from augment.asking import Asked, ask
from augment.decisions import Decision, decided, effects, key_of
from augment.language.stems import stem
from augment.likeness.duplicates import deduplicate, doubles
from augment.models import ModelFiles
from augment.records import QAPair
from augment.settings import AskSettings, AugmentSettings
from augment.t5.questions import QuestionModel
from augment.variants import Varied, slice_of, varied, vary
from extractors.errors import QuireError, UnreadableDocument
from extractors.files import from_lines, to_json_parts, to_lines, write_whole
from extractors.pages import bookmark
from extractors.reading import read_as, read_document
from extractors.settings import ReadSettings
from flows.corpus import Corpus, Pairs, pairs_in, read_back, write_corpus, write_pairs
from flows.garbage import no_garbage
from flows.outline import outline_file, write_outline
from flows.settings import Settings
from flows.store import beside, note_seconds, record_in
from training.settings import SplitSettings
from training.split import split

if TYPE_CHECKING:
    from augment.likeness.shingles import Numbers

T = TypeVar("T")


def read_into(
    made: Path, path: Path, source: str, settings: ReadSettings, mark: Path, spoilt: Mapping[int, str], doc_id: str = ""
) -> None:
    """Read the file at `path` without its `spoilt` pages; write the seconds that took, its outline, and last its
    Document.

    The page that is being read is noted in `mark`. Raises UnreadableDocument where it is no longer the one of `doc_id`.
    """
    began = time.perf_counter()
    try:
        with bookmark.kept_in(mark, spoilt, settings.page_s):
            document = read_document(path, settings, source)
    except (QuireError, OSError, MemoryError):
        raise
    except Exception as error:
        # The errors of MuPDF cannot be sent to another process.
        raise RuntimeError(f"{type(error).__name__}: {error}") from None
    if doc_id and document.doc_id != doc_id:
        raise UnreadableDocument(
            "changed meanwhile", f"{source} was changed after it was found.", fix="Run again when it is whole."
        )
    note_seconds(made, time.perf_counter() - began)
    write_outline(outline_file(made), document)
    write_whole(made, to_json_parts(document))


def ask_into(made: Path, document: Path, settings: AskSettings, model: ModelFiles | None, threads: int) -> None:
    """Ask a Document, the model with so many `threads`; write the seconds that took, what the steps on all documents
    need of it, and last what was Asked of it."""
    from flows.brief import brief_file, write_brief

    began = time.perf_counter()
    read = read_back(document)
    asked = ask(read, settings, _question_model(model, settings, threads, made.parents[1]) if model else None)
    write_brief(brief_file(made), read, asked)
    note_seconds(made, time.perf_counter() - began)
    write_whole(made, to_json_parts(asked))


def load_for_reading() -> None:
    """Load what takes a while to load and is needed for reading."""
    import extractors.pdf
    import extractors.sentences  # noqa: F401


def load_for_asking(settings: AskSettings, model: ModelFiles | None, threads: int, work: Path) -> None:
    """The same for asking."""
    stem("loaded")
    if model:
        _question_model(model, settings, threads, work)


def load_for_corpus(asked: Sequence[Path], documents: Sequence[Path]) -> None:
    """The same for the steps that have all pairs in hand, with what was made of some documents before."""
    import datasets  # noqa: F401
    import matplotlib.backends.backend_agg
    import matplotlib.figure  # noqa: F401

    from flows.brief import read_ahead

    stem("loaded")
    for asked_file, read_file in zip(asked, documents, strict=True):
        read_ahead(asked_file, read_file)


def of_all(call: Callable[[], T]) -> T:
    """The result of a `call` that has all pairs in hand."""
    with no_garbage():
        return call()


def deduplicate_into(
    made: Path,
    asked: Sequence[Path],
    documents: Sequence[Path],
    decisions: Path,
    min_retrieval: float,
    near_duplicate: float,
) -> None:
    """Write the Pairs of all documents that find their own passage among those of all and say something new, or that a
    person wants all the same, each with its document family."""
    from augment.likeness.families import families, joined
    from augment.likeness.nearness import kin
    from augment.likeness.retrieval import self_retrieved
    from flows.brief import brief_of

    standing = {decision.key: decision for decision in from_lines(decisions, Decision)}
    pairs: list[QAPair] = []
    refused: list[QAPair] = []
    shingles, searched = {}, []
    contexts: dict[tuple[str, str], Numbers] = {}
    for asked_file, read_file in zip(asked, documents, strict=True):
        brief = brief_of(asked_file, read_file)
        of_document = brief.pairs
        pairs += of_document
        shingles[brief.doc_id] = brief.shingles
        contexts |= brief.contexts(of_document)
        searched.append(brief.searched)
        if standing:
            stopped = record_in(asked_file, Asked).refused
            refused += [pair for pair in stopped if key_of(pair) in standing]
    with ThreadPoolExecutor(1) as beside:
        retrieved = beside.submit(self_retrieved, pairs, searched, min_retrieval)
        family = families(shingles, near_duplicate)
    found, unfound = retrieved.result()
    kept, repeated = deduplicate(found, near_duplicate)
    kept, rejected = decided(kept, [*found, *pairs, *refused], standing)
    family = joined(family, kin(kept, contexts, near_duplicate))
    if standing:
        # Nothing but a decision keeps two pairs that say the same: on one side of the split, then.
        family = joined(family, ((kept[a].doc_id, kept[b].doc_id) for a, b in doubles(kept, near_duplicate)))
    there = {pair.id for pair in kept}
    counts, told = effects(standing, [*pairs, *refused], kept, rejected)
    entries = [*(entry for entry in (*unfound, *repeated) if entry.id not in there), *rejected, *told]
    kept = [pair.model_copy(update={"family": family[pair.doc_id]}) for pair in kept]
    everything = Pairs(pairs=tuple(kept), entries=tuple(entries), families=family, decisions=counts)
    write_pairs(made, everything)


def split_into(made: Path, pairs: Path, settings: SplitSettings, seed: int) -> None:
    """Write which side each pair is on."""
    sides = split(pairs_in(pairs).pairs, settings, seed)
    side_of = {pair.id: side for side, members in sides.items() for pair in members}
    write_whole(made, json.dumps(side_of, sort_keys=True))


def vary_into(made: Path, pairs: Path, sides: Path, settings: AugmentSettings, asking: AskSettings, seed: int) -> None:
    """Write the variants of the training pairs, and those of pairs for a test that make up the slice to judge by."""
    originals = pairs_in(pairs).pairs
    side_of = json.loads(sides.read_bytes())
    trained = [pair for pair in originals if side_of[pair.id] == "train"]
    held_out = [pair for pair in originals if side_of[pair.id] != "train"]
    of_each = _varied_again(beside(made, "varied", ".jsonl"), trained, settings, asking, seed)
    variants, entries = vary(trained, held_out, settings, asking, seed, of_each)
    tested = [pair for pair in held_out if side_of[pair.id] in ("test", "test_seen")]
    sliced, more = slice_of(tested, [*trained, *variants], settings, asking, seed)
    write_pairs(made, Pairs(pairs=(*variants, *sliced), entries=(*entries, *more)))


def _varied_again(
    made: Path, trained: Sequence[QAPair], settings: AugmentSettings, asking: AskSettings, seed: int
) -> list[Varied]:
    """What is made of each document's pairs, written to `made` in place of what the last run with the same settings
    wrote, from which documents are taken that have the same pairs."""
    before = sorted(made.parent.glob(f"{made.stem.rpartition('-')[0]}-*{made.suffix}"))
    known: list[Varied] = []
    for file in before:
        with suppress(ValueError):  # damaged: it is made again
            known += from_lines(file, Varied)
    of_each = varied(trained, settings, asking, seed, known)
    write_whole(made, to_lines(of_each))
    for file in before:
        if file != made:
            file.unlink()
    return of_each


def write_all(settings: Settings, corpus: Corpus) -> Path:
    """Write ledger and dataset, and return the path of the manifest."""
    from tqdm import tqdm  # type: ignore[import-untyped]

    # Its own lock is a semaphore, of which the system complains when a worker that has it is stopped.
    tqdm.set_lock(threading.RLock())
    return write_corpus(settings, corpus)


@lru_cache(maxsize=1)
def _question_model(model: ModelFiles, settings: AskSettings, threads: int, work: Path) -> QuestionModel:
    asks = QuestionModel(model, settings, threads, work / "t5")
    if "torch" in sys.modules:  # not where the model was kept ready to run
        import torch

        torch.set_num_threads(1)  # what it computes would depend on how many
    return asks


def count_pages(path: Path) -> tuple[int, int]:
    """How many pages of a PDF have text, and how many have none; any other document counts as one page with text."""
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    try:
        if read_as(path, path.name) != ".pdf":
            return 1, 0
        with pymupdf.open(path, filetype="pdf") as pdf:
            with_text = [len(page.get_text().strip()) >= LEAST_TEXT for page in pdf]
    except (QuireError, RuntimeError, ValueError):
        return 1, 0
    return sum(with_text), len(with_text) - sum(with_text)


LEAST_TEXT = 20
"""Characters below which a page counts as scanned; reading itself looks closer."""
