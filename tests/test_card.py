"""The card through the command line: it says how to make the same dataset again, and what could not be held out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from extractors.files import from_lines
from extractors.ledger import LedgerEntry
from tests.flows.in_process import quire
from tests.flows.real_run import RULES_ONLY
from tests.test_end_to_end import ADAPTERS, DECODING, TOKENS, contents, rows

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("kept_workers")]


def test_what_the_card_says_to_do_makes_the_same_bytes(tmp_path: Path, server: str) -> None:
    raw_docs, out, again = tmp_path / "raw_docs", tmp_path / "out", tmp_path / "again"
    raw_docs.mkdir()
    for name, text in (("adapters.md", ADAPTERS), ("decoding.md", DECODING), ("tokens.md", TOKENS)):
        (raw_docs / name).write_text(text)
    changed = ("--set", "seed=11", "--set", "ask.passage_words=60", "--set", 'dataset.formats=["chat"]')
    assert quire(server, "build", raw_docs, *RULES_ONLY, *changed, out=out).status == 0
    card = (out / "dataset" / "README.md").read_text()
    (settings,) = re.findall(r"```toml\n(.+?)```", card, re.DOTALL)
    (command,) = re.findall(r"```\nquire (build raw_docs --config quire.toml)\n```", card)
    config = tmp_path / "quire.toml"
    config.write_text(settings)
    places = {"raw_docs": raw_docs, "quire.toml": config}
    assert quire(server, *(places.get(word, word) for word in command.split()), out=again).status == 0
    assert contents(again / "dataset") == contents(out / "dataset")


def test_with_two_documents_it_is_said_everywhere_what_can_still_be_measured(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw_docs, out = tmp_path / "raw_docs", tmp_path / "out"
    raw_docs.mkdir()
    (raw_docs / "adapters.md").write_text(ADAPTERS)
    (raw_docs / "tokens.md").write_text(TOKENS)
    wanted = ("--set", "split.test_seen=0.3", "--set", "dataset.push_to_hub=nobody/nothing")
    monkeypatch.setenv("HF_TOKEN", "")
    run = quire(server, "build", raw_docs, *RULES_ONLY, *wanted, out=out)
    assert run.status == 0, run.stderr
    seen = rows(out, ["test_seen"])
    assert seen and not rows(out, ["validate", "test"])
    notes = json.loads((out / "dataset" / "manifest.json").read_text())["notes"]
    assert notes[0].startswith("No document is held out for validation and test")
    assert notes[1].endswith(f"test_seen holds {len(seen)}.")
    ledger = from_lines(out / "ledger.jsonl", LedgerEntry)
    report = re.sub(r"\s+", " ", (out / "report.html").read_text())
    for note in notes:
        assert note in run.stderr and note in (out / "dataset" / "README.md").read_text() and note in report
        assert note in [entry.detail for entry in ledger if (entry.unit, entry.step) == ("run", "split")]

    assert "was not pushed to nobody/nothing" in run.stderr and "hf upload nobody/nothing" in run.stderr
    assert [entry.step for entry in ledger if entry.reason == "not pushed"] == ["push"]
    assert "push_to_hub" not in (out / "dataset" / "manifest.json").read_text()
    before = contents(out / "dataset")
    assert quire(server, "build", raw_docs, *RULES_ONLY, *wanted[:2], out=out).status == 0
    assert contents(out / "dataset") == before
    assert not [entry for entry in from_lines(out / "ledger.jsonl", LedgerEntry) if entry.step == "push"]
