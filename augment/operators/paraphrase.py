"""The question in other words, the answer as it is: by rules of syntax, and by a T5 paraphraser where one is set."""

from __future__ import annotations

from collections.abc import Sequence

from augment.facts import changed, content_words, distance
from augment.models import locate
from augment.operators import draw, operator, variant
from augment.records import QAPair
from augment.rewrites import rewrites
from augment.seq2seq import Seq2Seq
from augment.settings import AugmentSettings
from augment.starter import STARTER_T5

GENERATOR = "paraphrase@1"

TASK = "paraphrase:"
BEAMS = 5
BATCH_TOKENS = 2048
NEAREST, FARTHEST = 0.15, 0.7
"""Edit distance of a paraphrase: below, it is the same question; above, it is another one."""
LEAST_SHARED = 0.3
"""Jaccard likeness of the content words, at least."""


@operator("paraphrase", rate=1.0)
def paraphrase(pairs: Sequence[QAPair], settings: AugmentSettings, seed: int) -> list[QAPair]:
    """At most one paraphrase of each pair by rule, and one by the model of `settings.paraphrase_model`."""
    varied = [found for pair in pairs if (found := by_rule(pair, seed)) is not None]
    if settings.paraphrase_model:
        model = Seq2Seq(locate(settings.paraphrase_model, "", STARTER_T5, setting="augment.paraphrase_model"))
        varied += by_model(pairs, model)
    return varied


def by_rule(pair: QAPair, seed: int) -> QAPair | None:
    """One of the rewrites that the rules know, or None."""
    found = rewrites(pair.question, pair.answer, pair.answer_span, pair.context)
    if not found:
        return None
    question = draw(seed, "paraphrase", pair).choice(found)
    checks = {"edit_distance": round(distance(pair.question, question), 3)}
    return variant(pair, "paraphrase", GENERATOR, checks, question=question)


def by_model(pairs: Sequence[QAPair], model: Seq2Seq) -> list[QAPair]:
    """The likeliest output for each pair that keeps its facts and is neither the same question nor another."""
    prompts = model.encode([f"{TASK} {pair.question}" for pair in pairs])
    varied = []
    for pair, outputs in zip(
        pairs, model.write(prompts, beams=BEAMS, batch_tokens=BATCH_TOKENS, kept=BEAMS), strict=True
    ):
        for text, score in outputs:
            far = distance(pair.question, text)
            if NEAREST <= far <= FARTHEST and not changed(pair.question, text) and _shares(pair.question, text):
                checks = {"edit_distance": round(far, 3), "likelihood": round(score, 4)}
                varied.append(variant(pair, "paraphrase", model.name, checks, question=text))
                break
    return varied


def _shares(question: str, rewritten: str) -> bool:
    asked, said = content_words(question), content_words(rewritten)
    return len(asked & said) >= LEAST_SHARED * len(asked | said)
