"""A question asks, and does not only repeat its sentence."""

from __future__ import annotations

from difflib import SequenceMatcher

from augment.gates import Verdict, by_rule, gate
from augment.language.words import WORD
from augment.records import Passage, QAPair
from augment.settings import AskSettings

LONG, MOST_COPIED = 8, 0.8


@gate("near copy")
def near_copy(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    """One less the share of the answer's sentence that the question takes over as one run of words.

    Short sentences have no other words to be asked in, and a rule's 'which' question is such a run by design.
    """
    asked = [word.lower() for word in WORD.findall(pair.question)]
    said = [word.lower() for word in WORD.findall(pair.answer)]
    run = SequenceMatcher(None, asked, said, autojunk=False).find_longest_match()
    share = run.size / max(len(said), 1)
    copied = share > MOST_COPIED and len(said) > LONG and not by_rule(pair)
    return Verdict(1 - share, "copies its sentence" if copied else "")
