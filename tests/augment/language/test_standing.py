from __future__ import annotations

import pytest

from augment.language.standing import dangling, deictic, unresolved


@pytest.mark.parametrize(
    ("text", "pointing"),
    [
        ("What does this paper propose?", True),
        ("What do the authors show?", True),
        ("What does Figure 3 show?", True),
        ("What is shown in Table 2?", True),
        ("What do we train?", True),
        ("Which of the above is true?", True),
        ("What is used here?", True),
        ("What did [12] find?", True),
        ("Who developed BM25?", False),
        ("What does the proposed deep network predict?", True),
        ("What was the proposed solution of the Basel problem?", False),
        ("Who wrote All My Sons?", False),
        ("Where does Block I stand?", False),
        ("How should I train?", True),
        ("What is the text encoder of CLIP?", False),
        ("Where in the US was BERT trained?", False),
        ("What happens above 50 degrees?", False),
        ("What does i.i.d. mean?", False),
        ("What lies within the range in the bottom rows?", True),
    ],
)
def test_deictic(text: str, pointing: bool) -> None:
    assert bool(deictic(text)) is pointing


@pytest.mark.parametrize(
    ("sentence", "hangs"),
    [
        ("It is a model of language.", True),
        ("This makes the model fast.", True),
        ("However, it is slow on a CPU.", True),
        ("Such filters are rarely used.", True),
        ("Both averages start at zero.", True),
        ("When it was trained, BERT was large.", True),
        ("BERT was trained for this purpose.", True),
        ("The two models differ in size.", True),
        ("While the two are alike in size, BERT is faster and better.", True),
        ("The nets are used in [NV15] and for text.", True),
        ("The style is that of their paper.", True),
        ("Instead of text, BERT reads pieces.", False),
        ("In addition to text, BERT reads pieces.", False),
        ("Dropout has a rate, and for that reason it is tuned.", True),
        ("Our model learns from text.", True),
        ("Draw a sample from the prior.", True),
        ("the loss falls at each step.", True),
        ("The loss falls at each step", True),
        ("The loss \\frac{1}{2} falls at each step.", True),
        ("BERT uses WordPiece, and it marks every piece.", False),
        ("Models such as BERT read in both directions and at once.", False),
        ("The rows are those that were trained on text.", False),
        ("There are three types of parallelism.", False),
        ("It takes both time and care.", True),
        ("Training takes both time and care.", False),
        ("1 FLOP is one operation on numbers.", False),
        ("nDCG is a measure of rank.", False),
    ],
)
def test_dangling(sentence: str, hangs: bool) -> None:
    assert bool(dangling(sentence)) is hangs


@pytest.mark.parametrize(
    ("question", "open_words"),
    [
        ("What does the model predict?", "the model"),
        ("Why is the method?", "the method"),
        ("What do both approaches contain?", "both approaches"),
        ("What does it use?", "it"),
        ("Who trained this network?", "this"),
        ("What does the model of Kim predict?", ""),
        ("Why does BERT mark every piece that it splits?", ""),
        ("Which mean of vectors weighs the vectors?", ""),
        ("What does the learning rate set?", ""),
        ("Why is it hard to train a deep network?", ""),
        ("What does it mean to prune a network?", ""),
        ("What does it mean?", "it"),
        ("What is the term “token” used for?", ""),
        ("What is one of the parts of BERT?", ""),
        ("What is another name for top-p sampling?", ""),
        ("What other network is used?", "other"),
        ("What do those at the top share?", ""),
        ("What are those that were masked called?", ""),
    ],
)
def test_unresolved(question: str, open_words: str) -> None:
    assert unresolved(question) == open_words
