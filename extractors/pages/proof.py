"""A text layer proofread against the picture of its page."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Any

from extractors.ocr import read_patch
from extractors.pages.scan import Scan
from extractors.pages.textlayer import written
from extractors.pages.turn import Turn
from extractors.records import Box

PATCH_WORDS = 60
"""Words of a text layer that are compared with the picture."""
_TOKEN = re.compile(r"[^\W_]{2,}")


def patch_agreement(content: dict[str, Any], turn: Turn, scan: Scan, languages: str) -> float:
    """How far a patch of a text layer, from the first third of the page on, agrees with the picture, 0 to 1.

    `turn` is how the text layer was turned. Raises OcrUnavailable.
    """
    lines = [
        (line["bbox"], written(line))
        for block in content["blocks"]
        for line in block["lines"]
        if abs(line["dir"][0]) > 0.9
    ]
    patch: list[Box] = []
    words = 0
    for box, text in lines[len(lines) // 3 :]:
        if words < PATCH_WORDS:
            patch.append(box)
            words += len(text.split())
    if not patch:
        return 0.0
    left, tops, right, bottoms = zip(*patch, strict=True)
    x0, y0, x1, y1 = min(left), min(tops), max(right), max(bottoms)
    within = [text for box, text in lines if y0 <= (box[1] + box[3]) / 2 <= y1 and box[0] < x1 and box[2] > x0]
    left_edge, top, right_edge, bottom = (scan.scale * edge for edge in turn.back((x0 - 2, y0 - 1, x1 + 2, y1 + 1)))
    picture = scan.picture.crop(
        (
            max(0, int(left_edge)),
            max(0, int(top)),
            min(scan.picture.width, int(right_edge)),
            min(scan.picture.height, int(bottom)),
        )
    )
    picture = picture.rotate(90 * turn.quarters, expand=True)
    return agreement("\n".join(within), read_patch(picture, 72 * scan.scale, languages))


def agreement(one: str, other: str) -> float:
    """The share of their words, accents aside, that two readings of the same lines have in common, 0 to 1.

    Single characters do not count: they are most of a formula, and OCR knows no Greek."""
    counts = Counter(_tokens(one)), Counter(_tokens(other))
    total = counts[0].total() + counts[1].total()
    return 2 * (counts[0] & counts[1]).total() / total if total else 0.0


def _tokens(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _TOKEN.findall("".join(c for c in plain if not unicodedata.combining(c)))
