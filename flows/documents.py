"""The documents folder: what is in it, by content."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from extractors.errors import NothingInHand, UnreadableDocument
from extractors.files import sha256_of
from extractors.ledger import LedgerEntry
from extractors.reading import read_as, suffixes
from extractors.shown import shown
from flows.settings import ConfigurationError


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """What a run keeps of each document from its first moment: a plain dataclass with a plain string takes a third of
    the memory of a record with a path."""

    doc_id: str
    source: str
    file: str

    @property
    def path(self) -> Path:
        return Path(self.file)


def find_documents(raw_docs: Path) -> tuple[list[FoundDocument], list[LedgerEntry]]:
    """The files below `raw_docs` that may be read, by name, and an entry for each that is passed over.

    A file's content says what it is. Hidden files are not looked at. Of files with the same bytes the first by name is
    taken. Raises ConfigurationError if there is no such folder, NothingInHand if there is no file in it.
    """
    if not raw_docs.is_dir():
        raise ConfigurationError(
            f"There is no documents folder {raw_docs}.",
            fix="Make it and put PDF or Markdown files there, or name another.",
        )
    found: dict[str, FoundDocument] = {}
    passed_over: list[LedgerEntry] = []
    for path, trouble in _walked(raw_docs):
        source = printable(path.relative_to(raw_docs).as_posix())
        if trouble:
            passed_over.append(_passed_over(source, "", "cannot be opened", trouble))
            continue
        if path.is_dir():
            passed_over.append(_passed_over(source, "", "link to a folder", "Such links are not followed."))
            continue
        try:
            read_as(path, source)
        except UnreadableDocument as error:
            if error.reason == "not a file":
                passed_over.append(_passed_over(source, "", error.reason, str(error)))
                continue
            if error.reason.startswith("no extractor"):
                passed_over.append(_passed_over(source, "", "no reader for this type", str(error)))
                continue
            # What else is wrong with it is said where it is read.
        try:
            doc_id = sha256_of(path)
        except OSError as error:
            passed_over.append(_passed_over(source, "", "cannot be opened", str(error.strerror)))
            continue
        if doc_id in found:
            passed_over.append(_passed_over(source, doc_id, "same bytes as another", found[doc_id].source))
        else:
            found[doc_id] = FoundDocument(doc_id, source, str(path))
    if not found:
        raise NothingInHand(
            f"There is no document to read in {raw_docs}"
            + (f" ({len(passed_over)} files of other types)." if passed_over else "."),
            fix=f"Drop files there that end in {', '.join(sorted(suffixes()))}.",
        )
    return list(found.values()), passed_over


def _walked(folder: Path) -> list[tuple[Path, str]]:
    """All files below `folder`, links to folders, and folders that cannot be opened with the reason; by name."""
    walked: list[tuple[Path, str]] = []

    def closed(error: OSError) -> None:
        walked.append((Path(error.filename), error.strerror or "unknown reason"))

    for above, folders, files in os.walk(folder, onerror=closed):
        folders[:] = [name for name in folders if not name.startswith(".")]
        links = [name for name in folders if Path(above, name).is_symlink()]
        walked += [(Path(above, name), "") for name in (*files, *links) if not name.startswith(".")]
    return sorted(walked)


def printable(name: str) -> str:
    """A file's name as it may be shown."""
    return shown(os.fsencode(name))


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
