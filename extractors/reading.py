"""The one way to read a file: through the extractor that registered for what it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from extractors import filetypes
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


def read_as(path: Path, source: str) -> str:
    """The suffix whose extractor reads the file at `path`: by its first kilobyte, and where that does not tell, by its
    name. `source` is what to call it in messages.

    Raises UnreadableDocument, whose `reason` is one of: not a file, no permission, cannot be opened, empty file, no
    extractor for .xyz, not a PDF, not text.
    """
    suffix = path.suffix.lower()
    known = suffixes()
    try:
        if not path.is_file():
            raise UnreadableDocument("not a file", f"{source} is not a file.", fix="Check the path.")
        with path.open("rb") as file:
            # What the system shows as a file has no size, and may have no end.
            head = file.read(filetypes.HEAD) if path.stat().st_size else b""
    except PermissionError as error:
        raise UnreadableDocument(
            "no permission", f"{source} may not be opened.", fix=f"Make it readable: chmod +r {path}"
        ) from error
    except OSError as error:
        raise UnreadableDocument(
            "cannot be opened",
            f"{source} cannot be opened ({error.strerror}).",
            fix="Copy it again, and look at the disk that it is on.",
        ) from error
    if filetypes.is_pdf(head, named_so=suffix == ".pdf" or suffix not in known):
        return ".pdf"
    if suffix not in known:
        kind = suffix or "files without a suffix"
        raise UnreadableDocument(
            f"no extractor for {kind}",
            f"{source} cannot be read: nothing here reads {kind}.",
            fix="Put it into a PDF if it is a scan: img2pdf IN -o OUT.pdf. The pictures of a page need nothing."
            if filetypes.binary(head).endswith("picture")
            else f"Convert it to one of {', '.join(sorted(known))}, or take it out of the folder.",
        )
    if not head:
        raise UnreadableDocument("empty file", f"{source} is empty (0 bytes).", fix="Copy or download it again.")
    if suffix == ".pdf":
        raise UnreadableDocument(
            "not a PDF",
            f"{source} is not a PDF: it looks like {filetypes.described(head)}.",
            fix="Download it again, or give it the suffix of what it is.",
        )
    if binary := filetypes.binary(head):
        raise UnreadableDocument(
            "not text", f"{source} is not text: it is {binary}.", fix="Give it the suffix of what it is, or convert it."
        )
    return ".html" if filetypes.is_page(head) and ".html" in known else suffix


def read_document(path: Path, settings: ReadSettings, source: str) -> Document:
    """Read the file at `path`, as what it is and not as what it is called. `source` is its name in the records.

    Raises UnreadableDocument, whose `reason` is one of those of `read_as`, or: encrypted, corrupt, no pages,
    too much text, nothing to read.
    """
    read = _EXTRACTORS.entries()[read_as(path, source)]
    document = read(path, settings, source)
    if (length := sum(len(block.text) for block in document.blocks)) > settings.max_characters:
        raise UnreadableDocument(
            "too much text",
            f"{source} comes to {length:,} characters, more than read.max_characters allows.",
            fix="Raise that if they are worth it, or split the file.",
        )
    if not document.text.strip():
        paged = any(page.width for page in document.pages)
        where = f"on its {len(document.pages)} page(s)" if paged else "in it"
        raise UnreadableDocument(
            "nothing to read",
            f"{source} was opened, but not one word to ask about was found {where}{_why(document)}.",
            fix="Look at the file: it may be blank, or pictures only. `quire doctor` says whether OCR is at hand."
            if paged
            else "Look at the file: questions are asked of paragraphs, lists and captions alone.",
        )
    return document


def _why(document: Document) -> str:
    reasons = sorted({page.reason for page in document.pages if page.read_as == "failed" and page.reason})
    if document.blocks:
        reasons.append(f"only {', '.join(sorted({block.kind for block in document.blocks}))}")
    return f" ({'; '.join(reasons)})" if reasons else ""
