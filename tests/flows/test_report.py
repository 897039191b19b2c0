"""The report: what it says, that it says when something is wrong, and that it is closed."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from extractors.errors import QuireError
from extractors.files import sha256_of
from flows import report
from flows.report import write_report
from flows.store import remember_seconds
from tests.flows.example import ExampleOut, add_adapters, make_example
from training.dataset import dataset_hash


def page_of(example: ExampleOut) -> str:
    return write_report(example.out, example.raw_docs).read_text()


def plain(html: str) -> str:
    """The page as a reader has it: no tags, single spaces."""
    body = html.partition("<body>")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def test_the_counts_of_every_unit_are_there_and_add_up(example_out: ExampleOut) -> None:
    text = plain(page_of(example_out))
    for line in ("3 in all = 2 kept + 1 dropped", "4 in all = 3 kept + 1 dropped", "5 in all = 4 kept + 1 dropped"):
        assert line in text
    assert "These counts do not agree" not in text
    assert "1 read: encrypted" in text


def test_a_ledger_that_lacks_a_line_is_told(example_out: ExampleOut) -> None:
    ledger = example_out.out / "ledger.jsonl"
    ledger.write_text("".join(line + "\n" for line in ledger.read_text().splitlines() if "encrypted" not in line))
    text = plain(page_of(example_out))
    assert "These counts do not agree" in text
    assert "The funnel drops 1 document, the ledger 0." in text


def test_a_row_taken_out_of_the_dataset_is_told(example_out: ExampleOut) -> None:
    train = example_out.out / "dataset" / "train.json"
    train.write_text("".join(train.read_text().splitlines(keepends=True)[1:]))
    assert "are there." in plain(page_of(example_out))


def test_each_document_has_a_row_the_lost_one_too(example_out: ExampleOut) -> None:
    text = plain(page_of(example_out))
    table = text.partition("Each document:")[2].partition("Losses")[0]
    assert "Small matrices beside large ones adapters.pdf 3 1 as text, 1 by OCR (91% sure), 1 lost" in table
    assert "secret.pdf" in table
    assert "encrypted" in table


def test_pages_times_and_kin_are_told(example_out: ExampleOut) -> None:
    assert "Slowest" not in plain(page_of(example_out))
    manifest = example_out.out / "dataset" / "manifest.json"
    told = json.loads(manifest.read_text())
    for document in told["documents"]:
        document["family"] = "one"
    manifest.write_text(json.dumps(told))
    by_name = {document["source"]: document["doc_id"] for document in told["documents"]}
    work = example_out.out / ".quire"
    remember_seconds(work, {by_name["adapters.pdf"]: {"read": 4.0, "ask": 0.25}, by_name["decoding.md"]: {"read": 0.5}})
    text = plain(page_of(example_out))
    assert "1 page read by OCR, 91% sure" in text and "1 page lost: nothing on it" in text
    assert "Slowest to read and ask: adapters.pdf 4.2 s, decoding.md 0.5 s." in text
    assert "adapters.pdf one family with decoding.md" in text


def test_samples_stand_beside_their_source(example_out: ExampleOut) -> None:
    html = page_of(example_out)
    assert "<mark>a strategy that takes the most likely token</mark>" in html
    pictures = re.findall(r'<svg class="page".*?</svg>', html, re.DOTALL)
    assert len(pictures) == 3
    assert all("data:image/png;base64,iVBOR" in picture and "<polygon" in picture for picture in pictures)
    assert "What is Lora ?" in html, "the variant stands under its original"


def test_a_source_that_changed_has_no_picture_but_its_words(example_out: ExampleOut) -> None:
    (example_out.raw_docs / "adapters.pdf").write_bytes(b"%PDF-1.7 something else")
    html = page_of(example_out)
    assert '<svg class="page"' not in html
    assert "has changed or gone since it was read" in html
    assert "<mark>a method that trains two small matrices</mark>" in html


def test_without_adapters_the_page_says_so(example_out: ExampleOut) -> None:
    text = plain(page_of(example_out))
    assert "Nothing was trained yet" in text
    assert "There is no verdict" in text


def test_with_adapters_curve_and_verdict(example_out: ExampleOut) -> None:
    add_adapters(example_out.out)
    html = page_of(example_out)
    assert "Loss over the steps: training 4.44 to 1.43" in html
    assert "<mark>1.666667</mark>" in html, "the lowest validation loss"
    text = plain(html)
    assert "Step Training loss Validation loss 35 3.430696 2.941176 70 2.129053 2.083333" in text
    assert "trainable params: 29,933,568 || all params: 3,115,872,256 || trainable%: 0.9607" in text
    assert "Peak memory 0.63 GiB; the probe before the first step measured 0.50 GiB and 2,946 tokens a second" in text
    assert "Memory ran out 1 time, and no step was lost: in training, then 64 tokens at once." in text
    assert "The adapters answer better than their base model." in text
    assert "+0.120 +0.060 to +0.190" in text
    assert "trained 61.2 s" in text
    assert "not of this dataset" not in text


def test_what_the_adapters_are_held_against_beside_their_base(example_out: ExampleOut) -> None:
    add_adapters(example_out.out)
    html = page_of(example_out)
    text = plain(html)
    assert "Measure Base Base with examples 2.5 a question Adapters Question given back Adapters less base" in text
    assert "loss 3.100 2.900 2.200 – -0.900" in text and "F1 0.050 0.150 0.170 0.110 +0.120" in text
    assert "that of the base model with examples: +0.020 (-0.010 to +0.050)." in text
    assert "that of the question given back: +0.060." in text
    assert "unanswerable 8 0% 75%" in text
    assert '<p class="sentence forgot">The adapters forgot some general text.</p>' in html
    metrics = example_out.out / "adapters" / "metrics.json"
    told = json.loads(metrics.read_text())
    for name in ("few_shot", "floor", "over"):
        del told["sets"]["test"][name]
    del told["adversarial"], told["forgetting"]
    metrics.write_text(json.dumps(told))
    assert "Measure Base Adapters Adapters less base" in plain(page_of(example_out)), "metrics of an older version"


def test_coverage_and_leakage_and_decisions_are_told(example_out: ExampleOut) -> None:
    manifest = example_out.out / "dataset" / "manifest.json"
    told = json.loads(manifest.read_text())
    told["documents"][0]["sections"][0]["with_pair"] = 0
    told["decisions"] = {"sha256": "ab" * 32, "accepted": 2, "edited": 0, "rejected": 1}
    told["notes"] = ["No document is held out for <test>."]
    manifest.write_text(json.dumps(told))
    html = page_of(example_out)
    text = plain(html)
    assert "100% of the 3 passages of body text have a question in the dataset." in text
    assert "1 section of which nothing was kept adapters.pdf Part 1, 1 passage" in text
    assert "Part 2 1 1" in text
    assert "validation 1 0 0 0 0 0 1" in text and "test 1 0 0 0 0 0 0" in text
    assert "which wins over every gate: 2 accepted, 1 rejected." in text
    assert '<p class="note">No document is held out for &lt;test&gt;.</p>' in html


def test_adapters_of_a_dataset_that_was_here_before_are_told(example_out: ExampleOut) -> None:
    add_adapters(example_out.out)
    manifest = example_out.out / "adapters" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "dataset": "6" * 64}))
    assert "These adapters are not of this dataset" in plain(page_of(example_out))


def test_adapters_trained_on_rows_edited_by_hand_are_of_this_dataset(example_out: ExampleOut) -> None:
    train = example_out.out / "dataset" / "train.json"
    train.write_text(train.read_text().replace("LoRA?", "LoRA for?"))
    add_adapters(example_out.out)
    assert "These adapters are not of this dataset" in plain(page_of(example_out))
    manifest = example_out.out / "adapters" / "manifest.json"
    rows = dataset_hash(example_out.out / "dataset")
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "dataset": rows}))
    assert "not of this dataset" not in plain(page_of(example_out))


def test_a_damaged_manifest_is_named(example_out: ExampleOut) -> None:
    (example_out.out / "dataset" / "manifest.json").write_text("{")
    with pytest.raises(QuireError, match=r"dataset/manifest\.json is damaged\. Delete it"):
        page_of(example_out)


def test_a_run_that_lost_every_document_still_has_a_page(tmp_path: Path) -> None:
    example = make_example(tmp_path)
    (example.out / "dataset" / "manifest.json").unlink()
    text = plain(page_of(example))
    assert "No dataset came of this run" in text
    assert "encrypted" in text


def test_nothing_at_all_is_an_error_with_its_fix(tmp_path: Path) -> None:
    with pytest.raises(QuireError, match="quire build"):
        write_report(tmp_path / "out", tmp_path)


def test_a_dataset_of_another_format_is_refused(example_out: ExampleOut) -> None:
    path = example_out.out / "dataset" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    with pytest.raises(QuireError, match="another version"):
        write_report(example_out.out, example_out.raw_docs)


def test_the_same_files_give_the_same_bytes(example_out: ExampleOut) -> None:
    add_adapters(example_out.out)
    first = sha256_of(write_report(example_out.out, example_out.raw_docs))
    assert sha256_of(write_report(example_out.out, example_out.raw_docs)) == first


class Tags(HTMLParser):
    """Every tag with its attributes, as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))


