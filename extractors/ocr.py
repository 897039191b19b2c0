"""A page that is only a picture, read by tesseract into the same lines that a text page has."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any

from extractors.cleaning import clean
from extractors.lines import Line
from extractors.records import Box

if TYPE_CHECKING:
    from PIL.Image import Image

GOOD_CONFIDENCE = 0.7
"""Mean word confidence from which a reading is not tried again."""
OSD_CONFIDENCE = 5.0
"""Below this, tesseract's opinion on which way is up was wrong."""
MAX_PIXELS = 50_000_000
PAGE_TIMEOUT_S = 180


class OcrUnavailable(Exception):
    """Tesseract or one of its languages is not installed. The message is the reason to record."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How a page was turned to be read: quarters to the left, and then `angle` degrees to the left about its middle.
    `width` and `height` are those of the page as it lies in the file, in points."""

    width: float
    height: float
    quarters: int = 0
    angle: float = 0.0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height after the turn."""
        return (self.height, self.width) if self.quarters % 2 else (self.width, self.height)

    def back(self, box: Box) -> Box:
        """Where a box on the turned page stands on the page as it lies in the file."""
        width, height = self.size
        sine, cosine = math.sin(math.radians(self.angle)), math.cos(math.radians(self.angle))
        x, y = (box[0] + box[2] - width) / 2, (box[1] + box[3] - height) / 2
        shift_x, shift_y = x * cosine - y * sine - x, x * sine + y * cosine - y
        x0, y0, x1, y1 = box[0] + shift_x, box[1] + shift_y, box[2] + shift_x, box[3] + shift_y
        if self.quarters == 1:
            return self.width - y1, x0, self.width - y0, x1
        if self.quarters == 2:
            return self.width - x1, self.height - y1, self.width - x0, self.height - y0
        if self.quarters == 3:
            return y0, self.height - x1, y1, self.height - x0
        return x0, y0, x1, y1


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


def read_page(page: Any, number: int, languages: str, dpi: int) -> Reading:
    """Read a PyMuPDF page with tesseract.

    A page that comes out empty or doubtful is tried again: turned the right way up, then blurred and with its contrast
    stretched, for faint scans; the best reading is returned. Raises OcrUnavailable.
    """
    from PIL import ImageFilter, ImageOps

    picture, scale = draw(page, dpi)
    turn = Turn(page.rect.width, page.rect.height)
    best = _read(picture, number, languages, scale, turn)
    if not best.good and (quarters := _quarters(picture)):
        picture, turn = picture.rotate(90 * quarters, expand=True), replace(turn, quarters=quarters)
        best = max(best, _read(picture, number, languages, scale, turn), key=lambda reading: reading.worth)
    if not best.good:
        soft = ImageOps.autocontrast(picture.filter(ImageFilter.GaussianBlur(1)), cutoff=1)
        best = max(best, _read(soft, number, languages, scale, turn), key=lambda reading: reading.worth)
    return best


def draw(page: Any, dpi: int) -> tuple[Image, float]:
    """A grey picture of the page, and its pixels a point; fewer where the page is too large for the memory."""
    import pymupdf
    from PIL import Image

    scale = dpi / 72
    area = abs(page.rect.width * page.rect.height) or 1.0
    scale = min(scale, math.sqrt(MAX_PIXELS / area))
    pixels = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csGRAY, alpha=False)
    return Image.frombytes("L", (pixels.width, pixels.height), pixels.samples), scale


def skew(picture: Image) -> float:
    """The angle in degrees, counter-clockwise, that sets the lines of `picture` level: the one at which the rows of
    its projection differ most (Postl 1986), from -5 to 5; 0 if none is clearly better."""
    import numpy as np
    from PIL import Image as Images

    small = picture.copy()
    small.thumbnail((600, 600))
    ink = 255 - np.asarray(small, dtype=np.float32)
    ink[ink < 60] = 0
    sheet = Images.fromarray(ink.astype(np.uint8))

    def sharpness(angle: float) -> float:
        rows = np.asarray(sheet.rotate(angle, resample=Images.Resampling.BILINEAR), dtype=np.float32).sum(axis=1)
        return float(np.square(np.diff(rows)).sum())

    level = sharpness(0.0)
    if not level:
        return 0.0
    coarse = max((a / 2 for a in range(-10, 11)), key=sharpness)
    fine = max((coarse + a / 10 for a in range(-5, 6)), key=sharpness)
    return fine if sharpness(fine) > 1.05 * level and abs(fine) >= 0.15 else 0.0


def _quarters(picture: Image) -> int:
    """How many quarters to the left set the page upright, by tesseract's script detection; 0 where it is not sure."""
    import pytesseract

    try:
        with _one_thread():
            found = pytesseract.image_to_osd(picture, output_type=pytesseract.Output.DICT, timeout=PAGE_TIMEOUT_S)
    except (pytesseract.TesseractError, RuntimeError):
        return 0
    sure = float(found["orientation_conf"]) >= OSD_CONFIDENCE
    return int(found["orientation"]) // 90 % 4 if sure else 0


