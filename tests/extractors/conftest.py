from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from extractors.reading import read_document
from extractors.records import Document
from extractors.settings import ReadSettings
from tests.extractors import typeset

needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")


@pytest.fixture(scope="session")
def shared(root: Path) -> Path:
    """Real documents to test against, which are not part of the project."""
    folder = root.parent / "shared" / "data" / "docs" / "open"
    if not folder.is_dir():
        pytest.skip("../shared is not there")
    return folder


def read(path: Path, **settings: object) -> Document:
    return read_document(path, ReadSettings.model_validate(settings), path.name)


# A bar shows where a word may be broken at the end of a line.
BODY = """\
Retrieval aug|mented gen|er|a|tion is a tech|nique that puts passages into the prompt of a language model. The \
passages come from a search engine, which ranks them by how well they fit the ques|tion that was asked.

A dense retriever maps ques|tions and passages to vectors of the same space. Two vectors that point the same \
way have a large dot prod|uct, and the passages with the largest are returned. Training needs pairs of \
ques|tions and pas|sages, and a state-of-the-art encoder is fine-tuned on them for a few epochs with a small \
learn|ing rate.

A sparse retriever counts words instead. It needs no training and no graph|ics card, it explains its own \
ranking, and for rare names it is often the better of the two. Many systems there|fore run both of them and \
merge the two rankings by the ranks alone, which needs no tun|ing at all.""".replace("|", "\u00ad")


@pytest.fixture(scope="session")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two columns on three pages, with all that surrounds the text of a paper."""
    press = typeset.Press()
    press.centred(80, "Dense and Sparse Retrieval Compared", 18, typeset.BOLD)
    press.centred(110, "Ada Example and Ben Sample", 12)
    press.centred(126, "Institute of Examples, Sampletown", 10)
    press.centred(140, "{ada,ben}@example.org", 10, typeset.MONO)
    press.line(150, 180, "Abstract", 12, typeset.BOLD)
    y = press.paragraph(80, 198, 185, "We compare two ways to find passages. " * 6, 9)
    press.line(60, y + 20, "1 Introduction", 12, typeset.BOLD)
    y = press.paragraph(60, y + 40, 225, BODY.split("\n\n")[0])
    y = press.paragraph(60, y, 225, BODY.split("\n\n")[1], indent=12)
    after = press.line(60, y, "This is a longer line with a note at its very end", 10)
    press.line(after, y - 4, "1", 6)
    press.line(after + 3, y, ".", 10)
    press.line(68, 746, "1", 5.5)
    press.line(72, 750, "This note at the foot of the page is no part of the text.", 8)
    press.line(72, 775, "Proceedings of the Example Conference, pages 1-3. Copyright 2026 by its authors.", 7)
    press.line(310, 180, "2 Methods", 12, typeset.BOLD)
    press.line(310, 204, "2.1 Search", 10, typeset.BOLD)
    y = press.paragraph(310, 222, 225, BODY.split("\n\n")[2])
    press.paragraph(310, y, 225, "The score of a passage is the sum of the weights of its words:", indent=12)
    press.line(370, y + 36, "s(q, p) = w(q) + w(p)", 10, typeset.ITALIC)
    press.line(520, y + 36, "(1)", 10)
    y = press.paragraph(310, y + 66, 225, "Three settings matter for the quality of the index that we build here:")
    for item in ("the size of the passages,", "the overlap of two passages that stand next to each other,"):
        press.line(316, y + 4, "•", 10)
        y = press.paragraph(328, y + 4, 207, item)
    press.paragraph(
        310, 740, 225, "The text of this para\u00adgraph is longer than the column and the page in which it"
    )
    press.line(295, 815, "1", 9)
    press.turn()
    press.line(60, 45, "Example and Sample", 8, typeset.ITALIC)
    press.line(60, 75, "Table 1: Shares of questions answered by each of the systems.", 9)
    for row, cells in enumerate((("system", "top 1", "top 20"), ("sparse", "41.2", "68.8"), ("dense", "45.9", "78.4"))):
        for column, cell in enumerate(cells):
            press.line(80 + 70 * column, 96 + 13 * row, cell, 9)
    y = press.paragraph(60, 160, 225, "was begun, so that its last sentence ends only here, on the next page.")
    press.line(60, y + 20, "3 Conclusion", 12, typeset.BOLD)
    press.paragraph(60, y + 38, 225, "Both ways of searching find most of the passages, and neither finds all of them.")
    press.line(310, 75, "References", 12, typeset.BOLD)
    press.paragraph(310, 93, 225, "Ada Example. 2020. On finding passages with words. In Journal of Samples, 1:1-9.", 9)
    press.paragraph(310, 120, 225, "Ben Sample. 2021. On finding passages with vectors. In Journal of Samples.", 9)
    press.line(295, 815, "2", 9)
    press.turn()
    press.line(440, 45, "Dense and Sparse Retrieval", 8, typeset.ITALIC)
    press.line(60, 75, "A Further settings", 12, typeset.BOLD)
    press.paragraph(60, 95, 225, "The index was built once and was used for all of the runs that are reported above.")
    press.line(295, 815, "3", 9)
    return press.save(tmp_path_factory.mktemp("paper") / "paper.pdf")
