from __future__ import annotations

from extractors.ledger import LedgerEntry
from extractors.records import Page
from flows.funnel import FunnelRow
from flows.losses import LedgerTally
from flows.outline import Outline, outline_of
from flows.store import current_documents
from flows.yields import (
    SLOWEST,
    PageRow,
    Tally,
    discrepancies,
    document_rows,
    page_rows,
    slowest,
)
from tests.flows.example import ExampleOut, make_pair


def entry(unit: str, reason: str, outcome: str = "dropped") -> LedgerEntry:
    return LedgerEntry.model_validate({"unit": unit, "outcome": outcome, "step": "ask", "reason": reason})


def funnel(**rows: tuple[int, int, int]) -> list[FunnelRow]:
    return [
        FunnelRow(unit=unit, made=made, kept=kept, dropped=dropped, reasons={"ask: x": dropped} if dropped else {})
        for unit, (made, kept, dropped) in rows.items()
    ]


def test_counts_that_agree_give_no_word() -> None:
    tally = Tally([("train", make_pair("1", "a.md", "rules"))])
    assert discrepancies(funnel(pair=(2, 1, 1)), LedgerTally([entry("pair", "x")]), tally, []) == []


def test_a_sum_that_is_none_is_told() -> None:
    tally = Tally([("train", make_pair("1", "a.md", "rules"))])
    (told,) = discrepancies(funnel(pair=(3, 1, 1)), LedgerTally([entry("pair", "x")]), tally, [])
    assert "do not add up" in told


def test_an_entry_that_the_funnel_does_not_count_is_told() -> None:
    (told,) = discrepancies([], LedgerTally([entry("passage", "x")]), Tally([]), [])
    assert told == "The funnel drops 0 passages, the ledger 1."


def test_dropped_variants_count_as_the_pairs_that_they_are() -> None:
    rows = funnel(pair=(1, 0, 1), variant=(1, 0, 1))
    assert discrepancies(rows, LedgerTally([entry("pair", "x"), entry("pair", "y")]), Tally([]), []) == []


def test_sections_without_a_question_are_counted(example_out: ExampleOut) -> None:
    documents = [
        document for document in current_documents(example_out.out / ".quire").values() if len(document.pages) > 1
    ]
    pair = make_pair("1", "adapters.pdf", "rules").model_copy(update={"doc_id": documents[0].doc_id, "char_start": 3})
    listed = [
        {
            "doc_id": documents[0].doc_id,
            "source": "adapters.pdf",
            "family": "f",
            "passages": 5,
            "passages_with_pair": 1,
            "sections": [
                {"section": "One", "passages": 2, "with_pair": 0},
                {"section": "Two", "passages": 3, "with_pair": 1},
            ],
        },
        {"doc_id": "b", "source": "adapters.md", "family": "f", "passages": 0, "passages_with_pair": 0},
        {"doc_id": "c", "source": "decoding.md", "family": "g", "passages": 0, "passages_with_pair": 0},
    ]
    took = {documents[0].doc_id: {"read": 1.5, "ask": 0.5}}
    (row,) = document_rows(map(outline_of, documents), listed, took, Tally([("train", pair)]), LedgerTally([]))
    assert (row.kin, row.seconds) == (["adapters.md"], 2.0)
    assert (len(row.sections), [section.section for section in row.bare]) == (2, ["One"])
    assert (row.passages, row.passages_with_pair) == (5, 1)
    assert row.read_as == {"text": 1, "ocr": 1, "failed": 1}
    assert row.marks == [round(3 / len(documents[0].text), 4)]


def test_a_lost_document_stands_between_the_others_by_name(example_out: ExampleOut) -> None:
    documents = current_documents(example_out.out / ".quire").values()
    lost = entry("document", "encrypted").model_copy(update={"source": "b.pdf"})
    rows = document_rows(map(outline_of, documents), [], {}, Tally([]), LedgerTally([lost]))
    assert [row.source for row in rows] == ["adapters.pdf", "b.pdf", "decoding.md"]
    assert rows[1].problems == [("encrypted", 1)]


def test_what_a_person_kept_was_not_dropped() -> None:
    entries = [entry("pair", "accepted", "kept"), entry("pair", "x")]
    tally = Tally([("train", make_pair("1", "a.md", "rules"))])
    assert discrepancies(funnel(pair=(2, 1, 1)), LedgerTally(entries), tally, []) == []


def paged(source: str, *pages: Page) -> Outline:
    return Outline(doc_id=source, source=source, title="", licence="", characters=0, pages=pages)


def test_pages_are_counted_by_how_and_why() -> None:
    one = paged(
        "a.pdf",
        Page(number=1),
        Page(number=2, read_as="ocr", confidence=0.9, reason="no text"),
        Page(number=3, read_as="failed", reason="damaged page: xref 17"),
    )
    other = paged(
        "b.pdf",
        Page(number=1, read_as="ocr", confidence=0.5, reason="no text; faint"),
        Page(number=2, read_as="failed", reason="damaged page: xref 4"),
    )
    assert page_rows(document_rows([one, other], [], {}, Tally([]), LedgerTally([]))) == [
        PageRow(1, "text", "", None, None),
        PageRow(2, "ocr", "no text", 0.7, 0.5),
        PageRow(2, "failed", "damaged page", None, None),
    ]


def test_the_slowest_come_first_and_few() -> None:
    documents = [paged(f"{number}.pdf", Page(number=1)) for number in range(9)]
    took = {document.doc_id: {"read": float(number)} for number, document in enumerate(documents)}
    found = slowest(document_rows(documents, [], took, Tally([]), LedgerTally([])))
    assert [row.source for row in found] == [f"{number}.pdf" for number in (8, 7, 6, 5, 4)] and len(found) == SLOWEST
