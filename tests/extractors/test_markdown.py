from __future__ import annotations

import re
import time
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.errors import UnreadableDocument
from extractors.formulas import readable
from extractors.records import Document
from tests.extractors import invariants
from tests.extractors.conftest import read


def markdown(folder: Path, text: str | bytes, name: str = "note.md") -> Document:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else dedent(text).lstrip("\n").encode())
    document = read(path)
    invariants.hold(document)
    assert [page.number for page in document.pages] == [1]
    return document


def kinds(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in document.blocks]


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


def test_front_matter(tmp_path: Path) -> None:
    document = markdown(tmp_path, "---\ntitle: 'On: colons'\ntags: [a, b]\ndate: 2026-01-02\n---\n# Other\n\nText.\n")
    assert document.title == "On: colons"
    assert document.metadata == {"title": "On: colons", "tags": "a, b", "date": "2026-01-02"}
    assert document.text == "Text."
    broken = markdown(tmp_path, "---\ntitle: a: b: [c\nauthor: Someone\n---\n\nThe body is not lost.\n")
    assert broken.text == "The body is not lost."
    assert broken.metadata["author"] == "Someone"
    assert markdown(tmp_path, '+++\ntitle = "In TOML"\n+++\n\nText.\n').title == "In TOML"
    assert markdown(tmp_path, "---\n\nA rule is no front matter.\n\n---\n\nMore.\n").text.startswith("A rule is")


@pytest.mark.parametrize(
    ("text", "body", "metadata"),
    [
        ("---\n\nNote: prose between rules.\n\n---\n\nMore.\n", "Note: prose between rules.\n\nMore.", {}),
        ("---\nFirst.\n\nNote: second.\n\n---\n\nMore.\n", "First.\n\nNote: second.\n\nMore.", {}),
        ("---\ntitle: Never closed\nauthor: A\n\nThe body.\n", "The body.", {"title": "Never closed", "author": "A"}),
        ("---\nversion: 1.10\nflag: !!bool maybe\nnone: null\n---\nThe body.\n", "The body.", {"version": "1.10"}),
        ('---\nkey: "half \\ud800"\n---\nThe body.\n', "The body.", {"key": "half ?"}),
        ('{\n"key": "half \\ud800"\n}\nThe body.\n', "The body.", {"key": "half ?"}),
        ("+++\nn = 0x" + "f" * 6000 + "\n+++\nThe body.\n", "The body.", {}),
    ],
)
def test_front_matter_takes_nothing_along(tmp_path: Path, text: str, body: str, metadata: dict[str, str]) -> None:
    document = markdown(tmp_path, text)
    assert document.text == body
    assert metadata.items() <= document.metadata.items()
    assert Document.model_validate_json(document.model_dump_json()) == document


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


def test_marks_of_other_programs(tmp_path: Path) -> None:
    document = markdown(
        tmp_path,
        """
        %%
        A comment of Obsidian.
        %%

        # [[A page]]

        +++ {"cell": "of MyST"}

        \\[escaped words\\](target)
        """,
    )
    assert kinds(document) == [("heading", "A page"), ("paragraph", "[escaped words](target)")]


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


def test_admonitions_keep_their_prose(tmp_path: Path) -> None:
    document = markdown(
        tmp_path,
        """
        !!! note
            Prose of MkDocs.

        ??? question "Why is it so?"
            Because of this.

            ```python
            x = 1
            ```

        :::{warning}
        Prose of MyST.
        :::

        ```{tip}
        :class: x
        Prose in a fence.
        ```

        > [!NOTE]
        > Prose of GitHub.

        === "Tab"
            Prose in a tab.
        """,
    )
    prose = [text for kind, text in kinds(document) if kind == "paragraph"]
    assert prose == [
        "Prose of MkDocs.",
        "Why is it so?",
        "Because of this.",
        "Prose of MyST.",
        "Prose in a fence.",
        "Prose of GitHub.",
        "Prose in a tab.",
    ]
    assert ("code", "x = 1") in kinds(document)


