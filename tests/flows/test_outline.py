from __future__ import annotations

from flows.outline import outline_in, outline_of
from flows.store import beside, current_documents, current_files
from tests.flows.example import ExampleOut


def test_the_record_is_read_once(example_out: ExampleOut) -> None:
    work = example_out.out / ".quire"
    documents = current_documents(work)
    for doc_id, file in current_files(work).items():
        outline = outline_in(file)
        assert outline == outline_of(documents[doc_id])
        assert outline.characters == len(documents[doc_id].text)
        file.write_text("no record")
        assert outline_in(file) == outline


def test_a_damaged_outline_is_made_again(example_out: ExampleOut) -> None:
    file = next(iter(current_files(example_out.out / ".quire").values()))
    outline = outline_in(file)
    beside(file, "outline").write_text("{")
    assert outline_in(file) == outline
