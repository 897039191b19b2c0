"""The dataset on disk: read back by `datasets`, the same bytes each time, whole or not there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml

from extractors.errors import QuireError
from extractors.files import sha256_of, to_lines
from tests.training.made_up import make_dataset, make_lineage, make_pair
from training.dataset import _parquet, dataset_hash, read_manifest, read_split, write_dataset


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return make_dataset(tmp_path / "dataset")


def test_datasets_reads_the_folder(dataset: Path, tmp_path: Path):
    from datasets import load_dataset

    loaded = load_dataset(str(dataset), cache_dir=str(tmp_path / "cache"))
    assert {name: len(split) for name, split in loaded.items()} == {
        "train": 28,
        "validation": 8,
        "test": 8,
        "test_seen": 4,
    }
    rows = {row["id"]: row for row in loaded["train"]}
    for pair in read_split(dataset, "train"):
        assert rows[pair.id] == {**pair.model_dump(), "checks": pair.checks}


def test_datasets_reads_the_json_lines(dataset: Path, tmp_path: Path):
    from datasets import load_dataset

    files = {"train": str(dataset / "train.json"), "validation": str(dataset / "validate.json")}
    loaded = load_dataset("json", data_files=files, cache_dir=str(tmp_path / "cache"))
    assert len(loaded["train"]) == 28 and len(loaded["validation"]) == 8
    assert loaded["train"][0]["question"] == "Which iron is in the white flask ash0?"
    assert loaded["train"][0]["answer"] == "The sample ash 0 is white iron."


@pytest.mark.parametrize("with_context", [False, True])
def test_other_forms_are_configurations_of_the_dataset(tmp_path: Path, with_context: bool):
    from datasets import load_dataset

    splits = {name: [make_pair(name, number) for number in range(3)] for name in ("train", "validation")}
    lineage = make_lineage([pair for pairs in splits.values() for pair in pairs])
    lineage["settings"]["dataset"] = {"formats": ["chat", "instruction", "prompt"], "with_context": with_context}
    folder, cache = tmp_path / "dataset", str(tmp_path / "cache")
    write_dataset(folder, splits, lineage)
    pair = read_split(folder, "train")[0]
    chat, instruction, prompt = (
        load_dataset(str(folder), form, cache_dir=cache)["train"][0] for form in ("chat", "instruction", "prompt")
    )
    assert {chat["id"], instruction["id"], prompt["id"]} == {pair.id}
    asked, answered = chat["messages"]
    assert (asked["role"], answered) == ("user", {"role": "assistant", "content": pair.answer})
    assert instruction["instruction"] == pair.question and instruction["output"] == prompt["completion"] == pair.answer
    assert instruction["input"] == (pair.context if with_context else "")
    for text in (asked["content"], prompt["prompt"]):
        assert pair.question in text and (pair.context in text) == with_context
    assert len(load_dataset(str(folder), "chat", cache_dir=cache)["validation"]) == 3
    lineage["settings"]["dataset"] = {}
    write_dataset(folder, splits, lineage)
    assert not (folder / "chat" / "train.parquet").exists()
    assert (folder / "data" / "train.parquet").exists()


@given(st.text(max_size=40), st.text(max_size=40), st.floats(0, 1), st.integers(0, 2**40))
@settings(deadline=None, max_examples=60)
def test_parquet_holds_what_the_json_lines_hold(question: str, title: str, score: float, page: int):
    first, second = make_pair("a", 0), make_pair("a", 1)
    odd = first.model_copy(update={"question": question, "title": title, "page": page, "checks": {"form": score}})
    long = second.model_copy(update={"context": "a long passage " * 100_000})
    gates = ["form", "other"]
    rows = pq.read_table(pa.BufferReader(_parquet(to_lines([odd, long]).encode(), gates))).to_pylist()
    for row, pair in zip(rows, (odd, long), strict=True):
        assert row == {**pair.model_dump(), "checks": {gate: pair.checks.get(gate) for gate in gates}}


def test_training_rows_may_have_passed_more_gates(tmp_path: Path):
    from datasets import load_dataset

    splits = {name: [make_pair(name, number) for number in range(3)] for name in ("train", "validation")}
    splits["train"] = [pair.model_copy(update={"checks": {**pair.checks, "form": 1.0}}) for pair in splits["train"]]
    folder = tmp_path / "dataset"
    write_dataset(folder, splits, make_lineage([pair for pairs in splits.values() for pair in pairs]))
    loaded = load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert loaded["train"][0]["checks"]["form"] == 1.0
    assert loaded["validation"][0]["checks"]["form"] is None
    files = {"train": str(folder / "train.json"), "validation": str(folder / "validate.json")}
    assert len(load_dataset("json", data_files=files, cache_dir=str(tmp_path / "cache"))["validation"]) == 3


def test_same_rows_in_any_order_give_the_same_bytes(dataset: Path, tmp_path: Path):
    splits = {name: read_split(dataset, name)[::-1] for name in ("test_seen", "test", "validation", "train")}
    lineage = make_lineage([pair for pairs in splits.values() for pair in pairs])
    lineage["documents"].reverse()
    write_dataset(tmp_path / "again", splits, lineage)
    assert bytes_below(tmp_path / "again") == bytes_below(dataset)


def test_the_manifest_names_every_file_and_row(dataset: Path):
    manifest = read_manifest(dataset)
    assert set(manifest["files"]) == {name for name in bytes_below(dataset) if name != "manifest.json"}
    for name, file in manifest["files"].items():
        assert file["sha256"] == sha256_of(dataset / name)
    assert manifest["files"]["train.json"]["rows"] == 28
    assert sum(document["rows"] for document in manifest["documents"]) == 48
    assert manifest["dataset"] == dataset_hash(dataset)
    assert manifest["settings"]["split"] == {"test": 0.1}
    assert str(dataset.parent) not in json.dumps(manifest)


def test_the_hash_follows_the_rows(dataset: Path):
    before = dataset_hash(dataset)
    text = (dataset / "test.json").read_text()
    (dataset / "test.json").write_text(text.replace("flask", "jar"))
    assert dataset_hash(dataset) != before


def test_an_empty_split_has_rows_nowhere_and_the_rest_still_loads(dataset: Path, tmp_path: Path):
    from datasets import load_dataset

    (dataset / "notes.txt").write_text("mine")
    (dataset / "data" / "mine.csv").write_text("a,b")
    splits = {"train": read_split(dataset, "train")}
    write_dataset(dataset, splits, make_lineage(splits["train"]))
    assert read_split(dataset, "test") == []
    assert not (dataset / "data" / "test.parquet").exists()
    assert (dataset / "notes.txt").read_text() == "mine" and (dataset / "data" / "mine.csv").exists()
    assert list(load_dataset(str(dataset), cache_dir=str(tmp_path / "cache"))) == ["train"]
    assert "No document is held out for validation and test: there are 4" in (dataset / "README.md").read_text()


def test_a_write_that_is_cut_short_leaves_no_manifest(dataset: Path, monkeypatch: pytest.MonkeyPatch):
    splits = {"train": read_split(dataset, "train")}
    monkeypatch.setattr("training.dataset._parquet", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_dataset(dataset, splits, make_lineage(splits["train"]))
    with pytest.raises(QuireError, match="no dataset"):
        read_manifest(dataset)


def test_the_card_tells_sources_yield_and_samples(dataset: Path):
    card = (dataset / "README.md").read_text()
    assert f"| ash.md | Samples of ash | CC-BY-4.0 | 3 | 7 | 6 (86 %) | 8 | train | `{'ash' * 8}` |" in card
    assert "| fig.md | Samples of fig | CC-BY-4.0 | 3 | 7 | 6 (86 %) | 8 | test |" in card
    assert "| pair | 50 | 48 | 2 | no question: 2 |" in card
    assert "| train | 4 | 28 | 28 |" in card
    assert "| question | 8 | 8 | 8 | 8 |" in card
    assert "| test_seen | 4 |" in card.partition("near the held-out rows")[2]
    samples = card.partition("## Samples")[2].partition("## Columns")[0]
    assert samples.startswith("\n\n20 original rows") and samples.count(", page ") == 20
    assert "[split]\ntest = 0.1" in card and 'preset = "starter"' in card and "seed = 3407" in card
    assert "A person decided" not in card


def test_the_card_tells_what_is_covered_section_by_section(dataset: Path):
    coverage = (dataset / "README.md").read_text().partition("## Coverage")[2].partition("## Samples")[0]
    assert "36 of 42 passages of body text (86 %)" in coverage and "6 of 12 captions" in coverage
    bare = coverage.partition("Sections of which nothing was kept:")[2].partition("| document |")[0]
    assert bare.count("\n- ") == 6 and "\n- ash.md: Part 2, 1 passage\n" in bare
    assert "| ash.md | Part 1 | 3 | 3 | 3 |" in coverage


def test_the_card_tells_what_a_person_decided(tmp_path: Path):
    pair = make_pair("ash", 1)
    told = {"decisions": {"sha256": "ab" * 32, "accepted": 2, "edited": 0, "rejected": 1}}
    manifest = write_dataset(tmp_path, {"train": [pair]}, make_lineage([pair]) | told)
    card = (tmp_path / "README.md").read_text()
    assert "A person decided on pairs: 2 accepted, 1 rejected (sha256 of the decisions `abab" in card
    assert manifest["decisions"] == told["decisions"]


def test_the_pictures_of_the_card_are_there_and_said_in_words(dataset: Path):
    card = (dataset / "README.md").read_text()
    pictures = dict(re.findall(r"!\[(.+?)\]\((.+?)\)", card))
    assert sorted(pictures.values()) == [f"pictures/{name}.png" for name in ("coverage", "funnel", "lengths")]
    assert all((dataset / picture).read_bytes().startswith(b"\x89PNG") for picture in pictures.values())
    assert "Of 50 proposed questions 48 were kept and 2 dropped, most often by “no question” (2)." in pictures
    write_dataset(dataset, {}, make_lineage([]) | {"funnel": []})
    assert not list((dataset / "pictures").iterdir())


def test_variants_of_held_out_pairs_are_a_slice_of_their_own(tmp_path: Path):
    from datasets import load_dataset

    train, held = make_pair("ash", 1), make_pair("bay", 2)
    asked = {"kind": "adversarial", "parent_id": held.id, "answer_span": "", "char_end": held.char_start}
    sliced = held.model_copy(update={"id": "a", **asked})
    beside = sliced.model_copy(update={"id": "b", "checks": {"open book": 1.0}})
    lineage = make_lineage([train, held])
    lineage["settings"]["dataset"] = {"formats": ["chat"]}
    folder = tmp_path / "dataset"
    write_dataset(folder, {"train": [train], "test": [held], "test_adversarial": [sliced, beside]}, lineage)
    assert read_split(folder, "test_adversarial") == [sliced, beside]
    loaded = load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {name: len(rows) for name, rows in loaded.items()} == {"train": 1, "test": 1, "test_adversarial": 2}
    chat = load_dataset(str(folder), "chat", cache_dir=str(tmp_path / "cache"))
    assert chat["test_adversarial"]["id"] == ["a"], "a closed-book form has no row that is only true beside its passage"
    card = (folder / "README.md").read_text()
    assert "| test_adversarial | 1 | 2 | 2 | 0 |" in card and "1 rows are true only beside" in card
    assert "| bay.md |" in card and "| 3 | test |" in card


def test_the_card_names_the_documents_of_one_family(tmp_path: Path):
    pairs = [make_pair(name, 1) for name in ("ash", "bay", "cob")]
    lineage = make_lineage(pairs)
    write_dataset(tmp_path, {"train": pairs}, lineage)
    assert "Versions of one another" not in (tmp_path / "README.md").read_text()
    for document in lineage["documents"]:
        document["family"] = "one" if document["source"] != "cob.md" else "other"
    write_dataset(tmp_path, {"train": pairs}, lineage)
    told = (tmp_path / "README.md").read_text().partition("Versions of one another")[2].partition("##")[0]
    assert "\n- ash.md, bay.md\n" in told and "cob.md" not in told


def test_a_title_cannot_break_the_card_or_a_row(tmp_path: Path):
    pair = make_pair("ash", 1, title="A | B\n---\n<script>", question="What | is\nthis <b>?")
    write_dataset(tmp_path, {"train": [pair]}, make_lineage([pair]))
    card = (tmp_path / "README.md").read_text()
    assert "| A \\| B --- &lt;script> |" in card and "What \\| is this &lt;b>?" in card
    assert read_split(tmp_path, "train") == [pair]


@pytest.mark.parametrize(
    "text", ["![x](http://a.b/c.png)", "[a](b)", "`a`", "*a*", "_a_", "$a$", "&lt;b>", "<b>", "~~a~~"]
)
def test_text_of_documents_is_no_markup_in_the_card(tmp_path: Path, text: str):
    pair = make_pair("ash", 1, title=text, question=f"{text}?", section=text)
    write_dataset(tmp_path, {"train": [pair]}, make_lineage([pair]))
    html = MarkdownIt("gfm-like", {"linkify": False}).render((tmp_path / "README.md").read_text())
    assert f"<td>{escapeHtml(text)}</td>" in html and f"<td>{escapeHtml(text)}?</td>" in html


def test_missing_and_damaged_files_are_named(tmp_path: Path, dataset: Path):
    with pytest.raises(QuireError, match="There is no dataset"):
        read_manifest(tmp_path)
    (dataset / "train.json").write_text('{"question": "What?"}\n')
    with pytest.raises(QuireError, match=r"train\.json holds a row"):
        read_split(dataset, "train")
    (dataset / "train.json").unlink()
    with pytest.raises(QuireError, match=r"train\.json is missing"):
        read_split(dataset, "train")
    for damage in ("{", "[]", "null"):
        (dataset / "manifest.json").write_text(damage)
        with pytest.raises(QuireError, match="damaged"):
            read_manifest(dataset)
