"""The text layer of a page as MuPDF reads it, with what MuPDF leaves out of it put back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from extractors.pages.glyphs import EXTENSION, ODD, UNKNOWN, extension, legible

if TYPE_CHECKING:
    import pymupdf

_HAS_CODES = 128
"""The bit of a span's flags that says that codes of a font stand among its characters for want of Unicode values."""
_PUT_IN = 512
"""The bit that says that MuPDF itself has put a space there."""
_HYPHEN = re.compile(r"[^\W\d_]-[^\W\d_]")
_RUN_ON = 22
"""Letters on end from which words are taken to be run together."""
_LETTERS = re.compile(rf"[^\W\d_]{{{_RUN_ON}}}")
_SHORT = 3
"""Characters of lines of which a page may well have many the same."""
_NARROW_SPACE = 0.1
"""Ems between two letters that part words in a condensed font, where MuPDF asks for 0.15."""
_CLOSING = frozenset(" .,;:)]”’")
_TRACKED = 0.35
"""Share of wide gaps from which they are the spacing of the letters."""


def text_layer(page: pymupdf.Page) -> dict[str, Any]:
    """PyMuPDF's "dict" of `page` without pictures, in stream order, one span for all that is set alike.

    Lines drawn twice to look bold are there once, words of narrow fonts are parted, and glyphs without a Unicode value
    are what they mean, or U+FFFD.
    """
    import pymupdf

    flags = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
    content: dict[str, Any] = page.get_text("dict", flags=flags | pymupdf.TEXT_CID_FOR_UNKNOWN_UNICODE)
    coded = [span for line in _lines(content) for span in line["spans"] if span["char_flags"] & _HAS_CODES]
    if coded:
        content = _decoded(content, coded, lambda: page.get_text("dict", flags=flags))
    for line in _lines(content):
        line["spans"] = _merged(line["spans"])
    texts = [written(line) for line in _lines(content)]
    text = "\n".join(texts)
    if _LETTERS.search(text):
        _part_words([line for line in _lines(content) if _LETTERS.search(written(line))], page, flags)
    if ODD.search(text):
        _make_legible(content, hyphen="" if _HYPHEN.search(text) else "-")
    long = [text for text in texts if len(text) > _SHORT]
    if len(set(long)) < len(long):
        _drop_doubles(content)
    return content


def _lines(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (line for block in content["blocks"] for line in block["lines"])


def _decoded(
    content: dict[str, Any], coded: list[dict[str, Any]], again: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """`content` with operators and delimiters for the codes of TeX's extension fonts, and U+FFFD for those of others.

    Which characters of a span are codes is not said, so that where others have some, the page is read `again` without.
    """
    operators = {
        span["origin"]: span for span in coded if EXTENSION.search(span["font"]) and not span["char_flags"] & _PUT_IN
    }
    for span in operators.values():
        span["text"] = extension(span["text"])
    if all(EXTENSION.search(span["font"]) for span in coded):
        return content
    content = again()
    for line in _lines(content):
        for span in line["spans"]:
            if span["origin"] in operators and not span["text"].strip(UNKNOWN):
                span["text"] = operators[span["origin"]]["text"]
    return content


def written(line: dict[str, Any]) -> str:
    """The text of one line."""
    spans = line["spans"]
    return str(spans[0]["text"]) if len(spans) == 1 else "".join([span["text"] for span in spans])


def _merged(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`spans` with those joined that only a space parts, or a colour."""
    merged: list[dict[str, Any]] = []
    last: dict[str, Any] = {}
    style: tuple[float, str, int] | None = None
    for span in spans:
        text = span["text"]
        if style and span["char_flags"] & _PUT_IN:
            last["text"] += text
            continue
        this, box = (span["size"], span["font"], span["flags"]), span["bbox"]
        if this != style or abs(box[3] - last["bbox"][3]) > 0.5:
            if text:
                last, style = span, this
                merged.append(span)
            continue
        if not text.isspace():
            left, top, _, bottom = box if last["text"].isspace() else last["bbox"]
            last["bbox"] = left, min(top, box[1]), box[2], max(bottom, box[3])
        last["text"] += text
    return merged


def _part_words(lines: list[dict[str, Any]], page: pymupdf.Page, flags: int) -> None:
    """Put the spaces into `lines` that run words together, by the room between their characters."""
    import pymupdf

    around = pymupdf.Rect()
    for line in lines:
        around |= line["bbox"]
    raw = {line["bbox"]: line for line in _lines(page.get_text("rawdict", flags=flags, clip=around))}
    for line in lines:
        rooms: list[bool] = []
        end = float("inf")
        for span in raw.get(line["bbox"], {"spans": []})["spans"]:
            for character in span["chars"]:
                left, _, right, _ = character["bbox"]
                rooms.append(left - end > _NARROW_SPACE * span["size"] and character["c"] not in _CLOSING)
                end = float("inf") if character["c"].isspace() else right
        if 0 < sum(rooms) < _TRACKED * len(rooms) and len(rooms) == len(written(line)):
            room = iter(rooms)
            for span in line["spans"]:
                span["text"] = "".join([f" {c}" if next(room) else c for c in span["text"]])


def _make_legible(content: dict[str, Any], hyphen: str) -> None:
    """Replace odd characters. Of soft hyphens, which are all that some fonts have, those within lines are `hyphen`."""
    for line in _lines(content):
        if not ODD.search(written(line)):
            continue
        spans = line["spans"]
        for span in spans:
            span["text"] = legible(span["text"], span["font"])
        spans[-1]["text"] = re.sub("\u00ad(\\s*)$", r"-\1", spans[-1]["text"])
        for span in spans:
            span["text"] = span["text"].replace("\u00ad", hyphen)


def _drop_doubles(content: dict[str, Any]) -> None:
    """Leave out lines that lie on the last one of the same text."""
    seen: dict[str, tuple[float, float]] = {}
    for block in content["blocks"]:
        kept = []
        for line in block["lines"]:
            text = written(line)
            left, top, _, bottom = line["bbox"]
            x, y = seen.get(text, (-bottom, -bottom))
            if abs(left - x) + abs(top - y) > 0.15 * (bottom - top):
                kept.append(line)
                seen[text] = left, top
        block["lines"] = kept
