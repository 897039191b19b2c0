"""Sentences, and all that the rules ask of them as (question, span); and sentences that they must leave alone."""

from __future__ import annotations

import pytest

from augment.language.spelling import Spelling
from augment.rules import RULES, proposals
from tests.augment.documents import make_passage

DOCUMENT = "the text speaks of perplexity, dropout, momentum and duplicates, of Adam and of a Bloom filter"
SPELLING = Spelling.of([DOCUMENT])

ASKED = [
    # definition, kind
    (
        "MinHash is a technique that estimates the Jaccard similarity of two sets.",
        [
            ("What is MinHash?", "a technique that estimates the Jaccard similarity of two sets"),
            ("Which technique estimates the Jaccard similarity of two sets?", "MinHash"),
        ],
    ),
    (
        "A quality filter is a rule or a model that decides whether a page is kept.",
        [("What is a quality filter?", "a rule or a model that decides whether a page is kept")],
    ),
    (
        "Near-duplicates are texts that differ in a few words.",
        [("What are near-duplicates?", "texts that differ in a few words")],
    ),
    (
        "Perplexity is the exponential of the cross-entropy, and it depends on the corpus.",
        [("What is perplexity?", "the exponential of the cross-entropy")],
    ),
    (
        "Precision is the share of reported items that are correct, and recall is the share of items reported at all.",
        [
            ("What is precision?", "the share of reported items that are correct"),
            ("What is recall?", "the share of items reported at all"),
        ],
    ),
    ("Jakob Uszkoreit is the co-founder of Inceptive.", [("Who is Jakob Uszkoreit?", "the co-founder of Inceptive")]),
    # acronym
    (
        "Dense Passage Retrieval (DPR) uses two encoders for speed.",
        [
            ("What does DPR stand for?", "Dense Passage Retrieval"),
            ("What does Dense Passage Retrieval (DPR) use?", "two encoders for speed"),
            ("How many encoders does Dense Passage Retrieval (DPR) use?", "two"),
        ],
    ),
    (
        "The Colossal Clean Crawled Corpus (C4) was cleaned by hand.",
        [("What does C4 stand for?", "Colossal Clean Crawled Corpus")],
    ),
    (
        "Activation-aware weight quantisation (AWQ) was cleaned by hand.",
        [("What does AWQ stand for?", "Activation-aware weight quantisation")],
    ),
    ("Most of all, SSDs (solid state drives) are fast.", []),
    ("Solid state drives (SSDs) are fast.", [("What does the acronym SSDs stand for?", "Solid state drives")]),
    (
        "The acronym BLEU stands for bilingual evaluation understudy.",
        [("What does the acronym BLEU stand for?", "bilingual evaluation understudy")],
    ),
    # origin, maker
    (
        "BLEU was introduced by Papineni and colleagues in 2002.",
        [("Who introduced BLEU?", "Papineni and colleagues"), ("When was BLEU introduced?", "2002")],
    ),
    (
        "Bloom filters, which were described by Burton Bloom in 1970, can report a false positive.",
        [("Who described Bloom filters?", "Burton Bloom"), ("When were Bloom filters described?", "1970")],
    ),
    ("GPTQ, which was published by Frantar et al., is slow.", [("Who published GPTQ?", "Frantar et al.")]),
    (
        "FastText is a library for word vectors that was developed at Facebook AI Research.",
        [
            ("What is FastText?", "a library for word vectors that was developed at Facebook AI Research"),
            ("Which library for word vectors was developed at Facebook AI Research?", "FastText"),
            ("Where was FastText developed?", "Facebook AI Research"),
        ],
    ),
    (
        "Kudo and Richardson published SentencePiece in 2018.",
        [("Who published SentencePiece?", "Kudo and Richardson")],
    ),
    # particle, object
    (
        "DPR consists of two encoders: one for questions and one for passages.",
        [
            ("What does DPR consist of?", "two encoders: one for questions and one for passages"),
            ("How many encoders does DPR consist of?", "two"),
        ],
    ),
    (
        "Beam-search behaviour depends on the implementation of the sampler, so no two libraries agree.",
        [("What does beam-search behaviour depend on?", "the implementation of the sampler")],
    ),
    (
        "Weight decay shrinks all weights a little because large weights overfit.",
        [
            ("What does weight decay shrink?", "all weights a little"),
            ("Why does weight decay shrink all weights a little?", "because large weights overfit"),
        ],
    ),
    (
        "Activation scaling protects the weights that meet large activations by scaling them before rounding.",
        [
            ("What does activation scaling protect?", "the weights that meet large activations"),
            (
                "How does activation scaling protect the weights that meet large activations?",
                "by scaling them before rounding",
            ),
        ],
    ),
    ("LSH divides each signature into bands.", [("What does LSH divide each signature into?", "bands")]),
    (
        "BERT uses a subword vocabulary and marks a piece that continues a word.",
        [("What does BERT use?", "a subword vocabulary")],
    ),
    (
        "Chat models add special tokens when a turn ends.",
        [
            ("What do chat models add?", "special tokens"),
            ("When do chat models add special tokens?", "when a turn ends"),
        ],
    ),
    # condition, measured, reason, enabling, maker
    (
        "If the learning rate of Adam is too large, the loss diverges within a few steps.",
        [("What happens if the learning rate of Adam is too large?", "the loss diverges within a few steps")],
    ),
    ("BERT is slow when the batch is small.", [("When is BERT slow?", "when the batch is small")]),
    (
        "Gradient checkpointing reduces the memory of activations by 60 %.",
        [
            ("By how much does gradient checkpointing reduce the memory of activations?", "60 %"),
            ("What does gradient checkpointing reduce?", "the memory of activations"),
        ],
    ),
    (
        "ResNet-50 achieves 76.1 % accuracy on ImageNet.",
        [("What accuracy does ResNet-50 achieve on ImageNet?", "76.1 %")],
    ),
    (
        "BERT was trained with a learning rate of 0.1.",
        [
            ("What was BERT trained with?", "a learning rate of 0.1"),
            ("What learning rate was BERT trained with?", "0.1"),
        ],
    ),
    ("BERT cannot read several languages.", []),
    ("BERT is unable to replace each word.", [("What is BERT unable to replace?", "each word")]),
    ("BERT cannot replace each word.", [("What can BERT not replace?", "each word")]),
    (
        "BERT has the ability to read each word in parallel.",
        [("What does BERT have the ability to do?", "read each word in parallel")],
    ),
    (
        "To save memory, BERT is trained in bf16.",
        [
            ("Why is BERT trained in bf16?", "To save memory"),
            ("To save memory, what is BERT trained in?", "bf16"),
        ],
    ),
    ("DPR, a dense retriever, reads a passage.", [("What does DPR read?", "a passage")]),
    (
        "Seo et al. propose to encode phrases as vectors.",
        [("Who proposed to encode phrases as vectors?", "Seo et al.")],
    ),
    (
        "The encoder of BERT is not trained on images.",
        [("What is the encoder of BERT not trained on?", "images")],
    ),
    (
        "BERT can be trained for a task by adding a layer.",
        [
            ("How can BERT be trained for a task?", "by adding a layer"),
            ("What can BERT be trained for?", "a task"),
        ],
    ),
    (
        "Thanks to the causal mask, one pass gives many examples.",
        [],
    ),
    ("CIFAR-100 has 100 classes.", [("How many classes does CIFAR-100 have?", "100")]),
    (
        "DistilBERT was built on a model that was introduced by Devlin and colleagues in 2019.",
        [("What was DistilBERT built on?", "a model that was introduced by Devlin and colleagues in 2019")],
    ),
    # partner, purpose, manner
    (
        "ROUGE-L is based on the longest common subsequence.",
        [("What is ROUGE-L based on?", "the longest common subsequence")],
    ),
    (
        "Suffix arrays are used to find long substrings.",
        [("What are suffix arrays used for?", "to find long substrings")],
    ),
    (
        "Base models are trained to predict the next token.",
        [("What are base models trained to do?", "predict the next token")],
    ),
    ("File changes are detected by hashing every file.", [("How are file changes detected?", "by hashing every file")]),
    # aspect, name, reason, quantity, types
    (
        "The main advantage of Adam is that it adapts its step size.",
        [("What is the main advantage of Adam?", "that it adapts its step size")],
    ),
    (
        "The number of sequences kept is called the beam width.",
        [("What is the number of sequences kept called?", "the beam width")],
    ),
    (
        "Nucleus sampling, also called top-p sampling, adapts to the model.",
        [("What is nucleus sampling also called?", "top-p sampling")],
    ),
    (
        "Duplicates waste computation, because the model has already seen them.",
        [
            ("What do duplicates waste?", "computation"),
            ("Why do duplicates waste computation?", "because the model has already seen them"),
        ],
    ),
    (
        "Weight matrices cannot be shared because they differ in size.",
        [("Why can weight matrices not be shared?", "because they differ in size")],
    ),
    (
        "A byte-level tokeniser has exactly 256 basic symbols.",
        [("How many basic symbols does a byte-level tokeniser have?", "exactly 256")],
    ),
    (
        "There are three types of parallelism: data, tensor and pipeline parallelism.",
        [("What are the three types of parallelism?", "data, tensor and pipeline parallelism")],
    ),
    # the verb in another tense, behind an auxiliary, or in a relative clause
    ("Adam can replace momentum in most recipes.", [("What can Adam replace?", "momentum in most recipes")]),
    (
        "Dropout has improved the accuracy of many networks.",
        [("What has dropout improved?", "the accuracy of many networks")],
    ),
    ("Adam replaced the plain gradient in 2015.", [("What did Adam replace?", "the plain gradient in 2015")]),
    ("SGD needs to store a single buffer.", [("What does SGD need to store?", "a single buffer")]),
    (
        "It is known that text is cut by SentencePiece, which replaces each space with a visible symbol.",
        [("What does SentencePiece replace each space with?", "a visible symbol")],
    ),
    ("Dropout is useful for small datasets.", [("What is dropout useful for?", "small datasets")]),
    ("LoRA adapters are stored in a single file.", [("What are LoRA adapters stored in?", "a single file")]),
    # what stands before the subject
    (
        "At inference time, LoRA merges two small matrices with a large one.",
        [
            ("At inference time, what does LoRA merge?", "two small matrices with a large one"),
            ("At inference time, how many small matrices does LoRA merge?", "two"),
        ],
    ),
    (
        "Although Adam needs more memory, it is used widely, and LoRA reduces the number of states.",
        [],
    ),
    (
        "Because LoRA keeps the base weights frozen and can be merged, LoRA adds no latency.",
        [("Why does LoRA add no latency?", "LoRA keeps the base weights frozen and can be merged")],
    ),
    # enabling, complement, comparison, examples, claim
    (
        "LoRA allows a small GPU to train a large model.",
        [("What does LoRA allow a small GPU to do?", "train a large model")],
    ),
    (
        "BM25 plays an important role in retrieval for language models.",
        [("What does BM25 play an important role in?", "retrieval for language models")],
    ),
    ("AdaGrad is less robust than Adam.", [("What is AdaGrad less robust than?", "Adam")]),
    (
        "The report compares sparse retrieval models, such as BM25 and TF-IDF, on one task.",
        [("What are examples of sparse retrieval models?", "BM25 and TF-IDF")],
    ),
    (
        "ZeRO assumes that the devices share a fast link.",
        [("What does ZeRO assume?", "that the devices share a fast link")],
    ),
    (
        "The report says that encoder-decoder models, such as T5, map an input text to an output text and suit tasks.",
        [("What is an example of encoder-decoder models?", "T5")],
    ),
    (
        "Language identification is used to sort documents.",
        [("What is language identification used for?", "to sort documents")],
    ),
    # measure, duration, there
    (
        "GPT-2 has a context length of 1024 tokens.",
        [
            ("What context length does GPT-2 have?", "1024 tokens"),
        ],
    ),
    (
        "Training a LoRA adapter on one card takes about 3 hours.",
        [("How long does training a LoRA adapter on one card take?", "about 3 hours")],
    ),
    (
        "There are 12 layers in BERT-base.",
        [("How many layers are there in BERT-base?", "12")],
    ),
    # what
    (
        "Merging adds the scaled product of two LoRA matrices to the frozen weights.",
        [("What adds the scaled product of two LoRA matrices to the frozen weights?", "Merging")],
    ),
]

