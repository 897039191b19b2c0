from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from extractors.errors import UnreadableDocument
from extractors.records import Document
from tests.extractors import invariants
from tests.extractors.conftest import read


def page(folder: Path, html: str, encoding: str = "utf-8") -> Document:
    path = folder / "page.html"
    path.write_bytes(dedent(html).encode(encoding))
    document = read(path)
    invariants.hold(document)
    return document


def kinds(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in document.blocks]


def test_content_and_what_a_site_puts_around_it(tmp_path: Path) -> None:
    document = page(
        tmp_path,
        """
        <!doctype html><html><head><meta charset="latin-1"><title>Cafés | Site</title>
        <meta name="author" content="Ada"><style>p { color: red }</style></head>
        <body class="with-sidebar"><div id="cookie-banner">Cookies?</div>
        <header><nav><a href="/">Home</a></nav></header>
        <aside class="sidebar">Beside it</aside>
        <main><article>
        <header><h1>On cafés <a href="#on">¶</a></h1></header>
        <p>A paragraph<sup><a href="#n1">1</a></sup> with x<sup>2</sup>, never closed.
        <p>Another, with <math alttext="\\alpha_{i}"><mi>a</mi></math>.
        <h2>Lists</h2>
        <ul><li>One<li>Two<ul><li>Within</ul></ul>
        <div>Loose<div>Inner</div>loose again</div>
        <figure><img src="x" alt="y"><figcaption>What is to be seen.</figcaption></figure>
        <table><caption>Numbers</caption><tr><th>a<th>b<tr><td>1<td>2</table>
        <table><tr><td><p>Only layout.</p></td></tr></table>
        <pre><code>
            def f():
                return 1
        </code></pre>
        <script>no()</script><form><label>Email</label></form>
        <div class="related-posts"><p>Another post</p></div>
        <section class="footnotes"><ol><li id="n1">A note. <a href="#r">^</a></ol></section>
        <h2>References</h2><ol><li>A. One.<li>B. Two.</ol>
        </article></main><footer>2026</footer></body></html>
        """,
        "latin-1",
    )
    assert document.title == "On cafés"
    assert document.metadata == {"author": "Ada"}
    assert kinds(document) == [
        ("furniture", "Cookies?"),
        ("furniture", "Home"),
        ("furniture", "Beside it"),
        ("heading", "On cafés"),
        ("paragraph", "A paragraph with x², never closed."),
        ("paragraph", "Another, with α_i."),
        ("heading", "Lists"),
        ("list", "One\nTwo\nWithin"),
        ("paragraph", "Loose"),
        ("paragraph", "Inner"),
        ("paragraph", "loose again"),
        ("caption", "What is to be seen."),
        ("caption", "Numbers"),
        ("table", "a | b\n1 | 2"),
        ("paragraph", "Only layout."),
        ("code", "def f():\n    return 1"),
        ("furniture", "Email"),
        ("furniture", "Another post"),
        ("footnote", "A note."),
        ("heading", "References"),
        ("reference", "A. One."),
        ("reference", "B. Two."),
        ("furniture", "2026"),
    ]
    assert document.blocks[-2].section == ("References",)


PROSE = "The whole of the text stands in here, and it is too long to be a menu or a banner of the site. " * 3


@pytest.mark.parametrize(
    "around",
    [
        "<form>{}</form>",
        "<div class=page-with-sidebar>{}</div>",
        "<div id=toc-wrapper><ul class=toc><li>One</ul>{}</div>",
    ],
)
def test_what_holds_most_of_the_text_is_no_furniture(tmp_path: Path, around: str) -> None:
    assert page(tmp_path, f"<!doctype html><html><body>{around.format(PROSE)}</body></html>").text == PROSE.strip()


def test_a_sidebar_longer_than_the_text_is_furniture(tmp_path: Path) -> None:
    links = "<li><a href=x>A page of the manual that has a long name</a>" * 30
    document = page(tmp_path, f"<!doctype html><html><body><ul class=sidebar>{links}</ul><p>{PROSE}</body></html>")
    assert document.text == PROSE.strip()


