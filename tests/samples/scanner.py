"""Pages as a scanner delivers them, for the sample PDFs: pictures, a little askew, with light noise."""

from __future__ import annotations

import io
from collections.abc import Collection

import numpy as np
import pymupdf
from PIL import Image, ImageFilter


def scan(page: pymupdf.Page, dpi: int, degrees: float, seed: int, bilevel: bool) -> bytes:
    """The page as a black-and-white PNG or a grey JPEG, turned by `degrees`."""
    pixmap = page.get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY)
    image = Image.frombytes("L", (pixmap.width, pixmap.height), pixmap.samples)
    image = image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=255).filter(ImageFilter.GaussianBlur(0.6))
    noise = np.random.default_rng(seed)
    grey = np.asarray(image, dtype=np.float32)
    stream = io.BytesIO()
    if bilevel:
        black = grey + noise.normal(0, 14, grey.shape) < 140
        specks = noise.random(grey.shape) < 0.00008
        Image.fromarray(~(black | specks)).save(stream, "PNG", optimize=True)
    else:
        paper = np.linspace(236, 246, grey.shape[1], dtype=np.float32)[None, :]
        dirty = grey / 255 * (paper - 40) + 40 + noise.normal(0, 2.5, grey.shape)
        Image.fromarray(dirty.clip(0, 255).astype(np.uint8)).save(stream, "JPEG", quality=38, optimize=True)
    return stream.getvalue()


def scanned(document: pymupdf.Document, pages: Collection[int], dpi: int, seed: int, bilevel: bool) -> pymupdf.Document:
    """`document` with the given pages (counted from 0) replaced by pictures of themselves."""
    result = pymupdf.open()
    for number, page in enumerate(document):
        if number not in pages:
            result.insert_pdf(document, from_page=number, to_page=number)
            continue
        picture = scan(page, dpi, 1.1 if number % 2 else -0.9, seed + number, bilevel)
        result.new_page(width=page.rect.width, height=page.rect.height).insert_image(page.rect, stream=picture)
    return result
