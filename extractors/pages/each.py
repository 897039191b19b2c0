"""The pages of a PDF, each by its text layer, or by OCR where that is not what a reader sees."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from extractors import cores
from extractors.layout.geometry import Sheet
from extractors.ledger import READ_IN_PART
from extractors.ocr import OcrUnavailable, Reading, read_scan
from extractors.pages import bookmark
from extractors.pages.legibility import OTHER_SCRIPT, SHORT, UNREAD, Legibility, doubt, legibility
from extractors.pages.lines import text_lines
from extractors.pages.order import in_reading_order
from extractors.pages.pagetree import complaint, said
from extractors.pages.proof import agreement, patch_agreement
from extractors.pages.scan import Scan, draw
from extractors.pages.textlayer import text_layer, written
from extractors.pages.turn import Turn, level
from extractors.records import Page
from extractors.settings import ReadSettings

if TYPE_CHECKING:
    import pymupdf

ILLEGIBLE = 0.35
"""Score below which neither the text layer nor the OCR of a page is kept."""
PATCH_AGREES = 0.85
"""Share of words that a patch of the page and its text layer have in common where the layer is right."""
AGREES = 0.8
"""The same share for a whole page, with its figures and formulas."""
HIDDEN_AGREES = 0.9
"""The same share where the text layer is another program's OCR."""
MUCH_MORE = 30
"""Words that OCR has to find beyond twice those of the text layer to have found text that is only drawn."""


class Read(NamedTuple):
    """The record of a page, its lines, none if it failed, and how OCR turned it."""

    page: Page
    sheet: Sheet
    turn: Turn | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """The text layer of page `number`, how it was turned for its lines to be level, how legible it is, what is in doubt
    about it, and what was left out of it."""

    number: int
    content: dict[str, Any]
    turn: Turn
    text: str
    hidden: float
    found: Legibility
    doubt: str
    left_out: str

    def kept(self, reason: str = "", confidence: float | None = None) -> Read:
        page = self._page.model_copy(update={"reason": reason, "confidence": confidence})
        sheet = Sheet(self.number, *self.turn.size, tuple(text_lines(in_reading_order(self.content), self.number)))
        return Read(page, sheet, self.turn if self.turn.quarters else None)

    def read(self, reading: Reading) -> Read:
        confidence = round(reading.confidence, 4)
        page = self._page.model_copy(update={"read_as": "ocr", "reason": self.doubt, "confidence": confidence})
        return Read(page, Sheet(self.number, *reading.turn.size, reading.lines), reading.turn)

    def unchecked(self, why: str) -> Read:
        """The page where OCR cannot be had: text that can be read is kept, though nobody knows whether it is right."""
        if self.doubt in UNREAD or self.found.score < ILLEGIBLE:
            return self.failed(why)
        return self.kept(f"{self.doubt}; {why}" if self.doubt not in why else why, confidence=0.0)

    def failed(self, reason: str) -> Read:
        return Read(self._page.model_copy(update={"read_as": "failed", "reason": reason}), _nothing(self.number))

    @property
    def _page(self) -> Page:
        return Page(number=self.number, width=self.turn.width, height=self.turn.height)


def read_pages(file: pymupdf.Document, numbers: Sequence[int], settings: ReadSettings) -> Iterator[Read]:
    """The pages `numbers`, which count from 1, in that order.

    MuPDF draws in the thread of the caller, and tesseract reads in others, so that MuPDF is at most two pages a core
    ahead of the page that is given back. Raises MemoryError.
    """
    readers = ThreadPoolExecutor(cores.count(), thread_name_prefix="ocr")
    begun: deque[Read | Future[Read]] = deque()
    try:
        for number in numbers:
            begun.append(_begin(file, number, settings, readers))
            while begun and (len(begun) > 2 * cores.count() or _is_done(begun[0])):
                yield _result(begun.popleft())
        while begun:
            yield _result(begun.popleft())
    finally:
        readers.shutdown(cancel_futures=True)


def _is_done(page: Read | Future[Read]) -> bool:
    return not isinstance(page, Future) or page.done()


def _result(page: Read | Future[Read]) -> Read:
    return page.result() if isinstance(page, Future) else page


def _begin(
    file: pymupdf.Document, number: int, settings: ReadSettings, readers: ThreadPoolExecutor
) -> Read | Future[Read]:
    """All that MuPDF has to do for a page; what is left for OCR is begun in one of `readers`."""
    bookmark.begin(number)
    try:
        layer, scan = _looked_at(file[number - 1], number, settings)
    except MemoryError:
        raise
    except Exception as error:  # MuPDF has a dozen kinds of errors
        if "alloc" in str(error):
            raise MemoryError(str(error)) from error
        return Read(Page(number=number, read_as="failed", reason=f"damaged page: {said(error)}"), _nothing(number))
    lost = complaint() or layer.left_out
    if not scan:
        return _in_part(_without_ocr(layer), lost)
    return readers.submit(lambda: _in_part(_by_ocr(layer, scan, settings), lost))


def _looked_at(page: pymupdf.Page, number: int, settings: ReadSettings) -> tuple[Layer, Scan | None]:
    """The text layer of a page, and its picture where that has to be looked at."""
    content = text_layer(page)
    turn = level(content, page)
    text, hidden = _seen(content)
    found = legibility(text)
    reason = "OCR asked for" if settings.ocr == "always" else _doubt(page, found, hidden)
    left_out = ""
    if hidden and not reason and not page.get_image_info():
        _drop_hidden(content)
        left_out = "text that nobody sees"
    layer = Layer(number, content, turn, text, hidden, found, reason, left_out)
    return layer, draw(page, settings.dpi) if reason and settings.ocr != "never" else None


