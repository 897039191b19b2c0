"""What a file is, by its first bytes: names lie, and downloads often have none."""

from __future__ import annotations

import re

HEAD = 1024
"""Bytes that tell: those before which a PDF must say that it is one."""

_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive or an office document such as .docx"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"BM", "a BMP picture"),
    (b"AT&TFORM", "a DjVu document"),
    (b"%!PS", "PostScript"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"\xd0\xcf\x11\xe0", "an old office document such as .doc"),
    (b"{\\rtf", "rich text"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"SQLite format 3\x00", "a database"),
)
_PAGE = re.compile(
    rb"(?:\s|<!--.*?-->|<\?xml.*?\?>)*(?:<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>])", re.IGNORECASE | re.DOTALL
)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def is_pdf(head: bytes, *, named_so: bool = True) -> bool:
    """Whether a file that starts with `head` is a PDF. Junk may stand before the mark, but in a file that is not
    `named_so` it may as well be a text about PDFs."""
    return b"%PDF-" in head if named_so else head.lstrip(b"\xef\xbb\xbf \t\r\n\x00").startswith(b"%PDF-")


def is_page(head: bytes) -> bool:
    """Whether it is a whole HTML page."""
    return bool(_PAGE.match(head.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").removeprefix(b"\xff\xfe")))


def described(head: bytes) -> str:
    """What a file that starts with `head` looks like, in words."""
    known = binary(head)
    if known:
        return known
    if is_page(head):
        return "an HTML page, such as a login or error page"
    return "plain text" if b"\x00" not in head or head.startswith(_UTF_16) else "some other kind of file"


def binary(head: bytes) -> str:
    """Which kind of file that is no text it is, or nothing."""
    found = next((name for signature, name in _SIGNATURES if head.startswith(signature)), "")
    # "BM" begins a text as well.
    return "" if found == "a BMP picture" and b"\x00" not in head[:32] else found
