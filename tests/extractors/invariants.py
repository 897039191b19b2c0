"""What is true of every Document."""

from __future__ import annotations

from itertools import pairwise

from extractors.records import BODY_KINDS, Document


def hold(document: Document) -> None:
    """Assert the promises of the record: blocks slice, every character of the body has its place, pages are known."""
    numbers = [page.number for page in document.pages]
    assert numbers == list(range(1, len(numbers) + 1))
    body = [block for block in document.blocks if block.kind in BODY_KINDS]
    for block in document.blocks:
        assert block.text.strip()
        assert block.page in numbers
        assert (block.start is None) == (block.end is None) == (block.kind not in BODY_KINDS)
        assert block.box == (block.regions[0].box if block.regions else None)
        assert all(region.page in numbers for region in block.regions)
    for block in body:
        assert block.start is not None
        assert block.end is not None
        assert document.text[block.start : block.end] == block.text
    assert document.text == "\n\n".join(block.text for block in body)
    for a, b in pairwise(document.places):
        assert a.start < a.end <= b.start
    covered = {offset for place in document.places for offset in range(place.start, place.end)}
    assert covered == {offset for block in body for offset in range(block.start or 0, block.end or 0)}
    before = None
    for offset in range(len(document.text)):
        place = document.place_at(offset)
        assert (place.start <= offset < place.end) if offset in covered else place is before
        before = place
    for place in document.places:
        assert document.page_at(place.start) == document.page_at(place.end - 1) == place.page
        if place.box:
            page = document.pages[place.page - 1]
            x0, y0, x1, y1 = place.box
            assert x0 < x1
            assert y0 < y1
            assert -20 < x0 < x1 < page.width + 20
            assert -20 < y0 < y1 < page.height + 20
