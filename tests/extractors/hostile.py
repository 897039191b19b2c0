"""Small PDFs written by hand, for what no library would write."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
BEFORE = "A retriever finds the passages that a reader answers the questions from."
AFTER = "The reader is trained on the passages that were found in the first stage."


def written(path: Path, objects: Sequence[bytes]) -> Path:
    """A PDF of `objects`, which are numbered from 1; the first is the catalogue."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, start = len(objects) + 1, len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    path.write_bytes(out + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, start))
    return path


def stream(data: bytes, keys: bytes = b"") -> bytes:
    packed = zlib.compress(data, 9)
    return b"<</Length %d/Filter/FlateDecode%s>>\nstream\n%s\nendstream" % (len(packed), keys, packed)


def text(sentence: str) -> bytes:
    return b"BT /F1 11 Tf 72 720 Td (%s) Tj ET" % sentence.encode()


def between(
    path: Path, content: bytes, *, box: bytes = b"[0 0 612 792]", keys: bytes = b"", more: Sequence[bytes] = ()
) -> Path:
    """Three pages, of which the first and the last are harmless, and the one between has `content`."""
    page = b"<</Type/Page/Parent 2 0 R/Contents %d 0 R%s>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 3/Kids[3 0 R 4 0 R 5 0 R]/MediaBox[0 0 612 792]/Resources<</Font<</F1 9 0 R>>>>>>",
        *(page % (6, b""), page % (7, b"/MediaBox" + box + keys), page % (8, b"")),
        *(stream(text(BEFORE)), stream(content), stream(text(AFTER)), FONT, *more),
    ]
    return written(path, objects)
