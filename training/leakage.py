"""How near each held-out question comes to one that is trained on: what a dataset's card says of leakage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from augment.records import QAPair
from extractors.records import Record
from training.scores import normalise

HELD_OUT = ("validation", "test", "test_seen")
LEVELS = (0.8, 0.65, 0.5)
"""Jaccard likenesses that are told apart; less than the last is no likeness."""
CHARACTERS = 5
"""Length of a question's shingles."""


class Neighbour(Record):
    """A held-out question and the one in training that is most like it."""

    question: str
    trained: str
    likeness: float


class Leakage(Record):
    """Of one held-out split: how many of its rows have a neighbour in training at least so like them, by level, how
    many have an answer that is trained on too or a passage that is, and the nearest neighbours."""

    split: str
    rows: int
    alike: dict[str, int]
    same_answer: int
    same_passage: int
    nearest: tuple[Neighbour, ...]


def leakage(splits: Mapping[str, Sequence[QAPair]], most: int = 3) -> list[Leakage]:
    """What each split that is held out shares with training, its variants included; empty splits are left out.

    The likeness of two questions is the Jaccard likeness of their runs of 5 characters. Overlap of questions and of
    answers with training is told apart, as in Lewis, Stenetorp and Riedel (2021).
    """
    train = list(splits.get("train", ()))
    answers = {tuple(normalise(pair.answer_span)) for pair in train}
    passages = {pair.context for pair in train}
    found: list[Leakage] = []
    for name in HELD_OUT:
        rows = list(splits.get(name, ()))
        if not rows:
            continue
        nearest = _nearest([pair.question for pair in train], [pair.question for pair in rows])
        neighbours = [
            Neighbour(question=rows[row].question, trained=train[at].question, likeness=round(likeness, 4))
            for row, (likeness, at) in sorted(nearest.items(), key=lambda entry: (-entry[1][0], entry[0]))
        ]
        found.append(
            Leakage(
                split=name,
                rows=len(rows),
                alike={str(level): sum(n.likeness >= level for n in neighbours) for level in LEVELS},
                same_answer=sum(tuple(normalise(pair.answer_span)) in answers for pair in rows),
                same_passage=sum(pair.context in passages for pair in rows),
                nearest=tuple(neighbours[:most]),
            )
        )
    return found


def _nearest(trained: Sequence[str], questions: Sequence[str]) -> dict[int, tuple[float, int]]:
    """For each of `questions` that is like one of `trained` at all: how like, and which."""
    from augment.shingles import alike, held, shingles_of_characters

    nearest: dict[int, tuple[float, int]] = {}
    if not trained:
        return nearest
    texts = [" ".join(normalise(text)) for text in (*trained, *questions)]
    holds, sizes = held([shingles_of_characters(text, CHARACTERS) for text in texts])
    for later, earlier, likeness in alike(holds, sizes, LEVELS[-1]):
        row = later - len(trained)
        if row >= 0 and earlier < len(trained):
            nearest[row] = max(nearest.get(row, (0.0, 0)), (likeness, earlier))
    return nearest
