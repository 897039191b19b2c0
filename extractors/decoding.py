"""Bytes to text: UTF-8, UTF-16 with or without its mark, what a page declares, or Windows's Latin-1."""

from __future__ import annotations

import codecs

from extractors.errors import UnreadableDocument

_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_STRAY = {0xDC00 + byte: bytes((byte,)).decode("cp1252", errors="replace") for byte in range(0x80, 0x100)}
"""What bytes that are no UTF-8 are in Windows's Latin-1."""


def decode(data: bytes, source: str, declared: str = "") -> str:
    """The text of `data`, lines ended by a line feed alone, without NUL. `declared` is tried where it is no UTF.

    Raises UnreadableDocument for what is no text.
    """
    text = _decoded(data, declared).replace("\r\n", "\n").replace("\r", "\n")
    unseen = sum(text.count(chr(code)) for code in range(32) if chr(code) not in "\t\n\f") + text.count("\ufffd")
    if unseen > 0.1 * len(text):
        raise UnreadableDocument(
            "not text", f"{source} is not text: it holds binary data.", fix="Give it the suffix of what it is."
        )
    return text.replace("\x00", "")


def _decoded(data: bytes, declared: str) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.removeprefix(mark).decode(encoding, errors="replace")
    start = data[:1024]
    for encoding, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if len(start) > 3 and zeros.count(0) > 0.7 * len(zeros) and start.count(0) < 0.6 * len(start):
            return data.decode(encoding, errors="replace")
    data = data.removeprefix(codecs.BOM_UTF8)
    for encoding in ("utf-8", declared):
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    # One bad byte in a file of UTF-8 spoils no other; all bytes of another encoding are bad ones.
    return data.decode("utf-8", errors="surrogateescape").translate(_STRAY)
