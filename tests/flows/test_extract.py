"""`quire extract`: text on stdout, what was lost on stderr, pictures where asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from extractors.errors import NothingInHand, UnreadableDocument
from extractors.records import Document, Page
from flows.cli import app, main
from flows.extract import ranges, summary
from flows.settings import ConfigurationError

runner = CliRunner()
TEXT = "An epoch is one pass over all of the training data, after which the order is drawn anew."


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "paper.pdf"
    with pymupdf.open() as file:
        for _ in range(3):
            file.new_page(width=420, height=595).insert_textbox((60, 80, 360, 300), TEXT, fontsize=11)
        file.save(path)
    return path


def test_it_prints_the_body_text_or_the_record(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n\nAn epoch is one pass over the data.\n")
    file = str(tmp_path / "notes.md")
    plain = runner.invoke(app, ["extract", file])
    assert plain.stdout == "An epoch is one pass over the data.\n"
    assert plain.stderr == "notes.md: 8 words of body text\n"
    document = Document.model_validate_json(runner.invoke(app, ["extract", file, "--json"]).stdout)
    assert document.title == "Notes"


def test_one_page_goes_to_a_file_and_all_to_a_folder(paper: Path, tmp_path: Path) -> None:
    one, all_of_them = tmp_path / "page.png", tmp_path / "pages"
    done = runner.invoke(app, ["extract", str(paper), "--picture", str(one), "--page", "2"])
    assert done.stdout == f"{one}\n" and "3 pages (3 as text)" in done.stderr
    assert pymupdf.Pixmap(str(one)).width > 500
    done = runner.invoke(app, ["extract", str(paper), "--picture", str(all_of_them)])
    assert done.stdout.splitlines() == [str(all_of_them / f"paper-{number}.png") for number in (1, 2, 3)]
    assert sorted(map(str, all_of_them.iterdir())) == done.stdout.splitlines()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--page", "2"], "--page is the page to draw"),
        (["--page", "4", "--picture", "page.png"], "has no page 4, only 1 to 3"),
        (["--page", "0", "--picture", "page.png"], "has no page 0, only 1 to 3"),
    ],
)
def test_a_page_that_is_not_there_is_wrong_usage(paper: Path, options: list[str], told: str) -> None:
    refused = runner.invoke(app, ["extract", str(paper), *options]).exception
    assert isinstance(refused, ConfigurationError) and told in str(refused)


def test_markdown_has_no_pages_to_draw(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(TEXT)
    picture = tmp_path / "page.png"
    refused = runner.invoke(app, ["extract", str(tmp_path / "notes.md"), "--picture", str(picture)]).exception
    assert isinstance(refused, ConfigurationError) and "no pages to draw" in str(refused)
    assert not picture.exists()


def test_it_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "page.pdf").write_text("<html></html>")
    (tmp_path / "empty.md").write_text("")
    with pymupdf.open() as blank:
        blank.new_page()
        blank.save(tmp_path / "blank.pdf")
    assert isinstance(runner.invoke(app, ["extract", str(tmp_path / "none.md")]).exception, ConfigurationError)
    refused = runner.invoke(app, ["extract", str(tmp_path / "page.pdf")]).exception
    assert isinstance(refused, UnreadableDocument) and refused.reason == "not a PDF"
    for nothing in ("empty.md", "blank.pdf"):
        assert isinstance(runner.invoke(app, ["extract", str(tmp_path / nothing)]).exception, NothingInHand)


def test_a_name_that_is_no_utf8_is_written_as_it_can_be(tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"caf\xe9.md")
    file.write_text("# Notes\n\nAn epoch is one pass over the data.\n")
    told = runner.invoke(app, ["extract", str(file)])
    assert (told.exit_code, told.stderr) == (0, "caf\\xe9.md: 8 words of body text\n")


@pytest.mark.parametrize("out", ["paper.pdf/page.png", "x" * 300 + ".png"])
def test_a_picture_that_cannot_be_written_is_said_in_a_line(
    paper: Path, out: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "sys.argv", ["quire", "extract", str(paper), "--picture", str(paper.parent / out), "--page", "1"]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    *_, last = capsys.readouterr().err.splitlines()
    assert ended.value.code == 1
    assert last.startswith("quire: ") and last.endswith("Check the path and who may write there.")


def test_lost_and_doubtful_pages_are_named() -> None:
    pages = (
        *(Page(number=number, width=420, height=595) for number in (1, 2)),
        *(Page(number=number, read_as="failed", reason="tesseract is not installed") for number in (3, 4, 5, 8)),
        Page(number=6, width=420, height=595, read_as="ocr", confidence=0.9, reason="no text"),
        Page(number=7, width=420, height=595, read_as="ocr", confidence=0.4, reason="no text"),
    )
    document = Document(doc_id="d", source="a.pdf", title="A", pages=pages, blocks=(), text="One two.", places=())
    assert summary(document, 0.6) == (
        "a.pdf: 8 pages (2 as text, 2 by OCR, 4 lost), 2 words of body text"
        "; lost, tesseract is not installed: page 3-5, 8; poor OCR: page 7"
    )


@given(st.sets(st.integers(1, 40)))
def test_ranges_hold_each_number_once(numbers: set[int]) -> None:
    told = ranges(sorted(numbers))
    runs = [run.split("-") for run in told.split(", ")] if told else []
    assert [n for run in runs for n in range(int(run[0]), int(run[-1]) + 1)] == sorted(numbers)
