"""What Markdown itself says: headings, lists, tables, notes, formulas and HTML."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractors.formulas import readable
from tests.extractors.notes import kinds, markdown


def test_structure(tmp_path: Path) -> None:
    document = markdown(
        tmp_path,
        """
        # A note on *layers*

        The first paragraph has **bold**, a [link](https://example.org/x "title"), `code` and ![a picture](x.png).
        Its second line ends here.[^1]

        ## Lists
        Text right above a list:
        - one
        - two, which
          goes on
          - nested in two
            1. nested deeper
        - three

        1. first
        2. second

            with a second paragraph

        ## Rest ##

        | a | b |
        |---|--:|
        | 1 | 2 |

        ```python
        def f(): return "**not bold**"
        ```

            indented code

        > A quotation
        > of two lines.

        Term
        :   Its definition.

        Setext
        ------

        Last one, by <https://example.org>.

        [^1]: A note, *set apart*.
        """,
    )
    assert document.title == "A note on layers"
    assert kinds(document) == [
        ("heading", "A note on layers"),
        (
            "paragraph",
            "The first paragraph has bold, a link, code and . Its second line ends here.",
        ),
        ("heading", "Lists"),
        ("paragraph", "Text right above a list:"),
        ("list", "one\ntwo, which goes on\nnested in two\nnested deeper\nthree"),
        ("list", "first\nsecond\nwith a second paragraph"),
        ("heading", "Rest"),
        ("table", "a | b\n1 | 2"),
        ("code", 'def f(): return "**not bold**"'),
        ("code", "indented code"),
        ("paragraph", "A quotation of two lines."),
        ("paragraph", "Term"),
        ("paragraph", "Its definition."),
        ("heading", "Setext"),
        ("paragraph", "Last one, by https://example.org."),
        ("footnote", "A note, set apart."),
    ]
    assert document.blocks[-2].section == ("Setext",)


def test_what_is_never_closed_ends_where_its_block_does(tmp_path: Path) -> None:
    document = markdown(
        tmp_path,
        """
        - An item with a fence:

          ```
          code

        Prose after the list.

        $$ never closed

        Two words of prose between, and more.

        - $$ nor here

        $$
        x = 1

        y = \\text{if it is so}
        $$
        """,
    )
    assert kinds(document) == [
        ("list", "An item with a fence:"),
        ("code", "code"),
        ("paragraph", "Prose after the list."),
        ("paragraph", "$$ never closed"),
        ("paragraph", "Two words of prose between, and more."),
        ("list", "$$ nor here"),
        ("equation", "x = 1\n\ny = \\text{if it is so}"),
    ]


def test_notes_are_kept_wherever_they_stand(tmp_path: Path) -> None:
    document = markdown(tmp_path, "# Title^[One.]\n\n- an item^[Two.]\n\n| a^[Three.] |\n|---|\n| b |\n")
    assert [text for kind, text in kinds(document) if kind == "footnote"] == ["One.", "Two.", "Three."]


def test_words_between_angle_brackets(tmp_path: Path) -> None:
    document = markdown(
        tmp_path,
        """
        Set <TOKEN> and <userName> of a List<String>, not <Tip>this</Tip>:+1:.

        <TABLE><TR><TD>a</TD><TD>b</TD></TR><TR><TD>c</TD><TD>d</TD></TR></TABLE>

        <SCRIPT>alert("no")</SCRIPT>
        """,
    )
    assert kinds(document) == [
        ("paragraph", "Set <TOKEN> and <userName> of a List<String>, not this."),
        ("table", "a | b\nc | d"),
    ]


def test_mathematics_is_kept_from_emphasis(tmp_path: Path) -> None:
    document = markdown(
        tmp_path,
        r"""
        Let $a_i * b_i * c$ and \(x_1\) be with $\alpha \leq 2$, at $5 and $10 apiece.

        $$
        E = mc^2 \_ *x*
        $$

        \[ y = \frac{1}{2} \]
        """,
    )
    assert kinds(document) == [
        ("paragraph", "Let a_i * b_i * c and x_1 be with α ≤ 2, at $5 and $10 apiece."),
        ("equation", r"E = mc^2 \_ *x*"),
        ("equation", r"y = \frac{1}{2}"),
    ]


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\eta", "η"),
        (r"\lambda_{i} \times 10^{3}", "λ_i × 10^3"),
        (r"\mathrm{softmax}(QK^\top)", "softmax(QK^⊤)"),
        (r"O(n \log n)", "O(n log n)"),
        (r"50\%", "50%"),
        (r"\frac{1}{2}", r"\frac{1}{2}"),
        (r"\tfrac{1}{2} \alpha", r"\tfrac{1}{2} \alpha"),
        ("d_{model}", "d_{model}"),
    ],
)
def test_formulas(tex: str, text: str) -> None:
    assert " ".join(readable(tex).split()) == text


def test_html_goes_and_its_prose_stays(tmp_path: Path) -> None:
    document = markdown(
        tmp_path,
        """
        <div align="center">
          <h1>Set in HTML</h1>
          <img src="logo.png" alt="the logo">
        </div>

        <!-- a comment
             over lines -->

        <details><summary><b>More about it</b></summary>

        Hidden *prose* with `<div>` in code:

        - an item

        </details>

        <p>Area in m<sup>2</sup>, H<sub>2</sub>O, and a<br>break &amp; an entity.</p>

        <script>alert("no")</script>
        <style>p { color: red }</style>

        <table><tr><th>x</th><td>1</td></tr></table>

        ```html
        <p>code</p>
        ```
        """,
    )
    assert kinds(document) == [
        ("heading", "Set in HTML"),
        ("paragraph", "More about it"),
        ("paragraph", "Hidden prose with <div> in code:"),
        ("list", "an item"),
        ("paragraph", "Area in m², H2O, and a break & an entity."),
        ("table", "x | 1"),
        ("code", "<p>code</p>"),
    ]


def test_references_are_set_apart(tmp_path: Path) -> None:
    document = markdown(
        tmp_path, "# T\n\nBody.\n\n## References\n\n- A. One. 2020.\n- B. Two. 2021.\n\n## Appendix\n\nMore body.\n"
    )
    assert [text for kind, text in kinds(document) if kind == "reference"] == ["A. One. 2020.", "B. Two. 2021."]
    assert document.text == "Body.\n\nMore body."


def test_a_table_of_contents_is_furniture(tmp_path: Path) -> None:
    document = markdown(tmp_path, "# T\n\n- [One](#one)\n  - [Two](#two)\n\n## One\n\nText.\n")
    assert ("furniture", "One\nTwo") in kinds(document)
    assert document.text == "Text."
