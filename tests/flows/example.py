"""A small output folder as a run leaves it, made without running one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

import pymupdf

from augment.asking import Asked
from augment.records import QAPair
from extractors.files import to_lines, write_whole
from extractors.ledger import LedgerEntry
from extractors.records import Block, Document, Page, Place
from flows.store import remember_asked, remember_documents
from training.dataset import write_dataset

ADAPTERS = """LoRA is a method that trains two small matrices beside each frozen weight matrix. It was
introduced because full fine-tuning stores a copy of all weights for every task. The rank of the
matrices is usually between four and sixty-four."""
QUANTISED = """QLoRA keeps the frozen weights in four bits. NormalFloat is a data type whose levels follow
the quantiles of a normal distribution, so that each level is used equally often."""
MARKDOWN = "# Decoding\n\nGreedy decoding is a strategy that takes the most likely token at every step.\n"


class ExampleOut(NamedTuple):
    out: Path
    raw_docs: Path


def make_example(folder: Path, title: str = "Small matrices beside large ones") -> ExampleOut:
    """`raw_docs` with a PDF and a Markdown file, and an `out` of 5 rows of them, a lost page, document and pair."""
    raw_docs, out = folder / "raw_docs", folder / "out"
    raw_docs.mkdir(parents=True)
    paper = _pdf(raw_docs / "adapters.pdf", title)
    notes = _markdown(raw_docs / "decoding.md")
    rank = _pair(paper, "What is the rank of the matrices?", "between four and sixty-four", "4 numbers@1")
    lora = _pair(paper, "What is LoRA?", "a method that trains two small matrices", "definition@1")
    float4 = _pair(paper, "What is NormalFloat?", "a data type whose levels follow", "definition@1")
    greedy = _pair(notes, "What is greedy decoding?", "a strategy that takes the most likely token", "definition@1")
    figure = _pair(paper, "What is shown in Figure 3?", "a copy of all weights", "t5@1")
    noisy = lora.model_copy(update={"id": "noisy", "kind": "noise", "parent_id": lora.id, "question": "What is Lora ?"})
    splits = {"train": [lora, noisy, float4], "validation": [rank], "test": [greedy]}
    entries = [
        LedgerEntry(
            unit="document", outcome="dropped", step="read", reason="encrypted", source="secret.pdf",
            detail="It asks for a password. Save it without one.",
        ),
        LedgerEntry(unit="page", outcome="dropped", step="read", reason="page not read", source="adapters.pdf", page=3),
        LedgerEntry(
            unit="pair", outcome="dropped", step="ask", reason="points elsewhere", source="adapters.pdf",
            detail="What is shown in Figure 3?", id=figure.id,
        ),
    ]  # fmt: skip
    _write(out, [paper, notes], splits, entries)
    _write_asked(out, {paper.doc_id: [rank, lora, float4], notes.doc_id: [greedy]}, figure)
    return ExampleOut(out, raw_docs)


def _pdf(path: Path, title: str) -> Document:
    with pymupdf.open() as file:
        for text in (ADAPTERS, QUANTISED):
            sheet = file.new_page(width=420, height=595)
            sheet.insert_textbox((60, 80, 360, 300), text.replace("\n", " "), fontname="tiro", fontsize=11)
        file.new_page(width=420, height=595)
        file.save(path)
        boxes = [sheet.get_text("blocks")[0][:4] for sheet in list(file)[:2]]
    texts = [text.replace("\n", " ") for text in (ADAPTERS, QUANTISED)]
    places, blocks, start = [], [], 0
    for number, (text, box) in enumerate(zip(texts, boxes, strict=True), 1):
        end = start + len(text)
        places.append(Place(start=start, end=end, page=number, box=box))
        blocks.append(
            Block(kind="paragraph", text=text, page=number, box=box, section=(f"Part {number}",), start=start, end=end)
        )
        start = end + 2
    pages = (
        Page(number=1, width=420, height=595),
        Page(number=2, width=420, height=595, read_as="ocr", confidence=0.91),
        Page(number=3, width=420, height=595, read_as="failed", reason="nothing on it"),
    )
    return Document(
        doc_id=hashlib.sha256(path.read_bytes()).hexdigest(), source=path.name, title=title, pages=pages,
        blocks=tuple(blocks), text="\n\n".join(texts), places=tuple(places),
    )  # fmt: skip


def _markdown(path: Path) -> Document:
    path.write_text(MARKDOWN)
    text = MARKDOWN.split("\n\n")[1].strip()
    block = Block(kind="paragraph", text=text, page=1, section=("Decoding",), start=0, end=len(text))
    return Document(
        doc_id=hashlib.sha256(path.read_bytes()).hexdigest(), source=path.name, title="Decoding",
        pages=(Page(number=1),), blocks=(block,), text=text, places=(Place(start=0, end=len(text), page=1),),
    )  # fmt: skip


def _pair(document: Document, question: str, span: str, generator: str) -> QAPair:
    start = document.text.index(span)
    place = next(place for place in document.places if place.start <= start < place.end)
    return QAPair(
        id=hashlib.sha256(question.encode()).hexdigest()[:12], question=question, answer=f"It is {span}.",
        answer_span=span, context=document.text[place.start : place.end], family=document.doc_id[:8],
        doc_id=document.doc_id, source=document.source, title=document.title, section=f"Part {place.page}",
        page=place.page, char_start=start, char_end=start + len(span), checks={"coverage": 0.8}, generator=generator,
    )  # fmt: skip


def make_pair(id: str, source: str, generator: str) -> QAPair:
    """A pair of which nothing but these matters."""
    return QAPair(
        id=id, question="What is it?", answer="It is it.", answer_span="it", context="it", doc_id=source, source=source,
        title=source, section="", page=1, char_start=0, char_end=2, generator=generator,
    )  # fmt: skip


def _write(out: Path, documents: list[Document], splits: dict[str, list[QAPair]], entries: list[LedgerEntry]) -> None:
    work = out / ".quire"
    for document in documents:
        write_whole(work / "read" / f"{document.doc_id}.json", document.model_dump_json())
    remember_documents(work, {document.doc_id: Path(f"{document.doc_id}.json") for document in documents})
    write_whole(out / "ledger.jsonl", to_lines(entries))
    pairs = [pair for members in splits.values() for pair in members]
    lineage = {
        "documents": [
            {
                "doc_id": document.doc_id, "source": document.source, "title": document.title,
                "pages": len(document.pages), "rows": sum(pair.doc_id == document.doc_id for pair in pairs),
                "ocr_pages": sum(page.read_as == "ocr" for page in document.pages),
                "failed_pages": sum(page.read_as == "failed" for page in document.pages), "family": document.doc_id[:8],
                "passages": len(document.places), "passages_with_pair": len(document.places),
                "captions": 0, "captions_with_pair": 0,
                "sections": [
                    {"section": block.section[0], "passages": 1, "with_pair": 1} for block in document.blocks
                ],
            }
            for document in documents
        ],
        "funnel": [
            {"unit": "document", "made": 3, "kept": 2, "dropped": 1, "reasons": {"read: encrypted": 1}},
            {"unit": "page", "made": 4, "kept": 3, "dropped": 1, "reasons": {"read: page not read": 1}},
            {"unit": "passage", "made": 3, "kept": 3, "dropped": 0, "reasons": {}},
            {"unit": "pair", "made": 5, "kept": 4, "dropped": 1, "reasons": {"ask: points elsewhere": 1}},
            {"unit": "variant", "made": 1, "kept": 1, "dropped": 0, "reasons": {}},
        ],
        "decisions": {},
        "settings": {"preset": "starter", "read": {"ocr": "auto"}},
        "seed": 3407,
        "models": {"questions": ""},
        "packages": {"pymupdf": "1.28.2"},
    }  # fmt: skip
    write_dataset(out / "dataset", splits, lineage)


def _write_asked(out: Path, pairs: dict[str, list[QAPair]], refused: QAPair) -> None:
    files = {doc_id: out / ".quire" / "ask" / f"{doc_id}.json" for doc_id in pairs}
    for doc_id, file in files.items():
        stopped = (refused,) if refused.doc_id == doc_id else ()
        asked = Asked(passages=(), pairs=tuple(pairs[doc_id]), refused=stopped, entries=())
        write_whole(file, asked.model_dump_json())
    remember_asked(out / ".quire", files)


def add_adapters(out: Path) -> None:
    """The metrics and the manifest that training on the dataset there leaves, with a verdict of 'better'."""
    folder = out / "adapters"
    beside = {"perplexity": 9.5, "token_accuracy": 0.4, "rouge_l": 0.2, "contained": 0.3}
    held = {
        "base": {"loss": 3.1, "f1": 0.05, "exact_match": 0.0, **beside},
        "adapters": {"loss": 2.2, "f1": 0.17, "exact_match": 0.1, **beside},
        "outcome": "better", "sentence": "On documents it was not trained on, the adapters answer better.",
        "documents": 6, "questions": 24, "won": 11, "tied": 10, "lost": 3,
        "f1": {"value": 0.12, "low": 0.06, "high": 0.19}, "loss": {"value": -0.9, "low": -1.2, "high": -0.7},
        "few_shot": {"loss": 2.9, "f1": 0.15, "exact_match": 0.0, "shots": 2.5, **beside},
        "floor": {"f1": 0.11, "exact_match": 0.0, "rouge_l": 0.2, "contained": 0.1},
        "over": {
            "few_shot": {"value": 0.02, "low": -0.01, "high": 0.05},
            "floor": {"value": 0.06, "low": None, "high": None},
        },
        "samples": [{"question": "What is LoRA?", "answer": "It is a method.", "base": "", "adapters": "a method"}],
    }  # fmt: skip
    metrics = {
        "verdict": {"sentence": held["sentence"], "outcome": "better"},
        "sets": {"test": held},
        "adversarial": {"unanswerable": {"rows": 8, "base": 0.0, "adapters": 0.75}},
        "forgetting": {"sentence": "The adapters forgot some general text.", "forgot": True},
        "evaluate": {"draws": 10_000},
        "history": [{"step": step, "loss": 5 / (1 + step / 40)} for step in range(5, 105, 5)]
        + [{"step": step, "eval_loss": 5 / (1 + step / 50)} for step in (35, 70, 100)],
        "timings": {"trained_s": 61.2},
        "probe": {"peak_memory_gib": 0.5, "tokens_per_second": 2946, "training_s": 60.0},
        "peak_memory_gib": 0.633,
        "preflight": {"memory": {"total": 0.4, "device": "cpu"}},
        "trainable": {"parameters": 29_933_568, "all": 3_115_872_256, "share": 0.0096},
        "memory_events": [{"place": "training", "step": 7, "error": "out of memory", "action": "64 tokens at once"}],
    }
    dataset = json.loads((out / "dataset" / "manifest.json").read_text())["dataset"]
    base = {"model": "starter", "revision": "ab12"}
    manifest = {"format": 1, "dataset": dataset, "base": base, "seed": 3407, "files": {}}
    write_whole(folder / "metrics.json", json.dumps(metrics))
    write_whole(folder / "manifest.json", json.dumps(manifest))
