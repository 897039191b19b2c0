from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import extractors
from extractors.errors import UnreadableDocument
from extractors.files import sha256_of
from extractors.reading import read_as
from extractors.records import BODY_KINDS, Document
from extractors.sentences import sentence_spans
from tests.extractors import invariants
from tests.extractors.conftest import needs_tesseract, read


def test_suffixes_are_those_of_the_extractors() -> None:
    text = {".md", ".markdown", ".mdx", ".txt", ".text", ".html", ".htm", ".xhtml"}
    assert extractors.suffixes() == text | {".pdf"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("paper.docx", "no extractor for .docx"),
        ("README", "no extractor for files without a suffix"),
        ("missing.pdf", "not a file"),
        ("empty.pdf", "empty file"),
        ("empty.md", "empty file"),
    ],
)
def test_what_cannot_be_read_is_said_with_a_fix(tmp_path: Path, name: str, reason: str) -> None:
    path = tmp_path / name
    if not name.startswith("missing"):
        path.write_bytes(b"")
    with pytest.raises(UnreadableDocument) as caught:
        read(path)
    assert caught.value.reason == reason
    assert name in caught.value.message
    assert caught.value.fix
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.reason, str(again)) == (reason, str(caught.value))


@pytest.mark.parametrize("name", ["long.md", "long.txt", "long.html"])
def test_more_text_than_is_allowed_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("<p>Some words of text.</p>\n\n" * 50)
    assert read(tmp_path / name, max_characters=5000).text
    with pytest.raises(UnreadableDocument, match=r"more than read\.max_characters") as caught:
        read(tmp_path / name, max_characters=500)
    assert caught.value.reason == "too much text" and caught.value.fix


PDF = b"%PDF-1.7\n"
PAGE = b"\xef\xbb\xbf<!-- saved -->\n<!DOCTYPE html>\n<html><body><p>Sign in</p></body></html>"


@pytest.mark.parametrize(
    ("name", "data", "suffix"),
    [
        ("1706.03762", PDF, ".pdf"),
        ("2301.00001v2", PDF, ".pdf"),
        ("paper.md", PDF, ".pdf"),
        ("paper.docx", PDF, ".pdf"),
        ("junk-before.pdf", b"\x00" * 100 + PDF, ".pdf"),
        ("about.md", b"A PDF begins with %PDF- and its version.", ".md"),
        ("page.md", PAGE, ".html"),
        ("page.txt", PAGE.decode("utf-8-sig").encode("utf-16"), ".html"),
        ("fragment.md", b"<div>Markdown may begin so.</div>", ".md"),
        ("NOTES.TXT", b"Text.", ".txt"),
    ],
)
def test_content_decides(tmp_path: Path, name: str, data: bytes, suffix: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert read_as(path, name) == suffix


@pytest.mark.parametrize(
    ("name", "data", "reason", "named"),
    [
        ("login.pdf", PAGE, "not a PDF", "login or error page"),
        ("figure.pdf", b"\x89PNG\r\n\x1a\n", "not a PDF", "PNG picture"),
        ("letter.md", b"PK\x03\x04", "not text", ".docx"),
        ("archive.txt", b"\x1f\x8b\x08\x00", "not text", "gzip"),
        ("scan.png", b"\x89PNG\r\n\x1a\n", "no extractor for .png", "img2pdf"),
        ("data.bin", b"\x00\x01", "no extractor for .bin", ".pdf"),
    ],
)
def test_what_a_file_is_not_is_said(tmp_path: Path, name: str, data: bytes, reason: str, named: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(UnreadableDocument) as caught:
        read_as(path, name)
    assert caught.value.reason == reason
    assert named in str(caught.value)


def test_a_document_without_body_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "code.md"
    path.write_text("# Only a title\n\n```\ncode\n```\n")
    with pytest.raises(UnreadableDocument, match=r"found in it .only code, heading.*asked of paragraphs") as caught:
        read(path)
    assert caught.value.reason == "nothing to read"


def test_the_same_bytes_give_the_same_record(tmp_path: Path, paper: Path) -> None:
    document = read(paper)
    assert document.doc_id == sha256_of(paper)
    assert document == read(paper)
    copy = tmp_path / "COPY.PDF"
    copy.write_bytes(paper.read_bytes())
    assert read(copy).blocks == document.blocks
    assert Document.model_validate_json(document.model_dump_json()) == document


def samples() -> list[Path]:
    folder = Path(__file__).parents[2] / "raw_docs"
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".pdf", ".md"))


@needs_tesseract
@pytest.mark.parametrize("path", samples(), ids=lambda path: path.name)
def test_sample_documents(path: Path) -> None:
    document = read(path)
    invariants.hold(document)
    assert all(page.read_as != "failed" for page in document.pages)
    assert document.title != path.stem
    body = [block for block in document.blocks if block.kind in BODY_KINDS]
    assert all(block.section for block in body[3:])
    ends = [document.text[end - 1] for _, end in sentence_spans(document.text)]
    assert sum(end in ".?!:" for end in ends) > 0.9 * len(ends)


def test_papers_keep_their_sentences_and_lose_the_rest(shared: Path) -> None:
    import json

    found = wanted = left = heads = 0
    for facts in sorted((shared / "truth").glob("*.tests.json")):
        truth = json.loads(facts.read_text())
        if truth["source"] != "latex":
            continue
        document = read(shared.parent / truth["pdf"])
        invariants.hold(document)
        text = squeezed(document.text)
        wanted += len(truth["present"])
        found += sum(squeezed(sentence) in text for sentence, _ in truth["present"])
        heads += len(truth["absent_running"]) + len(truth["footnotes"])
        left += sum(squeezed(line) in text for line in truth["absent_running"] + truth["footnotes"])
    assert wanted > 500
    assert found / wanted > 0.99
    assert left == 0, f"{left} of {heads} heads and notes are in the text"


def squeezed(text: str) -> str:
    import unicodedata

    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())


def test_broken_and_hostile_files_are_read_or_refused(shared: Path, capfd: pytest.CaptureFixture[str]) -> None:
    refused = {}
    for path in sorted((shared / "bad").iterdir()):
        if path.name == "enormous_page.pdf":
            continue
        try:
            invariants.hold(read(path, ocr="never"))
        except UnreadableDocument as error:
            refused[path.name] = error.reason
    assert refused["enc_r6_user_password.pdf"] == "encrypted"
    assert refused["html_named_pdf.pdf"] == refused["docx_named_pdf.pdf"] == "not a PDF"
    assert refused["zero_byte.pdf"] == "empty file"
    assert "enc_r6_empty_password.pdf" not in refused
    printed = capfd.readouterr()
    assert printed.out == printed.err == ""