def test_formulas_of_mathjax(tmp_path: Path) -> None:
    document = page(
        tmp_path,
        r"""
        <!doctype html><script src="mathjax.js"></script>
        <p>With \(\alpha\) and <script type="math/tex">x_{1}</script>, not
        <code>\(y\)</code>.
        <p>$$E = mc^2$$<p><script type="math/tex; mode=display">a = b</script></body></html>
        """,
    )
    assert kinds(document) == [
        ("paragraph", r"With α and x_1, not \(y\)."),
        ("equation", "E = mc^2"),
        ("equation", "a = b"),
    ]


def test_plain_text_in_a_page(tmp_path: Path) -> None:
    wrapped = (
        "1. Introduction\n\n   This is the text of a memo that was pub-\n   lished in the form that it has on paper.\n"
    )
    document = page(tmp_path, f"<html><head></head><body><pre>{wrapped}</pre></body></html>")
    assert kinds(document) == [
        ("heading", "1. Introduction"),
        ("paragraph", "This is the text of a memo that was published in the form that it has on paper."),
    ]
    with pytest.raises(UnreadableDocument, match="only code"):
        page(tmp_path, "<html><body><pre>for (i = 0; i < n; i++) { sum += x[i]; }</pre></body></html>")


def test_malformed_pages_lose_nothing(tmp_path: Path) -> None:
    document = page(
        tmp_path,
        """
        <!doctype html><html><body><p>A paragraph that<section>a section ends.<aside>Beside it.</aside></section>
        <ul>Loose<li>An item</ul>
        <table>Between<tr><th>a<th>b<tr><td>1<td>2</table><table><td>No<td>row<tr><td>one<td>two</table>
        <div class=footnotes><p><span class=footnote>A note.</span></div></body></html><p>After the end.
        """,
    )
    assert kinds(document) == [
        ("paragraph", "A paragraph that"),
        ("paragraph", "a section ends."),
        ("furniture", "Beside it."),
        ("list", "Loose\nAn item"),
        ("paragraph", "Between"),
        ("table", "a | b\n1 | 2"),
        ("table", "one | two\nNo | row"),
        ("footnote", "A note."),
        ("paragraph", "After the end."),
    ]


def test_a_paper_by_latexml(tmp_path: Path) -> None:
    document = page(
        tmp_path,
        """
        <!doctype html><html><body><article class="ltx_document">
        <h1 class="ltx_title ltx_title_document">A paper</h1><div class="ltx_authors">Ada</div>
        <section><h2 class="ltx_title"><span class="ltx_tag">1 </span>Introduction</h2>
        <p class="ltx_p">Text<span class="ltx_note ltx_role_footnote"><sup class="ltx_note_mark">1</sup><span><span
        class="ltx_note_content"><sup class="ltx_note_mark">1</sup><span class="ltx_tag ltx_tag_note">1</span>A note.
        </span></span></span> with <math alttext="x_{i}"><mi>x</mi></math>:</p>
        <table class="ltx_equation ltx_eqn_table"><tr><td><math alttext="\\displaystyle E=mc^{2}"></math></td>
        <td class="ltx_eqn_eqno">(1)</td></tr></table></section>
        <section class="ltx_bibliography"><h2>References</h2><ul><li class="ltx_bibitem"><span
        class="ltx_tag_bibitem">[1]</span><span class="ltx_bibblock">A. One.</span><span
        class="ltx_bibblock">2020.</span></li></ul></section></article></body></html>
        """,
    )
    assert kinds(document) == [
        ("heading", "A paper"),
        ("furniture", "Ada"),
        ("heading", "1 Introduction"),
        ("paragraph", "Text with x_i:"),
        ("footnote", "A note."),
        ("equation", "E=mc^{2}"),
        ("heading", "References"),
        ("reference", "A. One. 2020."),
    ]


def test_thousands_of_elements_within_each_other(tmp_path: Path) -> None:
    document = page(tmp_path, "<p>Words before.</p>" + "<x><i>" * 10_000 + "Words deep down.")
    assert "Words before." in document.text
    assert "Words deep down." in document.text
