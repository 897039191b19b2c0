"""Pictures of PDF pages: of the place that a pair was asked of, with its answer outlined, and of a whole page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from extractors.errors import QuireError
from extractors.files import sha256_of
from extractors.records import Box, Record
from flows.workers import begin_worker, in_worker

if TYPE_CHECKING:
    import pymupdf

P = ParamSpec("P")
T = TypeVar("T")

DRAWING_S, DRAWING_GB = 15.0, 4.0
"""What one picture may cost."""

MARGIN = 14.0
"""Points of page shown around the passage."""

MAX_HEIGHT = 300.0
"""Points of page shown at most, so that a picture stays as tall as the text beside it."""

MAX_PIXELS = 1400
"""Width and height of a picture at most, whatever size the page claims to be."""

SHEET_PIXELS, SHEET_QUALITY = 520, 40
"""Width and height at most, and JPEG quality, of a whole page: enough to tell a scan from a table, in 10 to 20 kB."""


def begin_drawing() -> None:
    """Have the process of `drawn_apart` load what it needs, while something else is done in the pools that are open."""
    begin_worker("pictures", 1, DRAWING_GB, import_module, "pymupdf")


def drawn_apart(path: Path, sha256: str, draw: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `draw` makes of the PDF at `path`, in a process of its own with limits, for a page may crash what draws it.

    Raises QuireError if the file is no more the one that was read, or cannot be drawn.
    """
    if not path.is_file() or sha256_of(path) != sha256:
        raise QuireError("The file has changed or gone since it was read.")
    return in_worker("pictures", 1, DRAWING_GB, DRAWING_S, _plainly, partial(draw, *args, **kwargs))


def _plainly(draw: Callable[[], T]) -> T:
    try:
        return draw()
    except MemoryError:
        raise
    except Exception as error:
        # The errors of MuPDF cannot be sent to another process.
        raise QuireError(f"{type(error).__name__}: {error}") from None


class Sheet(Record):
    """A whole page, small and grey, as a JPEG."""

    jpeg: bytes
    width: int
    height: int


def whole_page(path: Path, page: int) -> Sheet:
    """Draw all of `page` (from 1). Raises what PyMuPDF raises."""
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    with pymupdf.open(path, filetype="pdf") as document:
        sheet = document[page - 1]
        scale = SHEET_PIXELS / max(sheet.rect.width, sheet.rect.height)
        pixels = sheet.get_pixmap(matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csGRAY)
        return Sheet(jpeg=pixels.tobytes("jpeg", jpg_quality=SHEET_QUALITY), width=pixels.width, height=pixels.height)


class PageImage(Record):
    """`png` is grey, two pixels a point. Boxes and outlines are in points from the picture's top left corner.

    `exact` tells outlines of the very words from those of the lines that hold them.
    """

    png: bytes
    width: float
    height: float
    passage: tuple[Box, ...]
    answer: tuple[tuple[tuple[float, float], ...], ...]
    exact: bool


def page_image(
    path: Path, page: int, passage: Sequence[Box], lines: Sequence[Box], span: str, occurrence: tuple[int, int]
) -> PageImage:
    """Draw the part of `page` (from 1) that holds the boxes of `passage`, centred on the `lines` of its answer.

    `occurrence` says which of how many times `span` stands in those lines. Their words are outlined where the page
    carries text and its hits are those of the span, else, as in a scan, the lines are.
    Raises what PyMuPDF raises.
    """
    import pymupdf

    with pymupdf.open(path) as document:
        sheet = document[page - 1]
        frame = _frame(sheet.rect, passage, lines)
        scale = min(2.0, MAX_PIXELS / frame.width, MAX_PIXELS / frame.height)
        pixels = sheet.get_pixmap(matrix=pymupdf.Matrix(scale, scale), clip=frame, colorspace=pymupdf.csGRAY)
        # These flags, and not the defaults of search_for, find words that the page sets with ligatures.
        flags = pymupdf.TEXTFLAGS_SEARCH
        # It takes and gives places on the page as it lies in the file; the boxes are those of the page as it is shown.
        clip = _around(lines) * sheet.derotation_matrix if lines else None
        hits = sheet.search_for(span, clip=clip, quads=True, flags=flags) if lines else []
        quads = [quad * sheet.rotation_matrix for quad in _hit(hits, occurrence)]
        outlines = [
            (quad.ul, quad.ur, quad.lr, quad.ll) for quad in quads or [pymupdf.Rect(line).quad for line in lines]
        ]
        return PageImage(
            png=pixels.tobytes("png"),
            width=round(frame.width, 1),
            height=round(frame.height, 1),
            passage=tuple((x0 - frame.x0, y0 - frame.y0, x1 - frame.x0, y1 - frame.y0) for x0, y0, x1, y1 in passage),
            answer=tuple(
                tuple((round(at.x - frame.x0, 1), round(at.y - frame.y0, 1)) for at in outline) for outline in outlines
            ),
            exact=bool(quads),
        )


def _hit(quads: Sequence[Any], occurrence: tuple[int, int]) -> Sequence[Any]:
    """The quads of the hit that is meant: a hit broken over lines has several, so only a lone hit may have."""
    index, count = occurrence
    if count == 1:
        return quads
    return quads[index : index + 1] if len(quads) == count else []


def _frame(sheet: pymupdf.Rect, passage: Sequence[Box], lines: Sequence[Box]) -> pymupdf.Rect:
    import pymupdf

    if not passage:
        return sheet
    frame = _around(passage)
    if frame.height > MAX_HEIGHT and lines:
        answer = _around(lines)
        middle, half = (answer.y0 + answer.y1) / 2, max(MAX_HEIGHT, answer.height) / 2
        frame.y0, frame.y1 = max(frame.y0, middle - half), min(frame.y1, middle + half)
    frame = pymupdf.Rect(frame.x0 - MARGIN, frame.y0 - MARGIN, frame.x1 + MARGIN, frame.y1 + MARGIN) & sheet
    return sheet if frame.is_empty else frame


def _around(boxes: Sequence[Box]) -> pymupdf.Rect:
    """The smallest rectangle that holds all the boxes."""
    import pymupdf

    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return pymupdf.Rect(min(x0), min(y0), max(x1), max(y1))
