"""What a person is shown to decide on: every pair that was asked, in the dataset or dropped, and which comes next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from augment.asking import Asked
from augment.decisions import STEP, Decision, key_of
from augment.records import QAPair
from extractors.errors import QuireError
from extractors.ledger import read_ledger
from flows.store import current_asked, record_in
from training.dataset import JSON_FILES, read_manifest, read_split

Group = Literal["undecided", "decided", "dropped"]
"""Undecided pairs of the dataset, decided pairs, and undecided pairs that a gate or a corpus step dropped."""


class Offer(NamedTuple):
    """A pair as it was asked, with the split it is in now, or the step and reason that dropped it."""

    pair: QAPair
    split: str
    dropped: str


class View(NamedTuple):
    """One pair in the middle of the others: the keys of those before and after it, and how many each group has.
    `undo` is the key of the decision that would be taken back next."""

    key: str
    before: str
    after: str
    undo: str
    counts: dict[str, int]

    @property
    def decided(self) -> int:
        return self.counts["decided"]

    @property
    def in_all(self) -> int:
        """The pairs to decide on; those that were dropped only count once somebody has decided on them."""
        return self.counts["decided"] + self.counts["undecided"]


def offered(out: Path) -> dict[str, Offer]:
    """All that was asked of the documents of the dataset in `out`, by key, in reading order; of pairs that say the same
    only one, that of the dataset if there is one.

    Raises QuireError where nothing was built.
    """
    files = current_asked(out / ".quire")
    if not files:
        raise QuireError(f"There are no pairs to review in {out}.", fix="Build a dataset first: quire build.")
    splits = _splits(out)
    reasons = {
        entry.id: f"{entry.step}: {entry.reason}"
        for entry in read_ledger(out / "ledger.jsonl")
        if entry.unit == "pair" and entry.step != STEP
    }
    offers: dict[str, Offer] = {}
    for file in files.values():
        asked = record_in(file, Asked)
        for pair in (*asked.pairs, *asked.refused):
            split = splits.get(pair.id, "")
            offer = Offer(pair, split, "" if split else reasons.get(pair.id, ""))
            known = offers.setdefault(key_of(pair), offer)
            if known.dropped and not offer.dropped:
                offers[key_of(pair)] = offer
    return dict(sorted(offers.items(), key=lambda offer: _reading_order(offer[1].pair)))


def view(
    offers: Mapping[str, Offer], decisions: Mapping[str, Decision], group: Group, source: str = "", key: str = ""
) -> View:
    """The pair of `key`, whatever its group, or the first of `group`, among the others of that group; with a `source`
    only those of that document count."""
    of = {
        each: _group(offer, decisions.get(each))
        for each, offer in offers.items()
        if source in ("", offer.pair.source) or each == key
    }
    key = key if key in of else next((each for each in of if of[each] == group), "")
    order = list(of)
    here = order.index(key) if key else 0
    latest = next((each for each in reversed(list(decisions)) if each in offers), "")
    counts = Counter(of.values())
    return View(
        key=key,
        before=next((each for each in reversed(order[:here]) if of[each] == group), ""),
        after=next((each for each in order[here + 1 :] if of[each] == group), ""),
        # A person who goes back to a pair that is decided wants that one undone.
        undo=key if key in decisions else latest,
        counts={name: counts[name] for name in get_args(Group)},
    )


def sources(offers: Mapping[str, Offer]) -> list[str]:
    return sorted({offer.pair.source for offer in offers.values()})


def decision_of(
    pair: QAPair, verdict: Literal["accept", "reject", "undecided"], question: str, answer: str
) -> Decision:
    """The verdict on `pair`; where it is accepted, with what of question and answer is not as it was."""
    said = {"question": " ".join(question.split()), "answer": " ".join(answer.split())}
    changed = {name: text for name, text in said.items() if text and text != " ".join(getattr(pair, name).split())}
    return Decision(key=key_of(pair), verdict=verdict, **(changed if verdict == "accept" else {}))


def _group(offer: Offer, decision: Decision | None) -> Group:
    return "decided" if decision else "dropped" if offer.dropped else "undecided"


def _splits(out: Path) -> dict[str, str]:
    """The split that each row of the dataset is in, by id."""
    dataset = out / "dataset"
    files = read_manifest(dataset)["files"] if (dataset / "manifest.json").exists() else {}
    return {
        pair.id: split for split, file in JSON_FILES.items() if file in files for pair in read_split(dataset, split)
    }


def _reading_order(pair: QAPair) -> tuple[str, int, int, str]:
    return pair.source, pair.char_start, pair.char_end, pair.question
