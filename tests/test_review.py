"""Decisions over builds: the dataset is as a person wants it, however often it is rebuilt."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from augment.decisions import Decision, key_of
from augment.records import QAPair
from extractors.files import from_lines, sha256, to_lines
from extractors.ledger import LedgerEntry
from flows.decisions import add_decision, decisions_file, read_decisions
from flows.report import write_report
from flows.review import Offer, offered
from flows.store import current_documents
from tests.flows.in_process import RULES, build
from tests.test_end_to_end import ADAPTERS, DECODING, contents, rows

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("kept_workers")]

STRICT = "ask.min_coverage=0.95"
AGAIN = "\n## Memory\n\nGradient checkpointing is a technique that stores only some of the activations.\n"
QUESTION, ANSWER = "What did a person ask here?", "What nobody had written."
GATED, DOUBLE = "What does LoRA stand for?", "What is gradient checkpointing?"


def built(raw_docs: Path, out: Path, server: str) -> dict[str, str]:
    build(raw_docs, out, server, *RULES, STRICT)
    return contents(out / "dataset") | {"ledger": (out / "ledger.jsonl").read_text()}


def adds_up(out: Path, raw_docs: Path) -> dict[str, int]:
    """The pairs made, kept and rejected, where the report finds no count that does not agree."""
    assert "These counts do not agree" not in write_report(out, raw_docs).read_text()
    funnel = json.loads((out / "dataset" / "manifest.json").read_text())["funnel"]
    pairs = next(row for row in funnel if row["unit"] == "pair")
    entries = [
        entry
        for entry in from_lines(out / "ledger.jsonl", LedgerEntry)
        if entry.unit == "pair" and entry.outcome == "dropped"
    ]
    variants = next(row for row in funnel if row["unit"] == "variant")
    assert pairs["made"] == pairs["kept"] + pairs["dropped"] == pairs["kept"] + sum(pairs["reasons"].values())
    assert len(entries) == pairs["dropped"] + variants["dropped"]
    return {"made": pairs["made"], "kept": pairs["kept"], "rejected": pairs["reasons"].get("review: rejected", 0)}


def told(out: Path) -> tuple[dict[str, int], Counter[tuple[str, str]]]:
    """What the manifest says became of the decisions, and how often the ledger says what of a decided pair."""
    manifest = json.loads((out / "dataset" / "manifest.json").read_text())
    counts = dict(manifest["decisions"])
    if counts:
        stand = read_decisions(out)
        assert counts.pop("sha256") == sha256(to_lines(stand[key] for key in sorted(stand)))
        assert sum(counts.values()) == len(stand)
    entries = from_lines(out / "ledger.jsonl", LedgerEntry)
    return counts, Counter((entry.outcome, entry.reason) for entry in entries if entry.step == "review")


def dropped(offers: dict[str, Offer], question: str) -> Offer:
    return next(offer for offer in offers.values() if offer.dropped and offer.pair.question == question)


def holds(out: Path, rejected: QAPair, wanted: Sequence[QAPair], edited: QAPair) -> None:
    """The dataset is as the decisions want it, wherever the pairs stand now."""
    originals = {key_of(pair): pair for pair in rows(out) if pair.kind == "original"}
    assert key_of(rejected) not in originals and key_of(edited) not in originals
    for pair in wanted:
        assert originals[key_of(pair)].checks["review"] == 1
    (changed,) = [pair for pair in originals.values() if pair.question == QUESTION]
    assert (changed.answer, changed.answer_span, changed.context) == (ANSWER, edited.answer_span, edited.context)
    text = current_documents(out / ".quire")[changed.doc_id].text
    assert text[changed.char_start : changed.char_end] == changed.answer_span
    assert all(pair.family for pair in originals.values())


def test_decisions_survive_rebuilds_and_win_over_the_gates(tmp_path: Path, server: str) -> None:
    raw_docs, out = tmp_path / "raw_docs", tmp_path / "out"
    raw_docs.mkdir()
    (raw_docs / "adapters.md").write_text(ADAPTERS)
    (raw_docs / "decoding.md").write_text(DECODING + AGAIN)
    untouched = built(raw_docs, out, server)
    before = adds_up(out, raw_docs)
    offers = offered(out)
    rejected, *_, edited = [offer.pair for offer in offers.values() if not offer.dropped]
    gated, double = (dropped(offers, question) for question in (GATED, DOUBLE))
    assert gated.dropped.startswith("gate coverage") and double.dropped.startswith("deduplicate")
    wanted = [gated.pair, double.pair]
    for decision in (
        Decision(key=key_of(rejected), verdict="reject"),
        *(Decision(key=key_of(pair), verdict="accept") for pair in wanted),
        Decision(key=key_of(edited), verdict="accept", question=QUESTION, answer=ANSWER),
    ):
        add_decision(out, decision)

    decided = built(raw_docs, out, server)
    holds(out, rejected, wanted, edited)
    assert adds_up(out, raw_docs) == {"made": before["made"], "kept": before["kept"] + 1, "rejected": 1}
    counts, entries = told(out)
    assert counts == {"accepted": 2, "edited": 1, "rejected": 1, "dropped anyway": 0, "no longer asked": 0}
    assert entries == {("kept", "accepted"): 2, ("kept", "edited"): 1, ("dropped", "rejected"): 1}
    assert "2 accepted, 1 edited, 1 rejected" in (out / "dataset" / "README.md").read_text()
    lines = decisions_file(out).read_bytes()

    shutil.rmtree(out / ".quire")
    assert built(raw_docs, out, server) == decided
    assert decisions_file(out).read_bytes() == lines

    (raw_docs / "adapters.md").unlink()
    (raw_docs / "renamed.md").write_text(ADAPTERS.replace("## What they are\n", "## What they are\n\nNew.\n"))
    built(raw_docs, out, server)
    holds(out, rejected, wanted, edited)
    adds_up(out, raw_docs)

    add_decision(out, Decision(key="0" * 16, verdict="reject"))
    built(raw_docs, out, server)
    counts, entries = told(out)
    assert counts["no longer asked"] == entries["degraded", "no longer asked"] == 1

    for key in (*map(key_of, (rejected, *wanted, edited)), "0" * 16):
        add_decision(out, Decision(key=key, verdict="undecided"))
    (raw_docs / "renamed.md").unlink()
    (raw_docs / "adapters.md").write_text(ADAPTERS)
    assert built(raw_docs, out, server) == untouched
    assert told(out) == ({}, Counter())