def test_mdx(tmp_path: Path) -> None:
    document = markdown(
        tmp_path,
        """
        import Tip from "./tip"
        import {
          One,
          Two,
        } from "@/parts";
        export const x = { y: 1 };

        # Title[[title-anchor]]

        <Tip warning={true} items={["a", {b: 2}]}>

        Children of **components** stay.

        </Tip>

        <Youtube id="abc"/>

        {/* a comment */}

        {#if fw === 'pt'}
        For one of them.
        {:else}
        For the other.
        {/if}

        We import numbers from "tables" in prose.
        """,
        "lesson.mdx",
    )
    assert kinds(document) == [
        ("heading", "Title"),
        ("paragraph", "Children of components stay."),
        ("paragraph", "For one of them."),
        ("paragraph", "For the other."),
        ("paragraph", 'We import numbers from "tables" in prose.'),
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


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("\ufeffWith a mark.".encode(), "With a mark."),
        ("naïve café".encode("latin-1"), "naïve café"),
        ("in UTF-16".encode("utf-16"), "in UTF-16"),
        ("Without a mark.".encode("utf-16-be"), "Without a mark."),
        ("“Windows” – 1252".encode("cp1252"), "“Windows” – 1252"),
        ("“UTF-8” with a bad ".encode() + b"\xff", "“UTF-8” with a bad ÿ"),
        (b"a vertical\x0btab", "a vertical tab"),
        (b"a NUL\x00 byte", "a NUL byte"),
        (b"one\r\n\r\ntwo\rthree", "one\n\ntwo three"),
        (b"Prose.\n\n```python\ncode()\n\nProse after a fence that is never closed.", None),
    ],
)
def test_odd_bytes(tmp_path: Path, data: bytes, text: str | None) -> None:
    document = markdown(tmp_path, data)
    assert document.text == (text or "Prose.\n\nProse after a fence that is never closed.")


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "binary.md"
    path.write_bytes(bytes(range(256)) * 8)
    with pytest.raises(UnreadableDocument) as caught:
        read(path)
    assert caught.value.reason == "not text"
    path.write_text("---\ntitle: only this\n---\n\n<!-- nothing -->\n")
    with pytest.raises(UnreadableDocument) as caught:
        read(path)
    assert caught.value.reason == "nothing to read"


def test_dialects_leave_only_their_prose(tmp_path: Path) -> None:
    document = markdown(
        tmp_path,
        r"""
        [![Build](https://x.org/b.svg "badge")](https://x.org) ![](logo.png)

        ##Heading without a space

        A [span]{.x}, {cite}`key`, {ref}`a part <p>`, [@key, p. 3], [[Page|wiki words]], ==marks==, H~2~O,
        :numref:`fig`, {{< short code >}}code{{< /short >}}s, {% tag %}tags, [missing][ref], [a b](c d.md) and C++.

        See <username>, 3 < 4 > 2, a <b and c> d and **"quoted"**text^[With an *inline* note.].

        :::{admonition} A title
        :class: tip
        In MyST.
        :::

        ::: {.callout-note title="x"}
        In Quarto.
        :::

        > [!tip]- Folded
        > In Obsidian.

        {{< highlight go >}}
        code()
        {{< /highlight >}}

        ```{math}
        :label: eq
        a = b
        ```

        Above:
        a | b | c
        --|--
        `x | y` | 2 | 3 \| 4
        Below.

        ![Alternative](x.png "A caption in a title.")

        Figure 2: A caption in text.

        {: .class}
        [^unused]: A note that nothing refers to.
        """,
    )
    assert kinds(document) == [
        ("heading", "Heading without a space"),
        (
            "paragraph",
            "A span, , a part, , wiki words, marks, H2O, , codes, tags, missing, a b and C++.",
        ),
        ("paragraph", 'See <username>, 3 < 4 > 2, a <b and c> d and "quoted"text.'),
        ("footnote", "With an inline note."),
        ("paragraph", "A title"),
        ("paragraph", "In MyST."),
        ("paragraph", "In Quarto."),
        ("paragraph", "Folded"),
        ("paragraph", "In Obsidian."),
        ("code", "code()"),
        ("equation", "a = b"),
        ("paragraph", "Above:"),
        ("table", "a | b | c\nx | y | 2 | 3 | 4"),
        ("paragraph", "Below."),
        ("caption", "A caption in a title."),
        ("caption", "Figure 2: A caption in text."),
        ("footnote", "A note that nothing refers to."),
    ]
    assert "A caption in a title." in document.text


