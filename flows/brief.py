"""What the steps on the whole corpus need of one document, made when it is asked: they then read a tenth of what is
kept of it, and count and compare what is numbers already."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from pydantic import TypeAdapter

from augment.asking import Asked, without_pair
from augment.likeness.families import own_words, shingles_of_text
from augment.likeness.nearness import place
from augment.likeness.retrieval import Searched, searched, titled
from augment.likeness.shingles import Numbers
from augment.records import Passage, QAPair
from extractors.files import to_lines, write_whole
from extractors.records import Document
from flows.coverage import LOST_LATER, covered
from flows.funnel import reasons_of
from flows.store import beside, record_in

COLUMNS = (
    *("doc_id", "pairs", "passages", "lost", "lines", "reasons"),
    *("with_pair", "shingles", "contexts", "context_sizes", *Searched._fields),
)
PAIRS, PASSAGES = TypeAdapter(tuple[QAPair, ...]), TypeAdapter(tuple[Passage, ...])


@dataclass(frozen=True)
class Brief:
    """What is kept of one document: a row of an Arrow table, of which each column is read when it is asked for."""

    row: Any

    @property
    def doc_id(self) -> str:
        return self._text("doc_id").decode()

    @cached_property
    def pairs(self) -> tuple[QAPair, ...]:
        """Those that passed every gate."""
        return PAIRS.validate_json(self._text("pairs"))

    @property
    def passages(self) -> tuple[Passage, ...]:
        """All of them, without their text."""
        return PASSAGES.validate_json(self._text("passages"))

    @property
    def lost(self) -> Iterator[tuple[int, bytes]]:
        """The places among the passages of those that have a pair, and what the ledger says of such a passage if all
        of its pairs are dropped later."""
        return zip(self._numbers("with_pair").tolist(), self._text("lost").splitlines(keepends=True), strict=True)

    @property
    def lines(self) -> list[bytes]:
        """What the ledger says of what was refused, a line each."""
        return self._text("lines").splitlines(keepends=True)

    @property
    def reasons(self) -> dict[str, dict[str, int]]:
        """The same, counted: how many were dropped, by unit and reason."""
        counted: dict[str, dict[str, int]] = json.loads(self._text("reasons"))
        return counted

    @property
    def shingles(self) -> Numbers:
        """Of its own words."""
        return self._numbers("shingles")

    def contexts(self, pairs: Sequence[QAPair]) -> dict[tuple[str, str], Numbers]:
        """The shingles of each passage that one of its `pairs` was asked of, by their `place`."""
        texts = dict.fromkeys(map(place, pairs))
        if not texts:  # of which numpy would still make one part
            return {}
        ends = np.cumsum(self._numbers("context_sizes"))[:-1]
        return dict(zip(texts, np.split(self._numbers("contexts"), ends), strict=True))

    @property
    def searched(self) -> Searched:
        """Its passages, and the questions of its pairs."""
        return Searched(*map(self._numbers, Searched._fields))

    def _numbers(self, name: str) -> Numbers:
        found: Numbers = self.row[name][0].values.to_numpy()
        return found

    def _text(self, name: str) -> bytes:
        text: bytes = self.row[name][0].as_py()
        return text


def brief_of(asked: Path, read: Path) -> Brief:
    """The Brief of the work files `asked` and `read`, made anew where it is gone or damaged."""
    file = brief_file(asked)
    if file in _ahead:
        return _ahead.pop(file)
    try:
        return _opened(file)
    except (OSError, ValueError):  # which pyarrow's errors are as well
        write_brief(file, record_in(read, Document), record_in(asked, Asked))
        return _opened(file)


_ahead: dict[Path, Brief] = {}


def read_ahead(asked: Path, read: Path) -> None:
    """Have the Brief of these work files at hand, with its pairs, for whom `brief_of` gives it first."""
    brief = brief_of(asked, read)
    _ = brief.pairs
    _ahead[brief_file(asked)] = brief


def _opened(file: Path) -> Brief:
    with pa.memory_map(str(file)) as mapped:
        row = pa.ipc.open_file(mapped).read_all()
    if row.column_names != [*COLUMNS] or row.num_rows != 1:
        raise ValueError(f"{file} is no brief of this version")
    return Brief(row)


def brief_file(asked: Path) -> Path:
    """Where the Brief is kept that belongs to the work file `asked`."""
    return beside(asked, "brief", ".arrow")


def write_brief(made: Path, document: Document, asked: Asked) -> None:
    """Write to `made` what the corpus steps need of `document` and of what was `asked` of it; the same bytes each time.

    Where a column comes to hold something else it wants another name, as briefs of before may be there.
    """
    row = made_brief(document, asked).row
    buffer = pa.BufferOutputStream()
    with pa.ipc.new_file(buffer, row.schema) as file:
        file.write_table(row)
    write_whole(made, buffer.getvalue().to_pybytes())


def made_brief(document: Document, asked: Asked) -> Brief:
    """The Brief of `document` and of what was `asked` of it."""
    with_pair = covered(asked.passages, [pair.char_start for pair in asked.pairs])
    numbers = {passage.passage_id: number for number, passage in enumerate(asked.passages)}
    lost = [without_pair(document, passage, "deduplicate", LOST_LATER) for passage in with_pair]
    bare = [passage.model_copy(update={"text": "", "sentences": ()}) for passage in asked.passages]
    contexts = [shingles_of_text(context) for _, context in dict.fromkeys(map(place, asked.pairs))]
    columns = {
        "doc_id": document.doc_id.encode(),
        "pairs": PAIRS.dump_json(asked.pairs),
        "passages": PASSAGES.dump_json(tuple(bare)),
        "lost": to_lines(lost).encode(),
        "lines": to_lines(asked.entries).encode(),
        "reasons": json.dumps(reasons_of(asked.entries)).encode(),
        "with_pair": np.array([numbers[passage.passage_id] for passage in with_pair], np.int64),
        "shingles": shingles_of_text(own_words(document)),
        "contexts": np.concatenate([np.empty(0, np.uint64), *contexts]),
        "context_sizes": np.array([len(found) for found in contexts], np.int64),
        **searched(
            [pair.question for pair in asked.pairs],
            [titled(pair.title, pair.context) for pair in asked.pairs],
            [titled(document.title, passage.text) for passage in asked.passages],
        )._asdict(),
    }
    return Brief(pa.table({name: [columns[name]] for name in COLUMNS}))
