"""The one way to read a file: by its suffix, through the extractor that registered for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from extractors.errors import UnreadableDocument
from extractors.records import Document
from extractors.registry import Registry
from extractors.settings import ReadSettings

Extractor = Callable[[Path, ReadSettings, str], Document]

_EXTRACTORS: Registry[Extractor] = Registry("extractors")


def extractor(*suffixes: str) -> Callable[[Extractor], Extractor]:
    """Decorator that makes a function the extractor of files with these suffixes.

    It takes a path, the settings and the name to record as the source; it raises UnreadableDocument.
    """

    def enter(function: Extractor) -> Extractor:
        for suffix in suffixes:
            _EXTRACTORS.register(suffix)(function)
        return function

    return enter


def suffixes() -> set[str]:
    """The suffixes, in lower case, of the files that can be read."""
    return set(_EXTRACTORS.entries())


def read_document(path: Path, settings: ReadSettings, source: str) -> Document:
    """Read the file at `path`. `source` is its name in the records.

    Raises UnreadableDocument, whose `reason` is one of: no extractor for .xyz, not a file, no permission, empty file,
    encrypted, not a PDF, corrupt, no pages, not text, nothing to read.
    """
    suffix = path.suffix.lower()
    read = _EXTRACTORS.entries().get(suffix)
    if read is None:
        known = ", ".join(sorted(suffixes()))
        raise UnreadableDocument(
            f"no extractor for {suffix or 'files without a suffix'}",
            f"{source} cannot be read: nothing here reads {suffix or 'files without a suffix'}.",
            fix=f"Convert it to one of {known}, or take it out of the folder.",
        )
    try:
        if not path.is_file():
            raise UnreadableDocument("not a file", f"{source} is not a file.", fix="Check the path.")
        if path.stat().st_size == 0:
            raise UnreadableDocument("empty file", f"{source} is empty (0 bytes).", fix="Copy or download it again.")
        document = read(path, settings, source)
    except PermissionError as error:
        raise UnreadableDocument(
            "no permission", f"{source} may not be opened.", fix=f"Make it readable: chmod +r {path}"
        ) from error
    if not document.blocks:
        raise UnreadableDocument(
            "nothing to read",
            f"{source} was opened, but not one word was found on its {len(document.pages)} page(s){_why(document)}.",
            fix="Look at the file: it may be blank, or pictures only. `quire doctor` says whether OCR is at hand.",
        )
    return document


def _why(document: Document) -> str:
    reasons = sorted({page.reason for page in document.pages if page.read_as == "failed" and page.reason})
    return f" ({'; '.join(reasons)})" if reasons else ""
