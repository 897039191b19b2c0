"""The brief of a document says what its work files say, and is made again where it is gone or damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from augment.asking import Asked, ask
from augment.settings import AskSettings
from extractors.files import to_lines, write_whole
from extractors.records import Document
from flows.brief import brief_file, brief_of, write_brief
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


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path)


def test_it_says_what_the_work_files_say(work: Work) -> None:
    brief = brief_of(work.asked_file, work.read_file)
    assert work.asked.pairs and work.asked.entries
    assert (brief.asked.passages, brief.asked.pairs) == (work.asked.passages, work.asked.pairs)
    assert b"".join(brief.lines).decode() == to_lines(work.asked.entries)
    assert brief.reasons == reasons_of(work.asked.entries)
    assert brief.doc_id == brief.document.doc_id == work.document.doc_id
    assert brief.document.pages == work.document.pages
    for passage in work.asked.passages:
        assert brief.document.page_at(passage.start) == work.document.page_at(passage.start)
    assert len(brief.searched.own) == len(work.asked.pairs)


@pytest.mark.parametrize("damage", ["gone", "cut short", "empty", "no archive"])
def test_it_is_made_again_to_the_same_bytes(work: Work, damage: str) -> None:
    file = brief_file(work.asked_file)
    write_brief(file, work.document, work.asked)
    whole = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes({"cut short": whole[: len(whole) // 2], "empty": b"", "no archive": b"brief"}[damage])
    assert brief_of(work.asked_file, work.read_file).asked.pairs == work.asked.pairs
    assert file.read_bytes() == whole