LEFT_ALONE = [
    "SGD is the simplest optimiser in use.",
    "The data type is called NormalFloat (NF4) in the QLoRA paper.",
    "ROUGE looks at recall more than at precision.",
    "It is a technique that estimates the similarity of two sets.",
    "This method is a technique that estimates the similarity of two sets.",
    "The model is a network that reads two sets of words.",
    "The previous layer is a network that reads two sets of words.",
    "Such filters are rules that decide whether a page is kept.",
    "Our model was introduced by Devlin and colleagues in 2019.",
    "A momentum coefficient of 0.9 is a common choice for large batches.",
    "BM25 is the right baseline for every dense retriever.",
    "Adam is the best choice for most of the networks.",
    "Prompt engineering is all about the way in which a model is asked.",
    "The input embeddings are passed through many blocks to form a state.",
    "Results are numbers that describe the outcome of a run.",
    "Parameters are complex objects that hold values and gradients.",
    "The idea goes back to stochastic approximation, which was introduced by Robbins and Monro in 1951.",
    "Intel Gaudi exposes separate clocks for matrix products.",
    "RMSProp replaces the sum by an average.",
    "A safe method writes two copies of each file.",
    "BERT combines the best of both worlds.",
    "Figure 3 shows the two paths from the input to the output.",
    "A mode was added to TensorFlow in later versions.",
    "The transposed convolution is named after the transposition.",
    "Use a technique that estimates the similarity of two sets.",
    "Draw a sample from a Gaussian process (GP) with two means.",
    "ZeRO - Enable Memory Centric Tiling (MCT).",
    "Quorble is a library that reads two sets of words.",
    "Adam does not depend on the scale of the gradients only because it divides.",
    "GloVe has two parameters for each word.",
    "Is MinHash a technique that estimates similarity?",
    "ALBERT is similar to that of BERT.",
    "If it is too large, the loss diverges within a few steps.",
    "If the rate is too large, it diverges within a few steps.",
    "A special token is added twice, once by a template and once by the tokeniser.",
    "The loss reaches the ones found by hand.",
]  # fmt: skip


