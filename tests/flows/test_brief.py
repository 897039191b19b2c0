"""The brief of a document says what its work files say, and is made again where it is gone or damaged."""

from __future__ import annotations

from pathlib import Path

import pyarrow
import pytest

from augment.asking import Asked, ask
from augment.likeness.families import shingles_of_text
from augment.likeness.nearness import place
from augment.records import Passage
from augment.settings import AskSettings
from extractors.files import to_lines, write_whole
from extractors.ledger import LedgerEntry
from extractors.records import Document
from flows.brief import Brief, brief_file, brief_of, write_brief
from flows.coverage import LOST_LATER
from flows.funnel import reasons_of
from tests.augment.documents import make_document

SETTINGS = AskSettings(generators=("rules",), questions_per_passage=1)


class Work:
    """A document, what was asked of it, and their work files."""

    def __init__(self, folder: Path) -> None:
        one = ["MinHash is a technique that estimates the overlap of two sets.", "It was used by Broder in 1997."]
        two = ["A tokenizer is a program that splits text.", "BERT uses a vocabulary of 30,000 subwords."]
        self.document: Document = make_document(("One", one), ("Two", two))
        self.asked: Asked = ask(self.document, SETTINGS, None)
        self.read_file, self.asked_file = folder / "read" / "a.json", folder / "ask" / "a.json"
        write_whole(self.read_file, self.document.model_dump_json())
        write_whole(self.asked_file, self.asked.model_dump_json())

    def brief(self) -> Brief:
        return brief_of(self.asked_file, self.read_file)


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path)


def test_a_document_of_which_nothing_was_asked_has_a_brief_too(work: Work) -> None:
    write_whole(work.asked_file, work.asked.model_copy(update={"pairs": ()}).model_dump_json())
    brief = work.brief()
    assert (brief.pairs, brief.contexts(brief.pairs), [*brief.lost]) == ((), {}, [])
    assert len(brief.searched.own) == 0


def test_it_says_what_the_work_files_say(work: Work) -> None:
    brief = work.brief()
    assert work.asked.pairs and work.asked.entries
    assert brief.doc_id == work.document.doc_id
    assert brief.pairs == work.asked.pairs
    assert brief.passages == tuple(bare(passage) for passage in work.asked.passages)
    assert b"".join(brief.lines).decode() == to_lines(work.asked.entries)
    assert brief.reasons == reasons_of(work.asked.entries)
    assert len(brief.searched.own) == len(work.asked.pairs)
    contexts = brief.contexts(brief.pairs)
    assert contexts.keys() == {place(pair) for pair in work.asked.pairs}
    assert all(shingles.tolist() == shingles_of_text(text).tolist() for (_, text), shingles in contexts.items())


def bare(passage: Passage) -> Passage:
    return passage.model_copy(update={"text": "", "sentences": ()})


def test_it_has_a_line_of_the_ledger_for_each_passage_that_may_lose_all_its_pairs(work: Work) -> None:
    lost = [(number, LedgerEntry.model_validate_json(line)) for number, line in work.brief().lost]
    asked = [
        number
        for number, passage in enumerate(work.asked.passages)
        if any(passage.start <= pair.char_start < passage.end for pair in work.asked.pairs)
    ]
    assert [number for number, _ in lost] == asked != []
    for number, entry in lost:
        passage = work.asked.passages[number]
        assert (entry.unit, entry.outcome, entry.reason) == ("passage", "dropped", LOST_LATER)
        assert (entry.id, entry.page) == (passage.passage_id, work.document.page_at(passage.start))
        assert " ".join(passage.text.split()).startswith(entry.detail) and entry.detail


@pytest.mark.parametrize("damage", ["gone", "cut short", "empty", "no table", "another table"])
def test_it_is_made_again_to_the_same_bytes(work: Work, damage: str) -> None:
    file = brief_file(work.asked_file)
    write_brief(file, work.document, work.asked)
    whole = file.read_bytes()
    if damage == "gone":
        file.unlink()
    elif damage == "another table":
        table = pyarrow.table({"doc_id": [b"a"], "what an older version kept": [b"b"]})
        with pyarrow.ipc.new_file(str(file), table.schema) as older:
            older.write_table(table)
    else:
        file.write_bytes({"cut short": whole[: len(whole) // 2], "empty": b"", "no table": b"brief"}[damage])
    assert brief_of(work.asked_file, work.read_file).pairs == work.asked.pairs
    assert file.read_bytes() == whole