def _without_ocr(layer: Layer) -> Read:
    if layer.doubt:
        return layer.unchecked(f"{layer.doubt}, and OCR is off")
    return layer.kept("" if layer.found.characters else "blank")


def _by_ocr(layer: Layer, scan: Scan, settings: ReadSettings) -> Read:
    """A page of which the text layer is in doubt: as it is where it agrees with the picture, else the better of the
    layer and OCR."""
    reason = layer.doubt
    try:
        if settings.ocr == "auto" and reason not in UNREAD and layer.found.characters >= SHORT:
            agrees = patch_agreement(layer.content, layer.turn, scan, settings.languages)
            if agrees >= PATCH_AGREES:
                return layer.kept(f"{reason}; it agrees with what is seen", round(agrees, 4))
        reading = read_scan(scan, settings.languages)
    except OcrUnavailable as error:
        return layer.unchecked(str(error))
    except (RuntimeError, ValueError, OSError) as error:
        return layer.unchecked(f"{reason}; OCR failed: {said(error)}")
    agrees = round(agreement(layer.text, reading.text), 4)
    if settings.ocr == "auto" and reason not in UNREAD and agrees >= (HIDDEN_AGREES if layer.hidden else AGREES):
        return layer.kept(f"{reason}; it agrees with what is seen", agrees)
    if _ocr_is_better(layer, reading):
        return layer.read(reading)
    if reason in UNREAD and layer.found.score >= ILLEGIBLE:
        return layer.kept(f"{reason}; OCR found no more")
    if layer.found.score >= ILLEGIBLE or reason == OTHER_SCRIPT:
        return layer.kept(f"{reason}; OCR found nothing better", agrees)
    return layer.failed(f"{reason}; OCR found no legible text")


def _ocr_is_better(layer: Layer, reading: Reading) -> bool:
    found, seen = layer.found, legibility(reading.text)
    if layer.doubt == OTHER_SCRIPT:
        return reading.good
    if not reading.words or max(seen.score, reading.confidence) < ILLEGIBLE:
        return False
    if layer.doubt in UNREAD and found.score >= ILLEGIBLE:
        return reading.words >= 2 * found.words + MUCH_MORE
    return seen.score >= found.score - (0.05 if reading.good else 0.0)


def _doubt(page: pymupdf.Page, found: Legibility, hidden: float) -> str:
    sound = found.characters >= SHORT and found.alphanumeric >= 0.6 and found.function_words >= 0.15
    if not hidden and (sound or (found.characters >= 250 and not doubt(found, 1.0))):
        return doubt(found, 0.0)
    # A page of text whose picture is not even an object of the file is no scan.
    picture = _picture_cover(page) if found.characters < 250 or page.get_images() else 0.0
    ink = _ink(page) if found.characters < 250 and picture < 0.5 else 0.0
    return doubt(found, picture, ink, hidden)


def _seen(content: dict[str, Any]) -> tuple[str, float]:
    """The text of a page, without the lines that stand at its very edge or turned: stamps say nothing about it. And
    the share of the text that is not to be seen, as what OCR programs lay under a picture."""
    margin_x, top, bottom = 0.06 * content["width"], 0.05 * content["height"], 0.95 * content["height"]
    texts: list[str] = []
    hidden = 0
    for block in content["blocks"]:
        for line in block["lines"]:
            box = line["bbox"]
            if abs(line["dir"][0]) > 0.9 and box[2] > margin_x and box[3] > top and box[1] < bottom:
                text = written(line)
                texts.append(text)
                if line["spans"] and not line["spans"][0]["char_flags"] & _DRAWN:
                    hidden += len(text)
    return "\n".join(texts), hidden / max(1, sum(map(len, texts)))


def _drop_hidden(content: dict[str, Any]) -> None:
    """Leave out the lines that nobody sees: without a picture over them they are no OCR layer."""
    for block in content["blocks"]:
        block["lines"] = [line for line in block["lines"] if line["spans"] and line["spans"][0]["char_flags"] & _DRAWN]


_DRAWN = 16 | 32
"""The bits of a span's flags that say that its characters are filled, or outlined."""


def _picture_cover(page: pymupdf.Page) -> float:
    """The share of the page under pictures, 0 to 1; scans may come in strips."""
    area = abs(page.rect.width * page.rect.height) or 1.0
    shares: list[float] = [abs((page.rect & info["bbox"]).get_area()) / area for info in page.get_image_info()]
    return min(1.0, sum(shares))


def _ink(page: pymupdf.Page) -> float:
    """The share of the page that is not white: words may be drawn as shapes, or in fonts without Unicode values."""
    import numpy as np

    return float(np.mean(np.asarray(draw(page, 36).picture) < 200))


def _in_part(read: Read, lost: str) -> Read:
    if not lost or read.page.read_as == "failed":
        return read
    return read._replace(page=read.page.model_copy(update={"reason": f"{READ_IN_PART}: {lost}"}))


def _nothing(number: int) -> Sheet:
    return Sheet(number, 0.0, 0.0, ())
