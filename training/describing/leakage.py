"""How near each held-out question comes to one that is trained on: what a dataset's card says of leakage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from augment.likeness.nearness import neighbours
from augment.records import QAPair
from extractors.records import Record
from training.judging.scores import normalise

HELD_OUT = ("validation", "test", "test_seen")
LEVELS = (0.8, 0.65, 0.5)
"""Jaccard likenesses that are told apart; less than the last is no likeness."""


class Neighbour(Record):
    """A held-out question and the one in training that is most like it."""

    question: str
    trained: str
    likeness: float


class Leakage(Record):
    """Of one held-out split: how many of its rows have a neighbour in training at least so like them, by level; how
    many have an answer span, an answer or a passage that is trained on too; and the nearest neighbours."""

    split: str
    rows: int
    alike: dict[str, int]
    same_span: int
    same_answer: int
    same_passage: int
    nearest: tuple[Neighbour, ...]


def leakage(splits: Mapping[str, Sequence[QAPair]], most: int = 3) -> list[Leakage]:
    """What each split that is held out shares with training, its variants included; empty splits are left out.

    The likeness of two questions is the Jaccard likeness of their runs of 5 characters. Overlap of questions and of
    answers with training is told apart, as in Lewis, Stenetorp and Riedel (2021).
    """
    train = list(splits.get("train", ()))
    spans = {tuple(normalise(pair.answer_span)) for pair in train}
    answers = {tuple(normalise(pair.answer)) for pair in train}
    passages = {pair.context for pair in train}
    nearest = _nearest(train, [pair for name in HELD_OUT for pair in splits.get(name, ())])
    found: list[Leakage] = []
    for name in HELD_OUT:
        rows = list(splits.get(name, ()))
        if not rows:
            continue
        near = sorted(
            ((*nearest[pair.id], pair) for pair in rows if pair.id in nearest), key=lambda each: (-each[0], each[2].id)
        )
        found.append(
            Leakage(
                split=name,
                rows=len(rows),
                alike={str(level): sum(likeness >= level for likeness, _, _ in near) for level in LEVELS},
                same_span=sum(tuple(normalise(pair.answer_span)) in spans for pair in rows),
                same_answer=sum(tuple(normalise(pair.answer)) in answers for pair in rows),
                same_passage=sum(pair.context in passages for pair in rows),
                nearest=tuple(
                    Neighbour(question=pair.question, trained=trained.question, likeness=round(likeness, 4))
                    for likeness, trained, pair in near[:most]
                ),
            )
        )
    return found


def _nearest(trained: Sequence[QAPair], rows: Sequence[QAPair]) -> dict[str, tuple[float, QAPair]]:
    """For each of `rows` that asks something like one of `trained` at all, by id: how like, and which."""
    nearest: dict[str, tuple[float, QAPair]] = {}
    for row, at, likeness in sorted(neighbours(rows, trained, LEVELS[-1])):
        if likeness > nearest.get(rows[row].id, (0.0,))[0]:
            nearest[rows[row].id] = likeness, trained[at]
    return nearest
