"""As many papers as one likes, for the benchmarks."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pymupdf

SAMPLES = Path(__file__).parent / "samples"
PAGES, WORDS = 10, 560


def typeset(number: int, path: Path, scan: bool = False, pages: int = PAGES) -> None:
    """A paper whose sentences are the samples' with every few words another: no duplicate of any other.

    Its last page is a picture with `scan`.
    """
    draw = random.Random(f"scale:{number}")
    sentences, words = _prose()
    with pymupdf.open() as file:
        for sheet in range(pages):
            page = file.new_page()
            page.insert_text((60, 60), f"{sheet + 1} {' '.join(draw.choices(words, k=3)).capitalize()}", fontsize=13)
            for column in (60, 310):
                text, length = [], 0
                while length < WORDS // 2:
                    drawn = draw.choice(sentences).split()
                    drawn = [draw.choice(words) if word.islower() and draw.random() < 0.2 else word for word in drawn]
                    text.append(" ".join(drawn))
                    length += len(drawn)
                page.insert_textbox((column, 76, column + 228, 790), " ".join(text), fontname="tiro", fontsize=9.5)
        if scan:
            picture = file[-1].get_pixmap(dpi=200, colorspace=pymupdf.csGRAY)
            file.delete_page(-1)
            sheet = file.new_page()
            sheet.insert_image(sheet.rect, pixmap=picture)
        file.save(path, deflate=True)


def _prose() -> tuple[list[str], list[str]]:
    if not _kept:
        text = " ".join(file.read_text() for file in sorted(SAMPLES.glob("*.md")))
        sentences = [" ".join(found.split()) for found in re.findall(r"[A-Z][^.!?|#*`$\n]{40,200}\.", text)]
        _kept.append((sentences, sorted({w for s in sentences for w in s.split() if w.isalpha() and len(w) > 4})))
    return _kept[0]


_kept: list[tuple[list[str], list[str]]] = []