HOSTILE = (
    """<script>alert(1)</script>"><img src=x onerror=alert(2)>[x](javascript:alert(3))</style></title>{{ 7*7 }}'"""
)


def test_text_of_documents_stays_text(tmp_path: Path) -> None:
    html = page_of(make_example(tmp_path, title=HOSTILE))
    tags = Tags(html).found
    assert "&lt;script&gt;alert(1)" in html
    assert {"script", "iframe", "object", "link", "base"}.isdisjoint(tag for tag, _ in tags)
    pictures = [attributes["src"] or "" for tag, attributes in tags if tag == "img"]
    assert all(picture.startswith("data:image/jpeg;base64,") for picture in pictures)
    assert not any(name.startswith("on") for _, attributes in tags for name in attributes)
    assert "{{ 7*7 }}" in plain(html).replace("&#39;", "'")


def test_nothing_in_it_leads_off_the_page(example_out: ExampleOut) -> None:
    add_adapters(example_out.out)
    html = page_of(example_out)
    addresses = [
        attributes[name] or ""
        for _, attributes in Tags(html).found
        for name in ("href", "src", "action", "xlink:href")
        if name in attributes
    ]
    assert addresses
    assert all(address.startswith(("#", "data:image/png;base64,", "data:image/jpeg;base64,")) for address in addresses)
    assert "url(" not in html
    assert "@import" not in html


