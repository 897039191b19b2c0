"""Pages that are hard to judge: whether their text layer will do, or their picture has to be read."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pymupdf

from tests.extractors import typeset
from tests.samples.scanner import scan

RAW_DOCS = Path(__file__).parents[2] / "raw_docs"
GERMAN = (
    "Der Speicher einer Grafikkarte reicht nur selten für alle Gewichte eines großen Modells und für das, was der "
    "Optimierer sich zu jedem von ihnen merkt. Man teilt sie deshalb auf mehrere Karten auf, die einander nach "
    "jedem Schritt mitteilen, was sie berechnet haben. "
)
STAMP = "This copy was downloaded from the library of the University of Examples, for personal use and study only."


@dataclass(frozen=True)
class HardPage:
    """One page: whether OCR is needed, and what stands on it, if that is known."""

    name: str
    file: pymupdf.Document
    needs_ocr: bool
    truth: str = ""


def digital(name: str) -> pymupdf.Document:
    """One of the sample documents that were not scanned."""
    return pymupdf.open(RAW_DOCS / f"{name}.pdf")


def scanned(
    page: pymupdf.Page,
    dpi: int = 200,
    degrees: float = 0.0,
    bilevel: bool = False,
    layer: Callable[[str], str] | None = None,
    stamps: int = 0,
) -> pymupdf.Document:
    """A scan of `page`, with stamps across it or over an invisible text layer that `layer` makes of its lines."""
    file = pymupdf.open()
    sheet = file.new_page(width=page.rect.width, height=page.rect.height)
    sheet.insert_image(sheet.rect, stream=scan(page, dpi, degrees, 7, bilevel))
    for number in range(stamps):
        sheet.insert_text((70, 250 + 90 * number), STAMP, fontsize=9, color=(1, 0, 0))
    for line in (line for block in page.get_text("dict")["blocks"] for line in block.get("lines", ())):
        text = layer("".join(span["text"] for span in line["spans"])) if layer else ""
        if text.strip():
            left, _, right, bottom = line["bbox"]
            size = max(4.0, (right - left) / pymupdf.get_text_length(text, fontsize=1))
            sheet.insert_text((left, bottom - 2), text, fontsize=size, render_mode=3)
    return file


def misread(share: float) -> Callable[[str], str]:
    """Makes of a line what a poor OCR program does: `share` of its letters become others, more, or none."""
    chance = random.Random(5)

    def spoil(text: str) -> str:
        return "".join(
            chance.choice(["", "rn", "l", "c", "e", "o", "u"]) if c.isalpha() and chance.random() < share else c
            for c in text
        )

    return spoil


def shifted(text: str) -> str:
    """Every letter the next one of the alphabet, as fonts with a wrong map of their glyphs have it."""
    return "".join(chr(ord(c) + 1) if c.isascii() and c.isalpha() and c not in "zZ" else c for c in text)


def outlined(page: pymupdf.Page) -> pymupdf.Document:
    """`page` with its letters drawn as shapes."""
    picture = pymupdf.open("svg", page.get_svg_image(text_as_path=True).encode())
    return pymupdf.open("pdf", picture.convert_to_pdf())


def typed(text: str, font: str = typeset.ROMAN, size: float = 10) -> pymupdf.Document:
    press = typeset.Press()
    for number, line in enumerate(text.split("\n")):
        press.line(60, 60 + 1.25 * size * number, line, size, font)
    return press.file


def numbers() -> str:
    chance = random.Random(1)
    return "\n".join("      ".join(f"{chance.uniform(0, 100):.3f}" for _ in range(7)) for _ in range(55))


def references() -> str:
    chance = random.Random(2)
    names = ["Vaswani", "Schmidhuber", "Nguyen", "Hochreiter", "Szegedy", "Xu", "Wu", "Kudo"]
    return "\n".join(
        f"[{n}] {chance.choice(names)}, {chance.choice('ABKLM')}. and {chance.choice(names)}, {chance.choice('HJPT')}. "
        f"LSTM Networks. NeurIPS {1990 + n % 30}, pp. {11 * n}-{11 * n + 9}. arXiv:1{n:03}.0{7 * n:04}"
        for n in range(55)
    )


def code() -> str:
    return "\n".join(
        f'for (int i{n} = 0; i{n} < n; ++i{n}) {{ x[i{n}] = f(y[i{n}], z); printf("%d", x); }}' for n in range(50)
    )


def hard_pages() -> Iterator[HardPage]:
    """All of them."""
    prose = digital("attention-and-transformers")[1]
    columns = digital("lora-and-qlora")[1]
    said = prose.get_text()
    yield HardPage("table of numbers", typed(numbers()), False)
    yield HardPage("list of references", typed(references(), size=8), False)
    yield HardPage("code", typed(code(), typeset.MONO, 8), False)
    yield HardPage("German", typed("\n".join(line for line, _ in typeset.broken(GERMAN * 8, 460, 10))), False)
    yield HardPage("good hidden layer", scanned(prose, layer=str), False, said)
    yield HardPage("good hidden layer, two columns", scanned(columns, layer=str), False, columns.get_text())
    for share in (0.06, 0.12, 0.3):
        yield HardPage(f"hidden layer, {share:.0%} misread", scanned(prose, layer=misread(share)), True, said)
    yield HardPage("hidden layer without spaces", scanned(prose, layer=lambda text: text.replace(" ", "")), True, said)
    yield HardPage("hidden layer, letters shifted", scanned(prose, layer=shifted), True, said)
    yield HardPage("scan with one stamp", scanned(prose, stamps=1), True, said)
    yield HardPage("scan with four stamps", scanned(prose, stamps=4), True, said)
    yield HardPage("letters drawn as shapes", outlined(prose), True, said)
