"""The picture of a page, read by tesseract into the same lines that a text page has."""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import median
from types import ModuleType
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from extractors.cleaning import clean
from extractors.cores import core
from extractors.pages.lines import Line
from extractors.pages.scan import NARROWED, Scan, lie, lit, set_upright
from extractors.pages.turn import Turn
from extractors.pages.writing import WIDE_GAP

if TYPE_CHECKING:
    from PIL.Image import Image

GOOD_CONFIDENCE = 0.7
"""Mean word confidence from which a reading is not tried again."""
TIMEOUT_S = 180
_LINES = frozenset({"ocr_line", "ocr_header", "ocr_caption", "ocr_textfloat"})


class OcrUnavailable(Exception):
    """Tesseract or one of its languages is not installed. The message is the reason to record."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What tesseract read on one page. `confidence` is the mean over its words, 0 to 1. The lines have the places, in
    points, that they have after `turn`."""

    lines: tuple[Line, ...]
    confidence: float
    words: int
    turn: Turn

    @property
    def good(self) -> bool:
        return self.words > 3 and self.confidence >= GOOD_CONFIDENCE

    @property
    def worth(self) -> float:
        return self.confidence * min(self.words, 100)

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


def read_scan(scan: Scan, languages: str) -> Reading:
    """Read a page with tesseract, whichever way it lies.

    One that comes out empty or doubtful is tried again: the other way up, if it is not clear which is right, then
    blurred and with its contrast stretched, for faint scans; the best reading is returned. Raises OcrUnavailable, and
    RuntimeError where tesseract takes longer than `TIMEOUT_S`.
    """
    from PIL import ImageFilter, ImageOps

    picture = lit(scan.picture)
    quarters, angle, sure = lie(picture)
    turn = Turn(scan.width, scan.height, quarters, angle)
    best = _read(picture, scan, turn, languages)
    if best.words and not best.good and not sure:
        over = replace(turn, quarters=(quarters + 2) % 4)
        best = max(best, _read(picture, scan, over, languages), key=lambda reading: reading.worth)
    if not best.good:
        soft = ImageOps.autocontrast(picture.filter(ImageFilter.GaussianBlur(1)), cutoff=1)
        best = max(best, _read(soft, scan, best.turn, languages), key=lambda reading: reading.worth)
    return best


def read_patch(picture: Image, dpi: float, languages: str) -> str:
    """The text of a few lines cut out of a page. Raises as `read_scan` does."""
    page = _hocr(lit(picture), f"--psm 6 --dpi {round(dpi)}", languages)
    return " ".join(word for line in _lines(page) for word, _, _ in _words(line))


def _read(picture: Image, scan: Scan, turn: Turn, languages: str) -> Reading:
    upright = set_upright(picture, turn.quarters, turn.angle)
    page = _hocr(upright, f"--psm 3 --dpi {round(scan.scale * 72)}", languages)
    lines: list[Line] = []
    scores: list[float] = []
    for element in _lines(page):
        words = list(_words(element))
        if line := _line(element, words, scan):
            lines.append(line)
            scores += [score for _, _, score in words]
    return Reading(tuple(_evened(lines)), sum(scores) / len(scores) if scores else 0.0, len(scores), turn)


def _hocr(picture: Image, options: str, languages: str) -> ElementTree.Element:
    """Tesseract's hOCR of `picture`, which is XHTML; an empty element where it gave up."""
    tesseract = _tesseract()
    if missing := _missing(languages, tesseract.pytesseract.tesseract_cmd):
        packages = " ".join(f"tesseract-ocr-{language.replace('_', '-')}" for language in missing)
        raise OcrUnavailable(f"tesseract has no language {', '.join(missing)} (Debian: apt-get install {packages})")
    picture.format = "PPM"  # what pytesseract saves it as: a PNG takes as long as a fifth of the reading
    try:
        with core():
            page = tesseract.image_to_pdf_or_hocr(
                picture, lang=languages, config=options, extension="hocr", timeout=TIMEOUT_S
            )
        return ElementTree.fromstring(page)
    except tesseract.TesseractNotFoundError as error:
        raise OcrUnavailable("tesseract is not installed") from error
    except tesseract.TesseractError as error:
        if "loading language" in error.message:
            raise OcrUnavailable(f"tesseract cannot load {languages}") from error
        return ElementTree.Element("nothing")
    except ElementTree.ParseError:
        return ElementTree.Element("nothing")


def _tesseract() -> ModuleType:
    """pytesseract, whose processes keep to one thread: more spin against each other, 79 s a page instead of 2.4."""
    import pytesseract

    pytesseract.pytesseract.environ = ChainMap({"OMP_THREAD_LIMIT": "1"}, os.environ)
    module: ModuleType = pytesseract
    return module


@lru_cache
def _missing(languages: str, _command: str) -> tuple[str, ...]:
    tesseract = _tesseract()
    try:
        there = {*tesseract.get_languages()}
    except tesseract.TesseractNotFoundError as error:
        raise OcrUnavailable("tesseract is not installed") from error
    # Names such as script/Latin are not among those that pytesseract lists.
    return tuple(language for language in languages.split("+") if language not in there and "/" not in language)


def _lines(page: ElementTree.Element) -> Iterator[ElementTree.Element]:
    return (element for element in page.iter() if element.get("class") in _LINES)


def _words(line: ElementTree.Element) -> Iterator[tuple[str, dict[str, list[str]], float]]:
    """The words of a line, their properties, and how sure tesseract is of each, 0 to 1."""
    for element in line:
        if element.get("class") == "ocrx_word" and (text := "".join(element.itertext()).strip()):
            facts = _properties(element)
            yield text, facts, float(facts["x_wconf"][0]) / 100


def _line(
    element: ElementTree.Element, words: list[tuple[str, dict[str, list[str]], float]], scan: Scan
) -> Line | None:
    facts = _properties(element)
    x0, y0, x1, y1 = (float(value) for value in facts["bbox"])
    height = float(facts.get("x_size", [y1 - y0])[0])
    descent = float(facts.get("x_descenders", [0.2 * height])[0])
    text, gaps, end = "", [], x0
    for word, word_facts, _ in words:
        left, _, right, _ = (float(value) for value in word_facts["bbox"])
        if text and left - end > WIDE_GAP * NARROWED * height:
            gaps.append(len(text) + 1)
        text, end = clean(f"{text} {word}"), right
    if not text:
        return None
    across, down = scan.scale * NARROWED, scan.scale
    return Line(
        text=text,
        box=(x0 / across, y0 / down, x1 / across, y1 / down),
        base=(y1 - descent) / down,
        size=round(height / down, 1),
        page=scan.number,
        gaps=tuple(gaps),
    )


def _evened(lines: list[Line]) -> list[Line]:
    """`lines` with one size for all that measure nearly the same: a line without descenders measures smaller."""
    if not lines:
        return lines
    usual = median(line.size for line in lines for _ in range(len(line.text)))
    return [replace(line, size=usual) if abs(line.size - usual) < 0.18 * usual else line for line in lines]


def _properties(element: ElementTree.Element) -> dict[str, list[str]]:
    """The values in an hOCR title such as "bbox 1 2 3 4; x_wconf 95", by name."""
    return {name: values for name, *values in (entry.split() for entry in element.get("title", "").split(";"))}
