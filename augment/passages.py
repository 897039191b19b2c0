"""A document's body text as passages: windows of whole sentences of one section, and each caption by itself."""

from __future__ import annotations

from itertools import groupby

from augment.language.captions import label_end
from augment.language.standing import takes_up
from augment.records import Passage
from augment.settings import AskSettings
from extractors.files import sha256
from extractors.records import Block, Document
from extractors.sentences import sentence_spans

Span = tuple[int, int]


def passages(document: Document, settings: AskSettings) -> list[Passage]:
    """The passages of `document`, in reading order: every sentence of the body text is in exactly one.

    A passage holds at most `settings.passage_words` words; a sentence longer than that stands alone. A caption shares
    no passage with the text around it, and its label is in none.
    """
    body = [block for block in document.blocks if block.start is not None]
    return [
        _passage(document, section, window, caption is not None)
        for (section, caption), blocks in groupby(body, key=_unit)
        for window in _windows(document.text, _sentences(document.text, list(blocks)), settings.passage_words)
    ]


def _unit(block: Block) -> tuple[tuple[str, ...], int | None]:
    """What a passage may not reach beyond: the section and, of a caption, where it stands."""
    return block.section, block.start if block.kind == "caption" else None


def _sentences(text: str, blocks: list[Block]) -> list[Span]:
    """Ranges of the sentences of body `blocks`; a sentence never reaches across two blocks."""
    found = []
    for block in blocks:
        if block.start is not None and block.end is not None:
            first = block.start + (label_end(block.text) if block.kind == "caption" else 0)
            found += [(first + start, first + end) for start, end in sentence_spans(text[first : block.end])]
    return found


def _windows(text: str, sentences: list[Span], limit: int) -> list[list[Span]]:
    """`sentences` in windows of at most `limit` words. None begins with a sentence that takes up the one before it,
    where that one can come with it. A last window of less than a quarter of `limit` shares evenly with the one before.
    """
    windows: list[list[Span]] = []
    words = limit
    for sentence in sentences:
        more = _words(text, [sentence])
        if words + more > limit or not windows:
            carried = _taken_up(text, windows[-1], sentence) if windows else []
            if carried and _words(text, carried) + more <= limit:
                del windows[-1][-len(carried) :]
            else:
                carried = []
            windows.append(carried)
            words = _words(text, carried)
        windows[-1].append(sentence)
        words += more
    if len(windows) > 1 and words < limit / 4:
        last = windows.pop()
        both = windows.pop() + last
        half = _words(text, both) / 2
        cuts = range(1, len(both))
        cut = min(cuts, key=lambda index: abs(_words(text, both[:index]) - half))
        windows += [both[:cut], both[cut:]]
    return windows


def _taken_up(text: str, window: list[Span], sentence: Span) -> list[Span]:
    """The last sentences of `window` that `sentence` takes up: as many as lean on one another, but not all of them."""
    for count, before in enumerate([sentence, *window[:0:-1]]):
        if not takes_up(text[slice(*before)]):
            return window[len(window) - count :]
    return []


def _words(text: str, sentences: list[Span]) -> int:
    return sum(len(text[start:end].split()) for start, end in sentences)


def _passage(document: Document, section: tuple[str, ...], sentences: list[Span], caption: bool) -> Passage:
    start, end = sentences[0][0], sentences[-1][1]
    text = document.text[start:end]
    return Passage(
        passage_id=sha256(f"{document.doc_id} {start} {end}")[:16],
        doc_id=document.doc_id,
        section=section,
        start=start,
        end=end,
        text=text,
        sentences=tuple((left - start, right - start) for left, right in sentences),
        caption=caption,
    )
