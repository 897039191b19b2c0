"""What of a passage can be read alone, and so be an answer."""

from __future__ import annotations

from collections.abc import Iterator

from augment.language.antecedents import resolved
from augment.language.captions import leaning
from augment.language.impersonal import impersonal
from augment.language.spelling import Spelling
from augment.language.statements import Statement, balanced, both, main_clauses, statement
from augment.records import Passage


def readable(passage: Passage) -> Iterator[Statement]:
    """The sentences of `passage` that stand alone; of one that does not, its main clauses that do."""
    for start, end in passage.sentences:
        yield from _standing(passage, statement(passage, start, end))


def retold(passage: Passage, spelling: Spelling) -> Iterator[Statement]:
    """The same, and a sentence that does not stand alone where it can be told without those who speak in it, or with
    what its pronoun stands for."""
    return _told(passage, spelling, for_rules=True)


def offered(passage: Passage, spelling: Spelling, *, titled: bool) -> Iterator[Statement]:
    """The same for a model, which need not parse them: authors may have done something to anything, and a sentence that
    leans on the one before it comes with that. What authors did only where a question about it can name their document
    by its title (`titled`)."""
    return (told for told in _told(passage, spelling, for_rules=False) if titled or not told.authors)


def _told(passage: Passage, spelling: Spelling, *, for_rules: bool) -> Iterator[Statement]:
    before: Statement | None = None
    for start, end in passage.sentences:
        told = statement(passage, start, end)
        standing = list(_standing(passage, told))
        yield from standing
        if not standing and not passage.caption:
            found = impersonal(told, spelling, anything=not for_rules)
            found = found or (resolved(told, before, spelling) if before else None)
            if found is not None and balanced(found.text) and not leaning(found.text, passage):
                standing = [found]
                yield found
            elif before and not for_rules and not leaning(told.text, passage, follows=True):
                yield both(before, told)
        before = standing[0] if len(standing) == 1 and standing[0].range == told.range else None


def _standing(passage: Passage, whole: Statement) -> Iterator[Statement]:
    if not leaning(whole.text, passage):
        yield whole
    else:
        for part in main_clauses(passage, *whole.range):
            if balanced(part.text) and not leaning(part.text, passage):
                yield part
