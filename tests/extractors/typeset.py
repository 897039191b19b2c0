"""Sets small papers into PDF for the tests: justified lines, hyphens where the text allows them, columns and pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pymupdf

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

ROMAN, BOLD, ITALIC, MONO = "tiro", "tibo", "tiit", "cour"
WIDTH, HEIGHT = 595.0, 842.0


class Press:
    """A PDF in the making. Places are in points from the top left corner; `y` is a baseline."""

    def __init__(self) -> None:
        self.file = pymupdf.open()
        self.page: pymupdf.Page = self.file.new_page(width=WIDTH, height=HEIGHT)

    def turn(self) -> None:
        """Begin a new page."""
        self.page = self.file.new_page(width=WIDTH, height=HEIGHT)

    def line(self, x: float, y: float, text: str, size: float = 10, font: str = ROMAN) -> float:
        """Set one line and return the x at which it ends."""
        self.page.insert_text((x, y), text, fontsize=size, fontname=font)
        return x + pymupdf.get_text_length(text, fontname=font, fontsize=size)

    def centred(self, y: float, text: str, size: float = 10, font: str = ROMAN) -> None:
        self.line((WIDTH - pymupdf.get_text_length(text, fontname=font, fontsize=size)) / 2, y, text, size, font)

    def paragraph(
        self, x: float, y: float, width: float, text: str, size: float = 10, *, indent: float = 0, font: str = ROMAN
    ) -> float:
        """Set `text` justified and return the baseline below it. A soft hyphen marks where a word may be broken."""
        for line, last in broken(text, width, size, indent, font):
            left = x + indent
            words = line.split()
            free = width - indent - sum(pymupdf.get_text_length(w, fontname=font, fontsize=size) for w in words)
            gap = 0.25 * size if last or len(words) == 1 else free / (len(words) - 1)
            for word in words:
                left = self.line(left, y, word, size, font) + gap
            y, indent = y + 1.2 * size, 0
        return y

    def columns(self, top: float, bottom: float, text: str, size: float = 10) -> None:
        """Set paragraphs, which blank lines part, in two columns, and go on over as many pages as they need."""
        left, y, width = 60.0, top, 225.0
        for number, paragraph in enumerate(text.split("\n\n")):
            indent = 12.0 if number else 0.0
            for line, last in broken(paragraph, width, size, indent):
                if y > bottom:
                    if left > 100:
                        self.turn()
                        left = 60.0
                    else:
                        left = 310.0
                    y = top
                words = line.split()
                free = width - indent - sum(pymupdf.get_text_length(w, ROMAN, size) for w in words)
                gap = 0.25 * size if last or len(words) == 1 else free / (len(words) - 1)
                at = left + indent
                for word in words:
                    at = self.line(at, y, word, size) + gap
                y, indent = y + 1.2 * size, 0.0

    def save(self, path: Path, **options: object) -> Path:
        self.file.save(path, **options)
        return path

    def scanned(self, path: Path, *, dpi: int = 150, skew: float = 0, quarters: int = 0) -> Path:
        """Save the pages as pictures, turned by `skew` degrees and by quarters of a turn."""
        from PIL import Image

        out = pymupdf.open()
        for page in self.file:
            pixels = page.get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY)
            picture = Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)
            picture = picture.rotate(skew, resample=Image.Resampling.BICUBIC, fillcolor=255)
            picture = picture.rotate(90 * quarters, expand=True)
            sheet = out.new_page(width=picture.width * 72 / dpi, height=picture.height * 72 / dpi)
            sheet.insert_image(sheet.rect, stream=_png(picture))
        out.save(path)
        return path


def _png(picture: Picture) -> bytes:
    import io

    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def broken(text: str, width: float, size: float, indent: float = 0, font: str = ROMAN) -> list[tuple[str, bool]]:
    """The lines of a paragraph, and whether each is its last."""
    space = pymupdf.get_text_length(" ", font, size)
    lines: list[str] = []
    line, room = "", width - indent
    for word in text.split():
        plain = word.replace("\u00ad", "")
        needed = pymupdf.get_text_length(plain, font, size) + (space if line else 0)
        if needed <= room:
            line, room = f"{line} {plain}".strip(), room - needed
            continue
        head, rest = "", word
        for at in [i for i, c in enumerate(word) if c == "\u00ad"]:
            piece = word[:at].replace("\u00ad", "") + "-"
            if pymupdf.get_text_length(piece, font, size) + space <= room:
                head, rest = piece, word[at + 1 :]
        lines.append(f"{line} {head}".strip())
        line = rest.replace("\u00ad", "")
        room = width - pymupdf.get_text_length(line, font, size)
    lines.append(line)
    return [(line, i == len(lines) - 1) for i, line in enumerate(lines)]
