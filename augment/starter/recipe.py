"""How a starter T5 is made: how large, how long, and what it learns from when."""

from dataclasses import dataclass, field

Mixture = dict[str, float]
"""Which kind of batch how often."""

SMALL: list[tuple[float, Mixture]] = [
    (0.0, {"restore": 0.5, "turned question": 0.2, "rule question": 0.15, "made answer": 0.1, "cloze answer": 0.05}),
    (
        0.3,
        {
            "restore": 0.1,
            "turned question": 0.3,
            "rule question": 0.25,
            "made answer": 0.15,
            "cloze answer": 0.05,
            "question": 0.05,
            "answer": 0.1,
        },
    ),
    (
        0.5,
        {
            "question": 0.3,
            "turned question": 0.1,
            "rule question": 0.18,
            "answer": 0.25,
            "made answer": 0.05,
            "extraction": 0.06,
            "made extraction": 0.02,
            "paraphrase": 0.01,
            "rewrite": 0.03,
        },
    ),
]
LARGE: list[tuple[float, Mixture]] = [
    (0.0, {"restore": 0.5, "turned question": 0.15, "rule question": 0.1, "made answer": 0.1, "cloze answer": 0.15}),
    (
        0.55,
        {
            "restore": 0.3,
            "turned question": 0.16,
            "rule question": 0.16,
            "made answer": 0.1,
            "cloze answer": 0.18,
            "made extraction": 0.03,
            "rewrite": 0.02,
            "question": 0.02,
            "answer": 0.03,
        },
    ),
    (0.95, SMALL[-1][1]),
]
"""A GPU reads so much that people's questions come last, or it would know them by heart."""


@dataclass(frozen=True)
class Recipe:
    """`tokens`: padded tokens of a step; `drawn`: share of the sentences that exercises are made of; `mixtures`: from
    which share of the training on, which mixture."""

    layers: dict[str, int]
    vocabulary: int
    minutes: float
    tokens: int
    mixtures: list[tuple[float, Mixture]] = field(repr=False)
    dropout: float = 0.0
    drawn: float = 0.15
    compiled: bool = True


RECIPES = {
    "smoke": Recipe(
        {"d_model": 48, "d_kv": 16, "num_heads": 4, "d_ff": 96, "num_layers": 2, "num_decoder_layers": 2},
        vocabulary=540,
        minutes=1,
        tokens=1024,
        mixtures=SMALL,
        compiled=False,
    ),
    "small": Recipe(
        {"d_model": 256, "d_kv": 64, "num_heads": 4, "d_ff": 768, "num_layers": 4, "num_decoder_layers": 3},
        vocabulary=12288,
        minutes=110,
        tokens=4096,
        mixtures=SMALL,
    ),
    "large": Recipe(
        {"d_model": 384, "d_kv": 64, "num_heads": 6, "d_ff": 1024, "num_layers": 6, "num_decoder_layers": 5},
        vocabulary=16384,
        minutes=20,
        tokens=131072,
        mixtures=LARGE,
        dropout=0.1,
        drawn=1.0,
    ),
}
"""For tests, for two threads of a CPU, for a large GPU."""
