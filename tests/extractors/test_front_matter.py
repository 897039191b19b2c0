"""What stands before the first line of a note."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractors.records import Document
from tests.extractors.notes import markdown


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


def test_front_matter_of_other_kinds(tmp_path: Path) -> None:
    assert markdown(tmp_path, '{\n  "title": "In JSON"\n}\n\nText.\n').title == "In JSON"
    assert markdown(tmp_path, "---\n---\n\nText.\n").text == "Text."
    deep = "---\na: &a [x, x]\n" + "".join(
        f"{chr(c + 1)}: &{chr(c + 1)} [{', '.join([f'*{chr(c)}'] * 9)}]\n" for c in range(97, 110)
    )
    assert markdown(tmp_path, f"{deep}---\n\nText.\n").metadata["a"] == "x, x"
