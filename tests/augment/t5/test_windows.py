from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment.models import locate
from augment.t5.seq2seq import Seq2Seq
from augment.t5.windows import Words, window
from tests.augment.checkpoints import old_layout, sentences
from tests.augment.documents import answers_in, make_passage


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> Seq2Seq:
    import torch

    torch.set_num_threads(1)
    folder = old_layout(tmp_path_factory.mktemp("window") / "tiny")
    return Seq2Seq(locate(str(folder), "", folder))


@settings(max_examples=60)
@given(data=st.data(), room=st.integers(30, 200))
def test_a_window_holds_the_answer_and_fits(t5: Seq2Seq, data: st.DataObject, room: int) -> None:
    skip = data.draw(st.integers(0, 300))
    passage = make_passage(" ".join(sentences()[skip : skip + data.draw(st.integers(1, 40))]))
    answer = data.draw(st.sampled_from(answers_in(passage)))
    words = Words(passage.text, t5)
    found = window(words, answer, room)
    assert found is not None
    start, end = found
    assert start <= answer.start and answer.end <= end
    assert start == 0 or passage.text[start - 1].isspace()
    assert end == len(passage.text) or passage.text[end].isspace()
    ids = t5.tokenizer(passage.text[start:end], add_special_tokens=False)["input_ids"]
    assert len(ids) <= room
    left, right = answer.sentence
    sentence = t5.tokenizer(passage.text[left:right], add_special_tokens=False)["input_ids"]
    if len(sentence) <= room:
        assert start <= left and right <= end, "the sentence of the answer comes before its neighbours"
    if len(words.spans) and words.tokens(0, len(words.spans)) <= room:
        assert (start, end) == (words.spans[0][0], words.spans[-1][1])
