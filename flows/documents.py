"""The documents folder: what is in it, by content."""

from __future__ import annotations

from pathlib import Path

from extractors.errors import NothingInHand
from extractors.files import sha256_of
from extractors.ledger import LedgerEntry
from extractors.reading import suffixes
from extractors.records import Record
from flows.settings import ConfigurationError


class FoundDocument(Record):
    doc_id: str
    source: str
    path: Path


def find_documents(raw_docs: Path) -> tuple[list[FoundDocument], list[LedgerEntry]]:
    """The readable files below `raw_docs` by name, and an entry for each file that is passed over.

    Hidden files are not looked at. Of files with the same bytes the first by name is taken.
    Raises ConfigurationError if there is no such folder, NothingInHand if there is no file in it.
    """
    if not raw_docs.is_dir():
        raise ConfigurationError(
            f"There is no documents folder {raw_docs}.",
            fix="Make it and put PDF or Markdown files there, or name another.",
        )
    found: dict[str, FoundDocument] = {}
    passed_over: list[LedgerEntry] = []
    known = suffixes()
    for path in sorted(raw_docs.rglob("*")):
        inside = path.relative_to(raw_docs)
        if path.is_dir() or any(part.startswith(".") for part in inside.parts):
            continue
        source = inside.as_posix()
        if path.suffix.lower() not in known:
            passed_over.append(
                _passed_over(source, "", "no reader for this type", f"It ends in {path.suffix or 'nothing'}.")
            )
            continue
        try:
            doc_id = sha256_of(path)
        except OSError as error:
            passed_over.append(_passed_over(source, "", "cannot be opened", str(error.strerror)))
            continue
        if doc_id in found:
            passed_over.append(_passed_over(source, doc_id, "same bytes as another", found[doc_id].source))
        else:
            found[doc_id] = FoundDocument(doc_id=doc_id, source=source, path=path)
    if not found:
        raise NothingInHand(
            f"There is no document to read in {raw_docs}"
            + (f" ({len(passed_over)} files of other types)." if passed_over else "."),
            fix=f"Drop files there that end in {', '.join(sorted(known))}.",
        )
    return list(found.values()), passed_over


def _passed_over(source: str, doc_id: str, reason: str, detail: str) -> LedgerEntry:
    return LedgerEntry(
        unit="document",
        outcome="dropped",
        step="find",
        reason=reason,
        detail=detail,
        source=source,
        doc_id=doc_id,
    )
