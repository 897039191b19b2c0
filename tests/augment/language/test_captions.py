"""Captions: what is not asked of them is as important as what is."""

from __future__ import annotations

import pytest

from augment.asking import CAPTION_WITHOUT, ask
from augment.language.captions import label_end
from augment.records import QAPair
from augment.settings import AskSettings
from tests.augment.documents import make_document, with_captions
from tests.augment.test_asking import Scribe

LABELS = [
    ("Figure 3: The loss.", "Figure 3: "),
    ("Table 2. The loss.", "Table 2. "),
    ("Fig. 4 | The loss.", "Fig. 4 | "),
    ("FIG. 1. The loss.", "FIG. 1. "),
    ("TABLE IV: The loss.", "TABLE IV: "),
    ("Figure 1 The loss.", "Figure 1 "),
    ("Figure A.1: The loss.", "Figure A.1: "),
    ("Figure 3 (a): The loss.", "Figure 3 (a): "),
    ("Extended Data Fig. 2 | The loss.", "Extended Data Fig. 2 | "),
    ("Supplementary Table S3. The loss.", "Supplementary Table S3. "),
    ("Algorithm 1: The loss.", "Algorithm 1: "),
    ("(a) The loss.", "(a) "),
    ("Figure 12", "Figure 12"),
    ("Tables are lists of rows.", ""),
    ("Box plots of five models.", ""),
    ("Figure skating is a sport.", ""),
    ("The loss in Figure 3: it falls.", ""),
]

OF_THE_FIGURE = [
    "Figure 1: The red line shows the loss.",
    "Figure 1: LoRA is the method that the red line stands for.",
    "Figure 2: Left: the encoder is a stack of layers that reads the text.",
    "Figure 2: The shaded area is the interval that holds most of the runs.",
    "Figure 3: Error bars are standard deviations of five seeds.",
    "Table 2. Bold is the best result of each column.",
    "Table 2: BLEU is computed with sacreBLEU on newstest2014.",
    "Table 2: LoRA was trained with a learning rate of 1e-4.",
    "Fig. 4 | Blue is the baseline that was trained without dropout.",
    "Fig. 5: Dashed lines are models that were trained without warm-up.",
    "Fig. 6: BERT is the model on the left.",
    "Table 3: BERT outperforms GPT-2 because it reads in both directions.",
    "Figure 7: Shown is the loss of BERT.",
    "Figure 8: Best viewed in color.",
    "Figure 8: Numbers in brackets are standard deviations over three runs.",
    "Figure 9: Each dot is a model that was trained on a different subset.",
    "Figure 9: A triangle is a model that was trained on code.",
    "Table 5: Training takes 12 hours on 8 GPUs.",
    "Figure 10: The x-axis is the number of training tokens.",
    "Figure 10: Distribution of the scores of dense passage retrieval (DPR) by question.",
    "Figure 12: The colour bar is a scale of attention weights.",
    "Figure 13: Words in italics are tokens that the tokeniser split.",
    "Figure 13: The grey box is a layer that is frozen during training.",
]

OF_THE_WORLD = [
    ("Figure 1: LoRA is a method that trains two small matrices.", "What is LoRA?"),
    ("Table 2. Low-rank adaptation (LoRA) freezes the pretrained weights.", "What does LoRA stand for?"),
    (
        "FIG. 2. Multi-head attention consists of several attention layers that work in parallel.",
        "What does multi-head attention consist of?",
    ),
    ("Figure 3 (a): FlashAttention was introduced by Tri Dao in 2022.", "Who introduced FlashAttention?"),
    ("(b) MinHash is a technique that estimates the overlap of two sets.", "What is MinHash?"),
]


@pytest.mark.parametrize(("caption", "label"), LABELS)
def test_labels(caption: str, label: str) -> None:
    assert caption[: label_end(caption)] == label


def asked_of(caption: str, *questions: str) -> tuple[QAPair, ...]:
    """The pairs that the rules, and a model that writes `questions`, make of a document with one caption."""
    text = "Multi-head attention and its multi-head variants are used in many models."
    document = with_captions(make_document(("Results", [text, caption])), caption)
    settings = AskSettings(generators=("rules", "model") if questions else ("rules",), min_derivation=0, min_coverage=0)
    asked = ask(document, settings, Scribe(*questions) if questions else None)
    silent = {entry.reason for entry in asked.entries if entry.unit == "passage"}
    pairs = tuple(pair for pair in asked.pairs if pair.char_start >= document.text.index(caption))
    assert (CAPTION_WITHOUT in silent) != bool(pairs)
    return pairs


@pytest.mark.parametrize("caption", OF_THE_FIGURE)
def test_what_only_the_figure_explains_is_not_asked(caption: str) -> None:
    assert [pair.question for pair in asked_of(caption)] == []
    assert [pair.question for pair in asked_of(caption, "What shows the loss?", "What does the method do?")] == []


@pytest.mark.parametrize(("caption", "question"), OF_THE_WORLD)
def test_what_a_caption_says_of_the_world_is_asked(caption: str, question: str) -> None:
    pairs = asked_of(caption)
    assert question in [pair.question for pair in pairs]
    label = caption[: label_end(caption)].strip()
    for pair in pairs:
        assert label not in pair.context
        assert label not in pair.answer