def _read(picture: Image, number: int, languages: str, scale: float, turn: Turn) -> Reading:
    import pytesseract
    from bs4 import BeautifulSoup
    from PIL import Image as Images

    turn = replace(turn, angle=skew(picture))
    if turn.angle:
        picture = picture.rotate(turn.angle, resample=Images.Resampling.BICUBIC, fillcolor=255)
    options = f"--psm 3 --dpi {round(scale * 72)}"
    try:
        with _one_thread():
            page = pytesseract.image_to_pdf_or_hocr(
                picture, lang=languages, config=options, extension="hocr", timeout=PAGE_TIMEOUT_S
            )
    except pytesseract.TesseractNotFoundError as error:
        raise OcrUnavailable("tesseract is not installed") from error
    except pytesseract.TesseractError as error:
        if "language" in str(error).lower():
            raise OcrUnavailable(f"tesseract has no language {languages}") from error
        return Reading((), 0.0, 0, turn)
    except RuntimeError:
        return Reading((), 0.0, 0, turn)
    lines, scores = [], []
    for line in BeautifulSoup(page, "html.parser").select(".ocr_line, .ocr_header, .ocr_caption, .ocr_textfloat"):
        words = [word for word in line.select(".ocrx_word") if word.get_text(strip=True)]
        text = clean(" ".join(word.get_text(strip=True) for word in words))
        if not text:
            continue
        scores += [float(_properties(word)["x_wconf"][0]) / 100 for word in words]
        facts = _properties(line)
        x0, y0, x1, y1 = (float(v) for v in facts["bbox"])
        height = float(facts.get("x_size", [y1 - y0])[0])
        descent = float(facts.get("x_descenders", [0.2 * height])[0])
        lines.append(
            Line(
                text=text,
                box=(x0 / scale, y0 / scale, x1 / scale, y1 / scale),
                base=(y1 - descent) / scale,
                size=round(height / scale, 1),
                page=number,
            )
        )
    return Reading(tuple(_evened(lines)), sum(scores) / len(scores) if scores else 0.0, len(scores), turn)


def _evened(lines: list[Line]) -> list[Line]:
    """`lines` with one size for all that measure nearly the same: a line without descenders measures smaller."""
    if not lines:
        return lines
    usual = median(line.size for line in lines for _ in range(len(line.text)))
    return [replace(line, size=usual) if abs(line.size - usual) < 0.18 * usual else line for line in lines]


def _properties(element: Any) -> dict[str, list[str]]:
    """The values in an hOCR title such as "bbox 1 2 3 4; x_wconf 95", by name."""
    return {name: values for name, *values in (entry.split() for entry in element["title"].split(";"))}


@contextmanager
def _one_thread() -> Iterator[None]:
    """Tesseract held to one thread: with more its threads spin against each other, 79 s a page instead of 2.4."""
    before = os.environ.get("OMP_THREAD_LIMIT")
    os.environ["OMP_THREAD_LIMIT"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["OMP_THREAD_LIMIT"]
        else:
            os.environ["OMP_THREAD_LIMIT"] = before
