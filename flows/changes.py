"""What a build changed since the last one: documents and pairs that came, changed or went."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ValidationError

from extractors.files import sha256_of, write_whole
from extractors.records import Record
from flows.escaped import escaped
from training.dataset import JSON_FILES, read_manifest

MOST_NAMED = 5
"""Documents named in a sentence; the page in the UI names all."""


class Row(BaseModel):
    """What is looked at of a row of the dataset."""

    kind: str
    source: str
    question: str
    answer: str


class Snapshot(Record):
    """Of a dataset, the document of each source by its hash, and the answer to each question asked of a source."""

    documents: dict[str, str]
    pairs: dict[str, dict[str, str]]


class Changes(Record):
    """Sources of documents, 'old -> new' where one was renamed; how many original pairs."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    renamed: tuple[str, ...]
    gone: tuple[str, ...]
    pairs_added: int
    pairs_changed: int
    pairs_gone: int

    def __str__(self) -> str:
        documents = [(name, getattr(self, name)) for name in ("added", "changed", "renamed", "gone")]
        parts = [f"{len(found)} {name} ({_named(found)})" for name, found in documents if found]
        counts = [(name, getattr(self, f"pairs_{name}")) for name in ("added", "changed", "gone")]
        pairs = [f"{count} {name}" for name, count in counts if count]
        said = [f"{what}: {', '.join(some)}" for what, some in (("documents", parts), ("pairs", pairs)) if some]
        return f"Since the last build, {'; '.join(said)}." if said else "Nothing has changed since the last build."


NOTHING = Changes(added=(), changed=(), renamed=(), gone=(), pairs_added=0, pairs_changed=0, pairs_gone=0)


def snapshot(dataset: Path) -> Snapshot:
    """What the dataset in a folder holds now. Raises QuireError where there is none."""
    pairs: dict[str, dict[str, str]] = {}
    for row in _originals(dataset):
        pairs.setdefault(row.source, {})[row.question] = row.answer
    documents = {document["source"]: document["doc_id"] for document in read_manifest(dataset)["documents"]}
    return Snapshot(documents=documents, pairs=pairs)


def changes(before: Snapshot, now: Snapshot) -> Changes:
    """What `now` has otherwise than `before`. A document under another name, with the same bytes, was renamed."""
    came = {source: doc_id for source, doc_id in now.documents.items() if source not in before.documents}
    went = {source: doc_id for source, doc_id in before.documents.items() if source not in now.documents}
    under = {doc_id: source for source, doc_id in came.items()}
    renamed = {source: under.pop(doc_id) for source, doc_id in sorted(went.items()) if doc_id in under}
    old, new = _answers(before.pairs, renamed), _answers(now.pairs, {})
    both = old.keys() & new.keys()
    return Changes(
        added=tuple(sorted(came.keys() - set(renamed.values()))),
        changed=tuple(sorted(s for s, doc_id in now.documents.items() if before.documents.get(s, doc_id) != doc_id)),
        renamed=tuple(f"{source} -> {renamed[source]}" for source in sorted(renamed)),
        gone=tuple(sorted(went.keys() - renamed.keys())),
        pairs_added=len(new) - len(both),
        pairs_changed=sum(old[key] != new[key] for key in both),
        pairs_gone=len(old) - len(both),
    )


def as_seen(dataset: Path, kept: Path) -> bool:
    """Whether the dataset is the one of the snapshot `kept`, to know which no pair has to be looked at."""
    seen = _seen(kept)
    return kept.exists() and seen.exists() and seen.read_bytes() == sha256_of(dataset / "manifest.json").encode()


def _seen(kept: Path) -> Path:
    return kept.with_suffix(".sha256")


def settled_changes(dataset: Path, kept: Path) -> Changes | None:
    """What changed since this was last called, whose snapshot is `kept`; None where that is not known."""
    now = snapshot(dataset)
    try:
        before = Snapshot.model_validate_json(kept.read_bytes())
    except (FileNotFoundError, ValidationError):  # no record of what was there, or none that can be read
        before = None
    write_whole(kept, json.dumps(now.model_dump(), ensure_ascii=False, sort_keys=True))
    write_whole(_seen(kept), sha256_of(dataset / "manifest.json"))
    return changes(before, now) if before else None


def as_markdown(found: Changes) -> str:
    """The same with every document named."""
    lines = [escaped(str(found)), ""]
    for name in ("added", "changed", "renamed", "gone"):
        lines += [f"- {name}: {escaped(source)}" for source in getattr(found, name)]
    return "\n".join(lines)


def _originals(dataset: Path) -> Iterator[Row]:
    for name in JSON_FILES.values():
        with (dataset / name).open("rb") as lines:
            yield from (row for row in map(Row.model_validate_json, lines) if row.kind == "original")


def _answers(pairs: Mapping[str, Mapping[str, str]], renamed: Mapping[str, str]) -> dict[tuple[str, str], str]:
    return {
        (renamed.get(source, source), question): answer
        for source, asked in pairs.items()
        for question, answer in asked.items()
    }


def _named(sources: tuple[str, ...]) -> str:
    more = len(sources) - MOST_NAMED
    return ", ".join(sources[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
