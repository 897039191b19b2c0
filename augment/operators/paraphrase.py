"""The question in other words, the answer as it is: by rules of syntax, and by a T5 paraphraser where one is set."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from augment.language.facts import changed, content_words, distance
from augment.language.rewrites import rewrites
from augment.language.words import FUNCTION_WORDS
from augment.models import locate
from augment.operators import draw, operator, variant
from augment.records import QAPair
from augment.settings import AugmentSettings
from augment.starter import STARTER_T5
from augment.t5.seq2seq import Seq2Seq
from extractors.errors import QuireError

GENERATOR = "paraphrase@2"

TASK = "paraphrase:"
BEAMS = 5
BATCH_TOKENS = 2048
NEAREST, FARTHEST = 0.15, 0.7
"""Edit distance of a paraphrase: below, it is the same question; above, it is another one."""
LEAST_SHARED = 0.3
"""Jaccard likeness of the content words, at least."""

FRAMED = re.compile(r"In (?P<work>“[^”]*”|the [\w-]+ paper), (?P<asks>(?:what|which|who|when|where|why|how)\b.*)\?")
"""A question that names the document it is about before it asks."""
FRAMES = ("In {work}, {asks}?", "According to {work}, {asks}?", "{Asks}, according to {work}?")


@operator("paraphrase", rate=1.0)
def paraphrase(pairs: Sequence[QAPair], corpus: Sequence[QAPair], settings: AugmentSettings, seed: int) -> list[QAPair]:
    """At most one paraphrase of each pair by rule, and one by the model of `settings.paraphrase_model`.

    Raises QuireError where that is no such model.
    """
    if settings.paraphrase_model == "starter":
        # One in ten of its paraphrases that pass the checks below is right.
        raise QuireError(
            "The starter model does not paraphrase well enough to be used.",
            fix="Set augment.paraphrase_model to a hub id or a folder, or leave it empty: rules paraphrase without it.",
        )
    varied = [found for pair in pairs if (found := by_rule(pair, seed)) is not None]
    if settings.paraphrase_model:
        varied += by_model(pairs, _model(settings.paraphrase_model))
    return varied


@lru_cache(1)
def _model(name: str) -> Seq2Seq:
    return Seq2Seq(locate(name, "", STARTER_T5, setting="augment.paraphrase_model"))


def by_rule(pair: QAPair, seed: int) -> QAPair | None:
    """One of the rewrites that the rules know, or None."""
    found = _rewritten(pair)
    if not found:
        return None
    question = draw(seed, "paraphrase", pair).choice(found)
    checks = {"edit_distance": round(distance(pair.question, question), 3)}
    return variant(pair, "paraphrase", GENERATOR, checks, question=question)


def _rewritten(pair: QAPair) -> list[str]:
    """What the rules make of the question; where it names its document first, of what it asks, and of where it names
    the document."""
    framed = FRAMED.fullmatch(pair.question)
    if framed is None:
        return rewrites(pair.question, pair.answer, pair.answer_span, pair.context)
    asks = framed["asks"]
    bare = f"{asks[0].upper()}{asks[1:]}?"
    framings = [(bare, FRAMES[-1])]
    framings += [
        (form, frame) for form in rewrites(bare, pair.answer, pair.answer_span, pair.context) for frame in FRAMES
    ]
    return [
        frame.format(work=framed["work"], asks=form[0].lower() + form[1:-1], Asks=form[:-1]) for form, frame in framings
    ]


def by_model(pairs: Sequence[QAPair], model: Seq2Seq) -> list[QAPair]:
    """The likeliest output for each pair that keeps its facts and is neither the same question nor another."""
    prompts = model.encode([f"{TASK} {pair.question}" for pair in pairs])
    varied = []
    for pair, outputs in zip(
        pairs, model.write(prompts, beams=BEAMS, batch_tokens=BATCH_TOKENS, kept=BEAMS), strict=True
    ):
        for text, score in outputs:
            far = distance(pair.question, text)
            if NEAREST <= far <= FARTHEST and not changed(pair.question, text) and _says_as_much(pair.question, text):
                checks = {"edit_distance": round(far, 3), "likelihood": round(score, 4)}
                varied.append(variant(pair, "paraphrase", model.name, checks, question=text))
                break
    return varied


def _says_as_much(question: str, rewritten: str) -> bool:
    """Whether no word is said twice in a row, the end not left open, and no word of content lost for none gained."""
    words, before = rewritten.lower().rstrip("? ").split(), question.lower().rstrip("? ").split()
    asked, said = content_words(question), content_words(rewritten)
    open_end = words[-1] in FUNCTION_WORDS and words[-1] != before[-1]
    doubled = any(one == other for one, other in pairwise(words))
    return not (open_end or doubled or said < asked) and len(asked & said) >= LEAST_SHARED * len(asked | said)
