from __future__ import annotations

from pathlib import Path
from textwrap import dedent

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
