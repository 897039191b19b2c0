from __future__ import annotations

from typing import Any

from extractors.ledger import LedgerEntry
from flows.document_table import document_table, in_a_sentence
from flows.losses import LedgerTally


def listed(source: str, ocr: int = 0, failed: int = 0) -> dict[str, Any]:
    pages = {"pages": 9, "ocr_pages": ocr, "failed_pages": failed}
    return {"doc_id": f"id of {source}", "source": source, "rows": 7, **pages}


ENTRIES = [
    LedgerEntry(
        unit="document", outcome="dropped", step="read", reason="encrypted", source="z.pdf", detail="It is locked."
    ),
    LedgerEntry(
        unit="document", outcome="dropped", step="find", reason="same bytes as another", source="y.pdf", detail="a.md"
    ),
    LedgerEntry(unit="page", outcome="degraded", step="read", reason="poor OCR", source="b.pdf", page=2),
    LedgerEntry(unit="page", outcome="degraded", step="read", reason="poor OCR", source="b.pdf", page=3),
    LedgerEntry(unit="pair", outcome="dropped", step="ask", reason="x", source="b.pdf"),
]


def test_lost_documents_come_first_with_their_reason_and_those_as_they_were_last() -> None:
    table = document_table(
        [listed("a.md"), listed("b.pdf", ocr=4, failed=1)],
        LedgerTally(ENTRIES),
        {"id of b.pdf": {"read": 3.14, "ask": 1.0}},
        {"id of a.md"},
    )
    assert [tuple(row.values()) for row in table] == [
        ("z.pdf", "lost", "encrypted", "", "", "", "It is locked."),
        ("y.pdf", "passed over", "same bytes as another", "", "", "", "a.md"),
        ("b.pdf", "read and asked", "poor OCR × 2", "9, 4 by OCR, 1 lost", 7, 4.1, ""),
        ("a.md", "as it was", "", "9", 7, 0, ""),
    ]
    assert in_a_sentence(table) == "4 documents: 1 lost, 1 passed over, 1 read and asked, 1 as it was."
    assert in_a_sentence([table[3]] * 2) == "2 documents: 2 as they were."
