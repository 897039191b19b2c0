"""What the programs that people write Markdown for have added to it."""

from __future__ import annotations

from pathlib import Path

from tests.extractors.notes import kinds, markdown


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