def asked(sentence: str) -> list[tuple[str, str]]:
    passage = make_passage(sentence)
    return [(proposal.question, proposal.answer.text) for proposal in proposals(passage, SPELLING)]


@pytest.mark.parametrize(("sentence", "expected"), ASKED, ids=[sentence[:40] for sentence, _ in ASKED])
def test_what_is_asked(sentence: str, expected: list[tuple[str, str]]) -> None:
    assert sorted(asked(sentence)) == sorted(expected)


@pytest.mark.parametrize("sentence", LEFT_ALONE)
def test_what_is_left_alone(sentence: str) -> None:
    assert asked(sentence) == []


TITLE = "Reading Masked Text in Two Directions"

OF_A_DOCUMENT = [
    ("Accuracy improves as the batch size grows.", ("what happens to accuracy as the batch size grows?", "improves")),
    ("The training objective is to predict each word.", ("what is the training objective?", "to predict each word")),
    (
        "Four attention heads are used in each layer.",
        ("how many attention heads are used in each layer?", "Four"),
    ),
    (
        "Adding a dense layer improves the recall of rare words.",
        ("what does adding a dense layer improve?", "the recall of rare words"),
    ),
    (
        "The encoder’s initial state is taken from a smaller model.",
        ("what is the encoder’s initial state taken from?", "a smaller model"),
    ),
]


