"""What reading a file yields: pages, blocks, and the clean body text with a map back to the page."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in points from the top left corner of the page, to the hundredth."""

BlockKind = Literal[
    "heading",
    "paragraph",
    "list",
    "table",
    "code",
    "equation",
    "caption",
    "footnote",
    "reference",
    "furniture",
]

BODY_KINDS: frozenset[BlockKind] = frozenset({"paragraph", "list", "caption"})
"""The kinds a question may be asked of; the rest stays in the record but not in the body text."""


class Record(BaseModel):
    """A frozen, typed row that survives a round trip through one line of JSON. What a document has thousands of is a
    plain dataclass in one, which takes a quarter of the memory."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Page(Record):
    """How one page was read. `confidence` is the mean word confidence of OCR, 0 to 1."""

    number: int
    width: float = 0.0
    height: float = 0.0
    read_as: Literal["text", "ocr", "failed"] = "text"
    confidence: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of a page that a block takes up: one for each column or page that it runs over."""

    page: int
    box: Box


@dataclass(frozen=True, slots=True)
class Block:
    """One block as it stands in the document. `page` and `box` are those of its beginning, `regions` all of it;
    `start` and `end` range over `Document.text`, for body blocks only."""

    kind: BlockKind
    text: str
    page: int
    box: Box | None = None
    regions: tuple[Region, ...] = ()
    section: tuple[str, ...] = ()
    level: int | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the characters `start` to `end` of the body text stand: a paragraph across two pages has two places."""

    start: int
    end: int
    page: int
    box: Box | None = None


class Document(Record):
    """One file, read. `doc_id` is the sha256 of its bytes, `source` its name below the documents folder."""

    doc_id: str
    source: str
    title: str
    metadata: dict[str, str] = {}
    pages: tuple[Page, ...]
    blocks: tuple[Block, ...]
    text: str
    places: tuple[Place, ...]

    def place_at(self, offset: int) -> Place:
        """The place of character `offset` of the body text; what stands between two places belongs to the first.

        Raises IndexError outside the text.
        """
        if not 0 <= offset < len(self.text):
            raise IndexError(f"character {offset} of a text of {len(self.text)}")
        return self.places[bisect_right(self.places, offset, key=lambda place: place.start) - 1]

    def page_at(self, offset: int) -> int:
        """The page that holds character `offset` of the body text."""
        return self.place_at(offset).page
