"""Which documents belong together: on real pairs, and on what unrelated papers share."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.likeness.families import families, joined, own_words, shingles_of_text
from extractors.reading import read_document
from extractors.sentences import sentence_spans
from extractors.settings import ReadSettings
from tests.augment.documents import make_document

ROOT = Path(__file__).parents[3]
PAPERS = ("attention-and-transformers", "decoding-strategies", "lora-and-qlora", "overfitting-and-regularisation")
SCANNED = "mixed-precision-and-memory"
LICENCE = """Everyone who comes by a copy of this text has permission to read, keep, change and pass it on, alone or
as part of something larger, for money or for nothing. The permission is granted once and for all, and to everyone
whom the text is passed on to; nobody may add terms that take it back. Two things are asked in return. The notice of
copyright above and the words of this licence must go with every copy and with every larger part of one, where a
reader will see them. Whoever changes the text must say so, and must not give the impression that its authors approve
of the change or even know of it. Nothing is promised: the text comes as is, without a warranty that it is right, that
it serves the end that somebody has in mind, or that no right of a third person stands against its use. Its authors
are not liable for any harm that follows from reading, using or passing it on, whatever the law of a country calls
such a claim and whoever makes it, as far as that law allows a licence to say so. What a reader may do anyway, by the
law, needs no licence and is not narrowed by this one."""


def read(name: str) -> str:
    folder = ROOT / (
        "tests/samples" if name.endswith(".md") and not (ROOT / "raw_docs" / name).exists() else "raw_docs"
    )
    return own_words(read_document(folder / name, ReadSettings(), name))


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """The sample documents, of which four are here as PDF and as the Markdown that they were set from."""
    names = [f"{paper}{suffix}" for paper in PAPERS for suffix in (".pdf", ".md")]
    return {name: read(name) for name in [*names, "retrieval.md", "tokenisation.md", "evaluation-metrics.md"]}


def families_of(texts: dict[str, str]) -> dict[str, str]:
    return families({name: shingles_of_text(text) for name, text in texts.items()}, 0.8)


def kin(texts: dict[str, str]) -> set[frozenset[str]]:
    """The families of several documents."""
    found: dict[str, set[str]] = {}
    for name, family in families_of(texts).items():
        found.setdefault(family, set()).add(name)
    return {frozenset(names) for names in found.values() if len(names) > 1}


def words(start: int, count: int) -> str:
    return " ".join(f"word{number}" for number in range(start, start + count))


def test_a_pdf_and_its_markdown_are_one_paper_and_papers_of_one_field_are_not(texts: dict[str, str]) -> None:
    assert kin(texts) == {frozenset((f"{paper}.pdf", f"{paper}.md")) for paper in PAPERS}


@pytest.mark.skipif(not shutil.which("tesseract"), reason="needs tesseract")
def test_a_scan_and_its_source_are_one_paper(texts: dict[str, str]) -> None:
    pair = {name: read(name) for name in (f"{SCANNED}.pdf", f"{SCANNED}.md")}
    assert frozenset(pair) in kin(texts | pair)


def test_a_version_with_other_sentences_is_the_same_paper(texts: dict[str, str]) -> None:
    text = texts["retrieval.md"]
    spans = sentence_spans(text)
    rewritten = set(random.Random("a third").sample(range(len(spans)), len(spans) // 3))
    version = " ".join(
        " ".join(reversed(text[start:end].split())) if number in rewritten else text[start:end]
        for number, (start, end) in enumerate(spans)
    )
    assert frozenset(("retrieval.md", "version")) in kin(texts | {"version": version})


def test_who_quotes_a_passage_is_kin(texts: dict[str, str]) -> None:
    quoted = " ".join(texts["retrieval.md"].split()[200:370])
    survey = f"{words(0, 4000)} {quoted} {words(5000, 4000)}"
    found = kin({"retrieval.md": texts["retrieval.md"], "survey": survey, "other": words(9000, 4000)})
    assert found == {frozenset(("retrieval.md", "survey"))}
    phrase = " ".join(quoted.split()[:50])
    assert not kin({"retrieval.md": texts["retrieval.md"], "survey": f"{words(0, 4000)} {phrase}"})


def test_a_licence_and_a_reference_list_in_common_make_no_family() -> None:
    references = [f"{words(number, 12)}, 20{number}." for number in range(10, 60)]
    shared = [("License", [LICENCE]), ("7. References", references), ("Acknowledgements", [words(900, 200)])]
    one, two = (
        make_document(("Method", [words(start, 900), LICENCE]), *shared, source=f"{start}.md") for start in (2000, 4000)
    )
    assert own_words(one) == words(2000, 900)
    assert not kin({"one": own_words(one), "two": own_words(two)})


def test_what_many_documents_share_makes_no_family_of_those_that_differ() -> None:
    form = words(0, 400)
    papers = {f"{number}": f"{words(number * 1000, 800)} {form}" for number in range(1, 9)}
    assert not kin(papers)
    versions = {f"{number} again": text.replace("word", "term", 80) for number, text in papers.items()}
    assert kin(papers | versions) == {frozenset((number, f"{number} again")) for number in papers}


def test_kinship_is_carried_on() -> None:
    assert kin({"a": words(0, 400), "b": words(200, 400), "c": words(400, 400)}) == {frozenset("abc")}


def test_a_family_bears_the_smallest_name_whatever_the_order() -> None:
    texts = {"b" * 64: words(0, 1000), "a" * 64: words(0, 900), "c" * 64: words(2000, 300), "d" * 64: ""}
    expected = {"a" * 64: "a" * 16, "b" * 64: "a" * 16, "c" * 64: "c" * 16, "d" * 64: "d" * 16}
    assert families_of(texts) == families_of(dict(reversed(texts.items()))) == expected


def test_families_are_joined_and_no_other_is_touched() -> None:
    apart = {"a": "a", "b": "b", "c": "b", "d": "d", "e": "e"}
    assert joined(apart, []) == apart
    assert joined(apart, [("c", "d"), ("d", "a")]) == {"a": "a", "b": "a", "c": "a", "d": "a", "e": "e"}
    assert joined(apart, [("d", "a"), ("c", "d")]) == joined(apart, [("a", "d"), ("a", "b")])


def test_no_documents() -> None:
    assert families({}, 0.8) == {}


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.text("ab cd.", max_size=60), max_size=8))
def test_equal_texts_are_one_family_and_every_document_has_one(texts: dict[str, str]) -> None:
    found = families_of(texts)
    assert found.keys() == texts.keys()
    for one, other in ((one, other) for one in texts for other in texts):
        if texts[one] == texts[other] and any(map(str.isalnum, texts[one])):
            assert found[one] == found[other]