def test_components_over_lines(tmp_path: Path) -> None:
    document = markdown(
        tmp_path,
        """
        export default function Layout({ children }) {
          const x = 1

          return <div>{children}</div>
        }

        <Tabs
          items={["a > b", `c`]}
          render={() => { return <b>x</b> }}
        >
          <Tab title="a">

            Indented **text** {props.x}here{" "}again.

            ```js
            code()
            ```

          </Tab>
        </Tabs>

        {list.map((x) => (
          <Item key={x} />
        ))}

        <div style={{ color: "red" }}>Styled.</div>
        """,
        "page.mdx",
    )
    assert kinds(document) == [
        ("paragraph", "Indented text here again."),
        ("code", "code()"),
        ("paragraph", "Styled."),
    ]


def test_front_matter_of_other_kinds(tmp_path: Path) -> None:
    assert markdown(tmp_path, '{\n  "title": "In JSON"\n}\n\nText.\n').title == "In JSON"
    assert markdown(tmp_path, "---\n---\n\nText.\n").text == "Text."
    deep = "---\na: &a [x, x]\n" + "".join(
        f"{chr(c + 1)}: &{chr(c + 1)} [{', '.join([f'*{chr(c)}'] * 9)}]\n" for c in range(97, 110)
    )
    assert markdown(tmp_path, f"{deep}---\n\nText.\n").metadata["a"] == "x, x"


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 20_000,
        "![" * 10_000,
        "<a b='" * 10_000,
        "<x a={" * 10_000,
        "{{ " * 20_000,
        "\\(" * 20_000,
        "`` ` " * 10_000,
        "a|b\n-|-\n" + "|" * 50_000,
        "> " * 500 + "deep",
        "\n".join("  " * depth + "- item" for depth in range(500)),
        "<div>" * 5_000,
        "<b>" * 5_000 + "deep",
        "\n\n".join("~~~~{note}" for _ in range(5_000)),
        "$$\n\n" * 10_000,
        "a\n: b\n" * 5_000,
        ":a_b:" * 20_000,
        "{% highlight x %}\n" * 10_000,
        "<details>\n<summary>s\n\nx\n\n" * 10_000,
    ],
    ids=lambda hostile: hostile[:9],
)
def test_time_is_in_proportion_to_the_text(tmp_path: Path, hostile: str) -> None:
    path = tmp_path / "hostile.md"
    path.write_text(f"Words before.\n\n{hostile}\n\nWords after.\n")
    began = time.process_time()
    document = read(path)
    assert time.process_time() - began < 10
    assert "Words before." in document.text
    assert "Words after." in document.text


MARKUP = (
    "*", "**", "_", "~~", "`", "[", "]", "!", "|", "\\", "$", "\n", "\n\n", "\n# ", "\n- ", "\n1. ", "\n> ", "\n    ",
    "\n$$\n", "\n```\n", "\n:::\n", "\n---\n", "\n===\n", "\n|---|---|\n", "\n<div>\n", "</div>", "<b>", "<!--",
    "\n!!! x\n    ", "\n[^1]: ", "\n<details>\n", "\t", "<br>", "\n: ", "~", "^", "=", "==", "%", "&", "&amp;",
    "\n+++\n", "'", '"',
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(MARKUP) | st.integers(0, 99).map(lambda n: f" w{n} "), max_size=40))
def test_no_word_outside_of_markup_is_lost(tmp_path: Path, parts: list[str]) -> None:
    path = tmp_path / "any.md"
    path.write_text("Some text.\n\n" + "".join(parts))
    document = read(path)
    invariants.hold(document)
    kept = " ".join(block.text for block in document.blocks)
    names_of_languages = r"(?m)^.*(?:~~~|```).*$"
    for word in re.findall(r"w\d+", re.sub(names_of_languages, "", "".join(parts))):
        assert word in kept


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.sampled_from("ab *_`#->|[](){}<$\\\n\t:!1.~=/\"'"), max_size=200))
def test_nothing_breaks_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "any.mdx"
    path.write_text("Some text.\n\n" + text)
    invariants.hold(read(path))
