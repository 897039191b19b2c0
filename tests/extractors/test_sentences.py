from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.sentences import sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "sentence",
    [
        "The model of Vaswani et al. (2017) is shown in Fig. 3.",
        "As Devlin et al. show, it helps (cf. Eq. 5 and Sec. 4.2).",
        "We use models, e.g. BERT, and losses, i.e. Cross entropy.",
        "It gains 3.5 points vs. BERT on Tab. 2.",
        "The idea is due to J. R. Smith and A. N. Turing.",
        "The samples are i.i.d. Gaussian w.r.t. the data.",
        "Results (see Figs. 2 and 3) are given in No. 5 of Vol. 3, pp. 4–5.",
        "Dr. Jones met Prof. Plum in the U.S. Senate.",
        "It costs approx. 5 ms resp. 7 ms per step.",
        "Wait... what is this?",
        "Version 2.0.1 runs on Python 3.11.",
        "“Is it true?” he asked.",
    ],
)
def test_stays_whole(sentence: str) -> None:
    text = f"One comes before. {sentence} The next one follows."
    assert sentences(text) == ["One comes before.", sentence, "The next one follows."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He lived in the U.S. The war was over.", ["He lived in the U.S.", "The war was over."]),
        ("Kim et al. The model works.", ["Kim et al.", "The model works."]),
        ("Take the matrix A. The end.", ["Take the matrix A.", "The end."]),
        ("It was trained on WMT. BERT was not.", ["It was trained on WMT.", "BERT was not."]),
        ("See Section 3. BERT is large.", ["See Section 3.", "BERT is large."]),
        ("Is it? It is! Good.", ["Is it?", "It is!", "Good."]),
        ("(It is so.) We go on.", ["(It is so.)", "We go on."]),
        ("As shown.[12] Then we go.", ["As shown.[12]", "Then we go."]),
        ("As shown.¹² Then we go.", ["As shown.¹²", "Then we go."]),
        ("an item\nanother item. Two.", ["an item", "another item.", "Two."]),
        ("end of one\n\nStart of two", ["end of one", "Start of two"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_splits(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(st.text(alphabet=st.sampled_from("aB1.?! \n,()'\"”e.g"), max_size=120))
def test_spans_slice_in_order_and_cover_all_but_space(text: str) -> None:
    spans = sentence_spans(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    covered = {i for start, end in spans for i in range(start, end)}
    assert {i for i, c in enumerate(text) if not c.isspace()} <= covered
    for start, end in spans:
        assert text[start:end] == text[start:end].strip()
        assert "\n" not in text[start:end]
