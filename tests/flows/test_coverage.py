"""Coverage, counted against passages and pairs one by one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from augment.passages import passages
from augment.settings import AskSettings
from flows.coverage import body_coverage, coverage_of, covered
from tests.augment.documents import make_document, with_captions

SENTENCE = "The rank of the matrices is {}, which is a number that nobody has ever liked very much."
DOCUMENT = with_captions(
    make_document(
        ("", [SENTENCE.format(0)]),
        ("Method", [" ".join(SENTENCE.format(number) for number in range(1, 9)), "Figure 1: All the ranks."]),
        ("Results", [SENTENCE.format(9)]),
    ),
    "Figure 1",
)
SETTINGS = AskSettings(generators=("rules",), passage_words=40)
starts = st.sets(st.integers(0, len(DOCUMENT.text)))


@settings(deadline=None)  # the first call loads the sentence splitter
@given(starts)
def test_every_passage_of_the_body_counts_once_in_its_section(found: set[int]) -> None:
    of_all = passages(DOCUMENT, SETTINGS)
    with_pair = covered(of_all, found)
    assert [*with_pair] == [
        passage for passage in of_all if any(passage.start <= start < passage.end for start in found)
    ]
    told = coverage_of(of_all, with_pair)
    assert [section["section"] for section in told["sections"]] == ["", "Method", "Results"]
    assert (told["passages"], told["captions"]) == (len(of_all), 1)
    counted = body_coverage([told])
    assert counted["passages of body text"] == (
        sum(section["passages"] for section in told["sections"]),
        sum(section["with_pair"] for section in told["sections"]),
    )
    assert counted["captions"] == (1, told["captions_with_pair"])
    assert told["passages_with_pair"] == sum(asked for _, asked in counted.values())


def test_no_kind_of_passage_is_counted_that_is_not_there() -> None:
    assert body_coverage([]) == {}
