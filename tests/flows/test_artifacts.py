from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown import markdown

from flows import artifacts
from flows.artifacts import _escaped
from flows.settings import load
from tests.flows.example import ExampleOut, add_adapters


@given(st.text(alphabet="ab<>&*_`[]()!#|\\ {}", max_size=40))
def test_text_of_a_document_is_neither_markdown_nor_html(text: str) -> None:
    html = markdown(f"x{_escaped(text)}x")
    assert html.startswith("<p>") and html.endswith("</p>")
    assert "<" not in html.removeprefix("<p>").removesuffix("</p>")


def test_verdict_and_loss_curve_are_shown(example_out: ExampleOut, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: dict[str, dict[str, Any]] = {}
    for kind in ("create_image_artifact", "create_markdown_artifact"):
        monkeypatch.setattr(artifacts, kind, lambda key, **about: shown.update({key: about}))
    add_adapters(example_out.out)
    artifacts.publish_adapters(load(out=example_out.out))
    assert list(shown) == ["losses", "verdict"] and "the adapters answer better" in shown["verdict"]["markdown"]
    assert "| test | trained | 2.200 |" in shown["verdict"]["markdown"]
    assert "| training | 7 | 64 tokens at once | out of memory |" in shown["losses"]["markdown"]
    assert "| 35 | 3.430696 | 2.941176 |" in shown["losses"]["markdown"]
    assert ". Peak memory " in shown["losses"]["markdown"], "a line break is one on Prefect's pages"
    assert "the training documents. Loss," in shown["verdict"]["markdown"]
    Path(example_out.out, "adapters", "loss_curve.png").write_bytes(b"a curve")
    artifacts.publish_adapters(load(out=example_out.out))
    assert shown["loss-curve"]["image_url"] == f"data:image/png;base64,{base64.b64encode(b'a curve').decode()}"
