"""The picture of a page, made ready for OCR: lit evenly, and set upright and level."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

MAX_PIXELS = 50_000_000
NARROWED = 0.85
"""Width of the picture that is read, of that drawn: OCR's time grows with the length of the lines, not their height."""
STEEPEST = 10
"""Degrees of skew that are looked for."""
SURE = 1.1
"""How much sharper the feet of letters must line up than their heads to be sure which is which."""
DARK = 64
"""Grey, of 255, below which most of a page is no paper in a shadow, but black."""
_POINTS = 20_000
"""Edges looked at for each of the angles that are tried."""


@dataclass(frozen=True, slots=True)
class Scan:
    """Page `number` as a grey picture of `scale` pixels a point; `width` and `height` are the page's, in points."""

    picture: Image
    scale: float
    number: int
    width: float
    height: float


class Lie(NamedTuple):
    """How a page lies: it is upright and level after `quarters` and `angle` degrees to the left, if that is `sure`."""

    quarters: int
    angle: float
    sure: bool


def draw(page: Any, dpi: int) -> Scan:
    """A picture of a PyMuPDF page, coarser than `dpi` where the page is too large for the memory."""
    import pymupdf
    from PIL import Image

    area = abs(page.rect.width * page.rect.height) or 1.0
    scale = min(dpi / 72, math.sqrt(MAX_PIXELS / area))
    pixels = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csGRAY, alpha=False)
    picture = Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)
    return Scan(picture, scale, page.number + 1, page.rect.width, page.rect.height)


def lit(picture: Image) -> Image:
    """`picture` with its paper white throughout, whatever the light or the colour: shadows hide the words in them, and
    on film the paper is black."""
    import numpy as np
    from PIL import Image as Images
    from PIL import ImageFilter, ImageOps

    small = picture.reduce(8)
    if np.median(np.asarray(small)) < DARK:
        picture, small = ImageOps.invert(picture), ImageOps.invert(small)
    paper = small.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.BoxBlur(6))
    if np.asarray(paper).min() >= 250:
        return picture
    light = np.asarray(paper.resize(picture.size, Images.Resampling.BILINEAR), dtype=np.float32)
    grey = np.asarray(picture, dtype=np.float32) * (255 / np.maximum(light, 1))
    return Images.fromarray(np.minimum(grey, 255).astype(np.uint8))


def lie(picture: Image) -> Lie:
    """Which way `picture`, evenly lit, has to be turned for its lines to be level and upright.

    Seen from below, the edges of letters line up best, as most stand on the baseline; from above less, as some are
    taller; from the sides not at all. So the edges towards each side are projected at every angle, and the sharpest
    profile tells side and angle at once (after Baird 1987, who takes the baseline points for the angle).
    """
    import numpy as np

    fine, coarse = _ink(picture), _ink(picture.reduce(2))
    if fine is None or coarse is None:
        return Lie(0, 0.0, False)
    around = np.arange(-STEEPEST, STEEPEST + 0.1, 0.5)
    first = [_sharpest(coarse, quarters, around) for quarters in range(4)]
    guess = max(range(4), key=lambda quarters: first[quarters][0])
    near = first[guess][1] + np.arange(-0.5, 0.51, 0.1)
    (below, angle), (above, _) = (_sharpest(fine, quarters % 4, near) for quarters in (guess, guess + 2))
    if above > below:
        guess, below, above = (guess + 2) % 4, above, below
    sure = below > SURE * above
    if guess == 2 and not sure:
        guess = 0
    return Lie(guess, round(-angle, 2) if abs(angle) >= 0.15 else 0.0, sure)


def set_upright(picture: Image, quarters: int, angle: float) -> Image:
    """`picture` turned to the left, and narrowed."""
    from PIL import Image as Images

    if quarters:
        picture = picture.rotate(90 * quarters, expand=True)
    size = round(NARROWED * picture.width), picture.height
    if not angle:
        return picture.resize(size, Images.Resampling.BICUBIC)
    sine, cosine = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    x, y = picture.width / 2, picture.height / 2
    matrix = (
        *(cosine / NARROWED, -sine, x - x * cosine + y * sine),
        *(sine / NARROWED, cosine, y - x * sine - y * cosine),
    )
    return picture.transform(size, Images.Transform.AFFINE, matrix, resample=Images.Resampling.BILINEAR, fillcolor=255)


def _ink(picture: Image) -> np.ndarray[Any, Any] | None:
    """Where `picture` is nearer to its darkest than to white, without its outermost edge; None where it is blank."""
    import numpy as np

    grey = np.asarray(picture)
    margin = round(0.03 * min(grey.shape))
    grey = grey[margin : grey.shape[0] - margin, margin : grey.shape[1] - margin]
    if not grey.size or (darkest := float(np.percentile(grey[::3, ::3], 1))) >= 250:
        return None
    return grey < (darkest + 255) / 2


def _sharpest(ink: np.ndarray[Any, Any], quarters: int, angles: np.ndarray[Any, Any]) -> tuple[float, float]:
    """How sharply the lower edges of `ink`, turned by `quarters`, line up at the best of `angles`, and that angle."""
    import numpy as np

    turned = np.rot90(ink, quarters)
    y, x = np.nonzero(turned[:-1] & ~turned[1:])
    if len(y) < 50:
        return 0.0, 0.0
    step = len(y) // _POINTS + 1
    rows, columns = y[::step].astype(np.float32), x[::step].astype(np.float32)

    def sharpness(angle: float) -> float:
        profile = np.bincount((rows + columns * math.tan(math.radians(angle)) + turned.shape[1]).astype(np.int32))
        return float(np.square(profile.astype(np.float64)).sum()) / len(rows) ** 2 * len(turned)

    return max((sharpness(angle), angle) for angle in angles.tolist())