@pytest.mark.parametrize(("sentence", "expected"), OF_A_DOCUMENT, ids=[sentence[:40] for sentence, _ in OF_A_DOCUMENT])
def test_what_is_asked_of_a_document_that_is_named(sentence: str, expected: tuple[str, str]) -> None:
    found = [(p.question, p.answer.text) for p in proposals(make_passage(sentence), SPELLING, TITLE)]
    assert (f"In “{TITLE}”, {expected[0]}", expected[1]) in found
    assert asked(sentence) == []


def test_every_rule_asks_something() -> None:
    named = {p.generator for sentence, _ in ASKED for p in proposals(make_passage(sentence), SPELLING)}
    named |= {p.generator for sentence, _ in OF_A_DOCUMENT for p in proposals(make_passage(sentence), SPELLING, TITLE)}
    assert named == {f"rules@1:{name}" for name in RULES.entries()}


def test_spans_are_found_in_a_passage_with_marks_and_line_ends() -> None:
    passage = make_passage("Text comes first. MinHash [4] is  a technique that estimates the overlap of two sets.³")
    found = proposals(passage, SPELLING)
    assert {p.question for p in found} == {"What is MinHash?", "Which technique estimates the overlap of two sets?"}
    for proposal in found:
        answer = proposal.answer
        assert passage.text[answer.start : answer.end] == answer.text
        assert answer.sentence[0] <= answer.start < answer.end <= answer.sentence[1]


def test_a_span_with_a_citation_inside_is_not_taken() -> None:
    assert asked("MinHash is a technique [4] that estimates the overlap of two sets.") == [
        ("Which technique estimates the overlap of two sets?", "MinHash")
    ]


def test_a_question_of_what_only_its_document_explains_names_the_document() -> None:
    passage = make_passage(
        "The encoder is composed of six layers that read in parallel. BERT uses a subword vocabulary."
    )
    found = {p.question: p.answer.text for p in proposals(passage, SPELLING, TITLE)}
    assert found == {
        f"In “{TITLE}”, what is the encoder composed of?": "six layers that read in parallel",
        f"In “{TITLE}”, of how many layers is the encoder composed?": "six",
        "What does BERT use?": "a subword vocabulary",
    }


@pytest.mark.parametrize(
    "title", ["", "Linear regression", "How Do Transformers Read Text?", "paper_final_v2_of_me now ok"]
)
def test_a_title_that_tells_nothing_is_not_named(title: str) -> None:
    passage = make_passage("The encoder is composed of six layers that read in parallel.")
    assert proposals(passage, SPELLING, title) == []


def test_an_answer_that_is_a_citation_mark_is_not_taken() -> None:
    assert asked("LoRA adapters are described by [12].") == []
