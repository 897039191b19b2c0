"""The page tree of a PDF, which may lie, run in circles or be lost, and the pages that can be had all the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractors.shown import shown

if TYPE_CHECKING:
    import pymupdf

MOST_PAGES = 100_000
"""Pages looked for in one file: a few bytes can promise millions."""
_REFERENCE = re.compile(r"(\d+) \d+ R")
_FIRST_OF_LINEARIZED = re.compile(rb"/Linearized\b.{0,200}?/O\s+(\d+)", re.DOTALL)
_SUBSET = re.compile(r"[A-Z]{6}\+")


def opened(path: Path) -> pymupdf.Document:
    """The PDF at `path`; of one that was cut within an object, what stands before that object.

    Raises RuntimeError where MuPDF finds no PDF in it.
    """
    import pymupdf

    try:
        file = pymupdf.open(path, filetype="pdf")
        if not file.is_repaired:
            return file
    except RuntimeError:
        file = None
    data = path.read_bytes()
    end = data.rfind(b"endobj") + len(b"endobj")
    cut = end >= len(b"endobj") and not any(word in data[end:] for word in (b"startxref", b"trailer"))
    if cut:
        return pymupdf.open(stream=data[:end] + b"\n", filetype="pdf")
    return file or pymupdf.open(path, filetype="pdf")


def mended(file: pymupdf.Document) -> str:
    """Have the tree of `file` hold the pages that can be found, and say what is wrong with it otherwise, or "".

    Where the tree is lost those are all page objects that are left. Raises RuntimeError and MuPDF's own errors.
    """
    try:
        promised = int(file.page_count)
    except (RuntimeError, ValueError):
        promised = -1
    found = _leaves(file)
    if found and len(found) == promised:
        return ""
    if not found and (found := _page_objects(file)):
        _plant(file, found)
        return "the list of the pages is lost, and with it those behind the last one found"
    if found:
        _plant(file, found)
    if 0 <= promised <= len(found):
        return ""
    told = f"{promised:,}" if promised >= 0 else "an impossible number of"
    return f"the file promises {told} pages, and has {len(found):,}"


def losses(page: pymupdf.Page) -> str:
    """What the file has lost of `page` where the file itself is damaged, or "".

    Without its fonts a page may still give text, with letters missing or wrong.
    """
    contents = (page.parent.xref_object(content, compressed=True) for content in page.get_contents())
    if any(content == "null" for content in contents):
        return "its content is lost"
    # MuPDF names no font that it cannot find, and takes another for one whose letters it cannot find.
    substitutes = {
        font for _, ext, kind, font, *_ in page.get_fonts() if ext == "n/a" and kind != "Type3" and _SUBSET.match(font)
    }
    blocks = page.get_text("dict", flags=0)["blocks"]
    nameless = any(not span["font"] for block in blocks for line in block["lines"] for span in line["spans"])
    return "its fonts are lost" if substitutes or nameless else ""


def said(message: object) -> str:
    """What MuPDF says in a message or an error, which may quote bytes of the file."""
    return shown(str(message))


def complaint() -> str:
    """What MuPDF had to leave out of what it read since this was last asked, or ""."""
    import pymupdf

    told = map(said, str(pymupdf.TOOLS.mupdf_warnings()).splitlines())
    return next((line for line in told if any(loss in line for loss in _LOSSES)), "")


_LOSSES = ("treating as end of file", "syntax error", "cannot load object")


def _leaves(file: pymupdf.Document) -> list[int]:
    """The objects that the tree leads to, in order; each of its nodes is entered once."""
    found: list[int] = []
    entered: set[int] = set()
    root = file.pdf_catalog()
    todo = [node for node in _references(file, *_key(file, root, "Pages")) if _key(file, node, "Kids")[0] != "null"]
    while todo and len(found) < MOST_PAGES:
        node = todo.pop()
        kind, kids = _key(file, node, "Kids")
        if kind == "null":
            found.append(node)
        elif node not in entered:
            entered.add(node)
            todo += reversed(_references(file, kind, kids))
    return found


def _page_objects(file: pymupdf.Document) -> list[int]:
    """Every page object in the file, by number: the order of the pages in all but linearized files."""
    found = [number for number in range(1, file.xref_length()) if _key(file, number, "Type")[1] == "/Page"]
    first = _FIRST_OF_LINEARIZED.search(_head(file))
    return sorted(found, key=lambda number: (number != int(first[1]), number)) if first else found


def _head(file: pymupdf.Document) -> bytes:
    if file.stream:
        return bytes(file.stream[:1024])
    with Path(file.name).open("rb") as start:
        return start.read(1024)


def _references(file: pymupdf.Document, kind: str, value: str) -> list[int]:
    """The objects that a value refers to; those in an array or dictionary that stands elsewhere if it is one such."""
    numbers = [int(number) for number in _REFERENCE.findall(value)]
    numbers = [number for number in numbers if 0 < number < file.xref_length()]
    if kind == "xref" and numbers:
        elsewhere = file.xref_object(numbers[0], compressed=True)
        if elsewhere.startswith("[") or (elsewhere.startswith("<<") and "/Type" not in elsewhere):
            return _references(file, "array", elsewhere)
    return numbers


def _key(file: pymupdf.Document, number: int, key: str) -> tuple[Any, ...]:
    try:
        found: tuple[Any, ...] = file.xref_get_key(number, key)
    except Exception:  # MuPDF has a dozen kinds of errors, and an object that cannot be had is none
        return "null", "null"
    return found


def _plant(file: pymupdf.Document, pages: list[int]) -> None:
    """Give `file` a tree of `pages` alone. They keep their parents, from whom they inherit."""
    tree, catalog = file.get_new_xref(), file.get_new_xref()
    kids = " ".join(f"{number} 0 R" for number in pages)
    file.update_object(tree, f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>")
    file.update_object(catalog, f"<</Type/Catalog/Pages {tree} 0 R>>")
    file.xref_set_key(-1, "Root", f"{catalog} 0 R")
