"""Renders the sample PDFs of raw_docs/ from the texts in this folder: `python tests/samples/render.py [FOLDER]`.

The same library versions give the same bytes: dates are fixed, noise is seeded, and the versions stand in the
producer field of each file.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import markdown
import PIL
import pymupdf
import pyphen
from lines import Run
from pages import Style, Typesetter
from scanner import scanned

HERE = Path(__file__).parent
RAW_DOCS = HERE.parents[1] / "raw_docs"
PRODUCER = f"PyMuPDF {pymupdf.__version__}, pyphen {pyphen.__version__}, Pillow {PIL.__version__}"
DATE = "D:20250601090000Z"

SERIF = (
    "body{margin:0;font-family:serif;font-size:10.5pt;line-height:1.35} "
    "h1{font-size:19pt} h2{font-size:13pt} p{margin:5pt 0}"
)
SANS = (
    "body{margin:0;font-family:sans-serif;font-size:10pt;line-height:1.4} h1{font-size:20pt;color:#1f3a5f} "
    "h2{font-size:13pt;color:#1f3a5f} h3{font-size:11pt;color:#1f3a5f} p{margin:5pt 0} "
    "td,th{padding:3pt 8pt;text-align:left}"
)


def source(name: str) -> str:
    return (HERE / f"{name}.md").read_text("utf-8")


def title_of(text: str) -> str:
    return text.split("\n", 1)[0].removeprefix("# ")


def blocks(text: str) -> list[str]:
    return [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]


def save(document: pymupdf.Document, title: str) -> bytes:
    document.set_metadata(
        {"title": title, "author": "The Quire authors", "producer": PRODUCER, "creationDate": DATE, "modDate": DATE}
    )
    document.subset_fonts()
    return bytes(document.tobytes(garbage=3, deflate=True, no_new_id=True))


def page_number(setter: Typesetter) -> None:
    number = Run(str(setter.page.number + 1), "roman", 10)
    setter.write([number], setter.page.rect.width / 2 - number.width / 2, setter.area.y1 + 32)


def set_table(setter: Typesetter, block: str) -> None:
    """A Markdown table, with a caption on the line before it or none."""
    caption, rows = block.split("|", 1)
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()]
    setter.table([row for row in cells if not set("".join(row)) <= set("-: ")], caption.strip())


def set_blocks(setter: Typesetter, body: Sequence[str]) -> None:
    """Sets headings, paragraphs, references, tables, equations and the figure, one after the other."""
    style, section, after_text = setter.style, "", False
    for block in body:
        if block.startswith("### "):
            setter.heading(block[4:], style.size + 0.5, 8, 3)
        elif block.startswith("## "):
            section = block[3:]
            setter.heading(section, style.size + 1.5, 11, 4, "centre" if section == "Abstract" else "left")
        elif block.startswith("$$"):
            setter.equation(block[2:].strip())
        elif block.startswith(("|", "Table ")):
            set_table(setter, block)
        elif block.startswith("@figure"):
            set_figure(setter, block.removeprefix("@figure "))
        elif section == "References":
            setter.paragraph(block, size=9, hang=10)
        else:
            setter.paragraph(block, style.indent if after_text else 0)
        after_text = not block.startswith(("#", "$$"))


def set_figure(setter: Typesetter, caption: str) -> None:
    """The one figure: the frozen and the trained path of an adapted layer, from input to output."""

    def draw(y: float) -> None:
        page, x = setter.page, setter.x + setter.column_width / 2
        frozen, trained = (0.86, 0.86, 0.86), (0.97, 0.9, 0.78)
        for box, fill in [((-88, 34, -12, 82), frozen), ((38, 34, 70, 54), trained), ((38, 62, 70, 82), trained)]:
            page.draw_rect(pymupdf.Rect(box) + (x, y, x, y), fill=fill, width=0.8)  # noqa: RUF005
        page.draw_circle((x, y + 14), 7, width=0.8)
        for x0, y0, x1, y1 in [
            (0, 7, 0, 1), (-50, 34, -7, 16), (54, 34, 7, 16), (54, 62, 54, 54), (54, 95, 54, 82),
            (-50, 95, -50, 82), (-50, 95, 54, 95), (0, 104, 0, 95),
        ]:  # fmt: skip
            page.draw_line((x + x0, y + y0), (x + x1, y + y1), width=0.8)
        for text, face, size, dx, dy in [
            ("h", "italic", 9, 10, 7), ("+", "roman", 9, -2.6, 17), ("W", "italic", 9, -56, 61),
            ("0", "roman", 6.5, -47.5, 63), ("frozen", "roman", 9, -62, 74), ("B", "italic", 9, 51, 47),
            ("A", "italic", 9, 51, 75), ("x", "italic", 9, 4, 105),
        ]:  # fmt: skip
            setter.write([Run(text, face, size)], x + dx, y + dy)
        setter.caption(caption, y + 116)

    setter.place(146, draw)


def two_column_paper(name: str) -> bytes:
    """A conference paper: title block, abstract, running heads, footnotes, figure, table, references, appendix."""
    text = source(name)
    notes = dict(re.findall(r"^\[\^(\d)\]: (.*)$", text, re.M))
    fields = dict(re.findall(r"^(author|affiliation|running): (.*)$", text, re.M))

    def head(setter: Typesetter) -> None:
        number = setter.page.number + 1
        if number > 1:
            running = Run(fields["running"] if number % 2 else fields["author"], "italic", 9)
            x = setter.area.x1 - running.width if number % 2 else setter.area.x0
            setter.write([running], x, setter.area.y0 - 18)
        page_number(setter)

    style = Style(2, 10, 11.9, margin_x=56, margin_top=70, margin_bottom=68, gutter=18, indent=10, head=head)
    setter = Typesetter(style, notes)
    setter.spanning(title_of(text), 15, "bold", 8)
    setter.spanning(fields["author"], 11.5, "bold", 1)
    setter.spanning(fields["affiliation"], 10, "italic", 20)
    set_blocks(setter, [block for block in blocks(text) if not block.startswith(("[^", "# ", "author:"))])
    return save(setter.finish(), title_of(text))


def report(name: str, style: Style) -> pymupdf.Document:
    """A one-column document with its title above the text."""
    text = source(name)
    setter = Typesetter(style)
    setter.heading(title_of(text), 16, 0, 10)
    set_blocks(setter, blocks(text)[1:])
    return setter.finish()


def exported(name: str, css: str, footer: str) -> bytes:
    """A PDF as a word processor exports it: ragged right, with a small footer on each page."""
    text = source(name)
    story = pymupdf.Story(markdown.markdown(text, extensions=["tables"]), user_css=css)
    paper = pymupdf.paper_rect("a4")
    frame = pymupdf.Rect(78, 72, paper.width - 78, paper.height - 92)
    stream = io.BytesIO()
    writer = pymupdf.DocumentWriter(stream)
    story.write(writer, lambda _number, _filled: (paper, frame, None))
    writer.close()
    document = pymupdf.open("pdf", stream.getvalue())
    for number, page in enumerate(document, start=1):
        y = paper.height - 44
        page.insert_text((78, y), footer, fontname="helv", fontsize=8)
        page.insert_text((paper.width - 126, y), f"Page {number} of {len(document)}", fontname="helv", fontsize=8)
    return save(document, title_of(text))


def render() -> dict[str, bytes]:
    """File name -> bytes of every sample PDF."""
    book = Style(1, 11, 14.6, margin_x=88, margin_top=86, margin_bottom=92, indent=14, head=page_number)
    letter = Style(1, 11.5, 15.4, margin_x=80, margin_top=66, margin_bottom=70, indent=16, head=page_number)
    draft = Style(1, 12, 21, margin_x=96, margin_top=84, margin_bottom=96, gap=7, justify=False, head=page_number)
    memory = scanned(report("mixed-precision-and-memory", letter), (0, 1), 250, 11, bilevel=True)
    distributed = scanned(report("distributed-training", draft), (1, 3), 200, 23, bilevel=False)
    return {
        "attention-and-transformers.pdf": save(
            report("attention-and-transformers", book), "Attention and the Transformer"
        ),
        "decoding-strategies.pdf": exported("decoding-strategies", SANS, "Decoding strategies"),
        "distributed-training.pdf": save(distributed, "Distributed training"),
        "lora-and-qlora.pdf": two_column_paper("lora-and-qlora"),
        "mixed-precision-and-memory.pdf": save(memory, ""),
        "overfitting-and-regularisation.pdf": exported("overfitting-and-regularisation", SERIF, "Course notes"),
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else RAW_DOCS
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in render().items():
        (folder / name).write_bytes(content)
        print(f"{folder / name}  {len(content) / 1000:.0f} kB")
