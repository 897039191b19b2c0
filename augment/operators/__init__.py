"""One operator a file: how a training pair is varied.

An operator gets the pairs it is to vary, the training pairs of their document or of all as its corpus, the settings and
a seed, and returns variants of the former, at most a few a pair. It registers with the share of the pairs that it gets
unless `AugmentSettings.rates` says another, and with the most that it may get. What a variant must pass besides is the
business of `augment.variants`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from augment.records import PairKind, QAPair
from augment.settings import AugmentSettings
from extractors.files import sha256
from extractors.registry import Registry

Vary = Callable[[Sequence[QAPair], Sequence[QAPair], AugmentSettings, int], list[QAPair]]


class Operator(NamedTuple):
    """A way to vary pairs, the share of the pairs that get it where no setting says, the largest it may have, and
    whether it looks at pairs of other documents."""

    vary: Vary
    rate: float
    most: float
    across: bool


OPERATORS: Registry[Operator] = Registry(__name__)


def operator(name: str, rate: float, most: float = 1.0, *, across: bool = False) -> Callable[[Vary], Vary]:
    """Decorator that makes a function the operator `name`; `rate` and `most` are shares of the training pairs. One that
    looks `across` documents gets all pairs at once, any other those of one document, and not again while they are the
    same."""

    def enter(vary: Vary) -> Vary:
        OPERATORS.register(name)(Operator(vary, rate, most, across))
        return vary

    return enter


def draw(seed: int, name: str, pair: QAPair) -> Random:
    """The random numbers of one operator for one pair: the same in any order, among any other pairs."""
    return Random(f"{seed}:{name}:{pair.id}")


def variant(parent: QAPair, kind: PairKind, generator: str, checks: Mapping[str, float], **changed: Any) -> QAPair:
    """`parent` with the fields of `changed`, under an id of its own; what says where it comes from stays."""
    texts = [changed.get(field, getattr(parent, field)) for field in ("question", "answer", "context")]
    return parent.model_copy(
        update={
            "id": sha256("\0".join([parent.id, generator, *texts]))[:16],
            "parent_id": parent.parent_id or parent.id,
            "kind": kind,
            "generator": generator,
            "checks": dict(checks),
            **changed,
        }
    )
