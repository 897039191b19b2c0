"""Exercises on plain text, in place of span corruption: all of them are done by copying, the one thing a small model
must not unlearn.

`restore:` gives a sentence with words taken out, doubled or changed places, and wants the sentence, which is BART's
denoising (Lewis et al. 2020) a sentence at a time. The other takes a piece out of a sentence, puts "what" there and
wants the piece back from the whole text: a cloze turned into a question (Lewis et al. 2019, "Unsupervised question
answering by cloze translation"), which teaches to find a question's words in a text.
"""

import random
import re

from augment.starter.rows import MAX_ANSWER_WORDS, STOP, Example, answer_prompt, window

LOST = 0.2
"""Share of a sentence's words that are taken out, doubled or moved."""


def restored(sentence: str, rng: random.Random) -> Example:
    """A sentence to be restored."""
    words: list[str] = []
    for word in sentence.split():
        if rng.random() >= LOST:
            words.append(word)
        elif (how := rng.random()) < 0.2:
            words += [word, word]
        elif how < 0.5 and words:
            words.insert(-1, word)
    return Example(f"restore: {' '.join(words)}", sentence)


def cloze(text: str, start: int, end: int, rng: random.Random) -> Example | None:
    """A question about a piece of one to six words of the sentence `text[start:end]`; None where none was found."""
    words = [found.span() for found in re.finditer(r"\w[^\s,;:()]*(?<![.?!])", text[start:end])]
    first = rng.randrange(len(words)) if words else 0
    last = min(first + rng.choice((0, 0, 1, 1, 2, 2, 3, 4, 5)), len(words) - 1)
    if (
        len(words) < 6
        or {text[start + words[edge][0] : start + words[edge][1]].lower() for edge in (first, last)} & STOP
    ):
        return None
    left, right = start + words[first][0], start + words[last][1]
    before = text[start:left].split()[-rng.randint(3, 12) :]
    after = text[right:end].rstrip(" .").split()[: rng.randint(0, 8)]
    question = " ".join([*before, rng.choice(("what", "what", "what", "which", "how many")), *after])
    shown, first, last = window(text, left, right, rng, MAX_ANSWER_WORDS)
    if len(before) + len(after) < 4 or len(shown.split()) > MAX_ANSWER_WORDS:
        return None
    return Example(answer_prompt(question[0].upper() + question[1:].rstrip(",;:") + "?", shown), shown[first:last])