def test_every_link_of_the_page_has_its_place(example_out: ExampleOut) -> None:
    tags = Tags(page_of(example_out)).found
    places = {attributes["id"] for _, attributes in tags if "id" in attributes}
    links = {(attributes["href"] or "").removeprefix("#") for tag, attributes in tags if tag == "a"}
    assert links
    assert links <= places


def test_pages_read_by_ocr_and_lost_pages_have_their_pictures(example_out: ExampleOut) -> None:
    html = page_of(example_out)
    sheets = re.findall(r'<img src="data:image/jpeg;base64,[^"]{500,}"[^>]*alt="([^"]+)"', html)
    assert sheets == ["Page 3 of adapters.pdf", "Page 2 of adapters.pdf"]
    assert "Pages lost adapters.pdf, page 3 nothing on it Pages read by OCR adapters.pdf, page 2 91% sure" in plain(
        html
    )


def test_the_reason_of_a_lost_document_stands_in_its_row(example_out: ExampleOut) -> None:
    assert "secret.pdf encrypted It asks for a password. Save it without one." in plain(page_of(example_out))


def test_what_is_cut_is_told(example_out: ExampleOut, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "DOCUMENTS", 1)
    text = plain(page_of(example_out))
    assert "The first 1 of 2 that had a problem" in text
    assert "and 1 more, in manifest.json" in text
