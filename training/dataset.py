"""The dataset on disk: JSON Lines, Parquet, a card, and a manifest that is written last.

A manifest means that the rest is whole. Files of the dataset's own that are no longer made are removed; what a user
put into the folder is left alone.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError

from augment.records import QAPair
from extractors.errors import OtherVersion, QuireError
from extractors.files import sha256, sha256_of, to_lines, write_whole
from training.describing.cards import render
from training.describing.charts import PICTURES, charts
from training.describing.description import described
from training.formats import formatted
from training.settings import DatasetSettings, Format, SplitSettings
from training.split import unsplittable

if TYPE_CHECKING:
    from datasets import Dataset

FORMAT = 1
SLICE = "test_adversarial"
"""Variants of held-out pairs, to judge by apart from them. No family is assigned to it: it follows its originals."""
JSON_FILES = {
    "train": "train.json",
    "validation": "validate.json",
    "test": "test.json",
    "test_seen": "test_seen.json",
    SLICE: f"{SLICE}.json",
}
FOLDERS = ("data", *get_args(Format))
OWN_FILES = (
    "README.md",
    "manifest.json",
    *JSON_FILES.values(),
    *(f"{folder}/{split}.parquet" for folder in FOLDERS for split in JSON_FILES),
    *(f"pictures/{name}" for name in PICTURES),
)
"""Every name that a file of a dataset may have."""
LINEAGE = ("funnel", "decisions", "settings", "seed", "models", "packages")


def write_dataset(folder: Path, splits: Mapping[str, Sequence[QAPair]], lineage: Mapping[str, Any]) -> dict[str, Any]:
    """Write the pairs of every split, sorted by place in their documents, and return the manifest.

    An empty split has an empty JSON file and no Parquet, which `datasets` would refuse to load. Further forms of the
    rows, where the settings ask for them, are Parquet in a folder each; in those without their passage there are no
    rows that are true only beside it. `lineage` is what the rows came from: "documents" (each with doc_id, source,
    title, licence, pages, family and what `flows.coverage` counts), "funnel" (each with unit, made, kept, dropped and
    reasons), "decisions" of a person (sha256 and counts, or empty), "settings", "seed", "models" and "packages". It
    goes into the manifest as it is, so it must hold no time and no absolute path: same inputs, same bytes.
    """
    from datasets import Dataset

    ordered = {name: sorted(splits.get(name, ()), key=_reading_order) for name in JSON_FILES}
    manifest_path = folder / "manifest.json"
    manifest_path.unlink(missing_ok=True)
    files: dict[str, dict[str, Any]] = {}

    def write(name: str, data: bytes | str, **about: int) -> None:
        write_whole(folder / name, data)
        files[name] = {"sha256": sha256(data), **about}

    forms = DatasetSettings.model_validate(lineage["settings"].get("dataset", {}))
    gates = sorted({gate for pairs in ordered.values() for pair in pairs for gate in pair.checks})
    documents = sorted(lineage["documents"], key=lambda document: (document["source"], document["doc_id"]))
    with ThreadPoolExecutor(1) as beside:  # what is compared as numbers leaves the processor to what is written
        describing = beside.submit(described, ordered, documents, lineage["seed"])
        for split, pairs in ordered.items():
            lines = to_lines(pairs).encode()
            write(JSON_FILES[split], lines, rows=len(pairs))
            if pairs:
                write(f"data/{split}.parquet", _parquet(lines, gates), rows=len(pairs))
            shown = [pair for pair in pairs if forms.with_context or not pair.open_book]
            for form in forms.formats if shown else ():
                rows = [formatted(pair, form, forms.with_context) for pair in shown]
                write(f"{form}/{split}.parquet", _table(Dataset.from_list(rows)), rows=len(rows))

    rows_of = Counter(pair.doc_id for pairs in ordered.values() for pair in pairs)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "dataset": _identity({name: files[name]["sha256"] for name in JSON_FILES.values()}),
        "files": files,
        "documents": [{**document, "rows": rows_of[document["doc_id"]]} for document in documents],
        **{name: lineage[name] for name in LINEAGE},
    }
    wanted = SplitSettings.model_validate(lineage["settings"].get("split", {}))
    facts = describing.result()
    manifest |= {"notes": unsplittable(ordered, wanted), "leakage": [leak.model_dump() for leak in facts["leakage"]]}
    pictures = {picture.name: picture for picture in charts(manifest, ordered)}
    for name, picture in pictures.items():
        write(f"pictures/{name}", picture.png)
    card = render("dataset_card.md.j2", manifest=manifest, forms=forms, pictures=pictures, **facts)
    write("README.md", card)
    for name in set(OWN_FILES) - files.keys():
        (folder / name).unlink(missing_ok=True)
    write_whole(manifest_path, json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    return manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a whole dataset. Raises QuireError where there is none, or one of another version."""
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if not isinstance(manifest, dict):
            raise ValueError("It is no object.")
    except FileNotFoundError as error:
        raise QuireError(f"There is no dataset in {folder}.", fix="Run `quire build` first.") from error
    except ValueError as error:
        raise QuireError(f"{folder / 'manifest.json'} is damaged.", fix="Run `quire build` again.") from error
    if (found := manifest.get("format")) != FORMAT:
        raise OtherVersion(folder / "manifest.json", found, FORMAT, fix="Run `quire build` again.")
    return manifest


def read_split(folder: Path, name: str) -> list[QAPair]:
    """The pairs of one split. Raises QuireError where its file is missing or damaged."""
    return [*each_pair(folder, name)]


def each_pair(folder: Path, name: str) -> Iterator[QAPair]:
    """The same one by one, as they may be more than fit in memory."""
    path = folder / JSON_FILES[name]
    try:
        with path.open("rb") as lines:
            for line in lines:
                yield QAPair.model_validate_json(line)
    except FileNotFoundError as error:
        raise QuireError(f"{path} is missing.", fix="Run `quire build` again.") from error
    except ValueError as error:
        words = str(error)
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            words = ": ".join(map(str, (*first["loc"], first["msg"])))
        raise QuireError(
            f"{path} holds a row that is no question-answer pair: {words}.",
            fix="Mend the row, or delete the file and run `quire build` again.",
        ) from error


def dataset_hash(folder: Path) -> str:
    """The hash that names the rows as they are on disk now, which an edit by hand changes.

    Raises QuireError where one of the files is missing.
    """
    if gone := [name for name in JSON_FILES.values() if not (folder / name).exists()]:
        raise QuireError(f"{folder / gone[0]} is missing.", fix="Run `quire build` again.")
    return _identity({name: sha256_of(folder / name) for name in JSON_FILES.values()})


def _identity(hashes: Mapping[str, str]) -> str:
    return sha256("".join(f"{name} {hashes[name]}\n" for name in sorted(hashes)))


def _reading_order(pair: QAPair) -> tuple[str, int, int, str]:
    return pair.source, pair.char_start, pair.char_end, pair.id


def _parquet(lines: bytes, gates: Sequence[str]) -> bytes:
    """The rows of JSON `lines` with one column a field; `checks` has one number a gate, so that all splits have the
    same columns."""
    import pyarrow as pa  # type: ignore[import-untyped]
    from datasets import Dataset, Features, Value
    from datasets.table import InMemoryTable
    from pyarrow import json as pa_json

    kinds = {str: "string", int: "int64"}
    features: dict[str, Any] = {
        name: Value(kinds.get(field.annotation, "string"))  # type: ignore[arg-type]
        for name, field in QAPair.model_fields.items()
        if name != "checks"
    }
    if gates:
        features["checks"] = {gate: Value("float64") for gate in gates}
    schema = Features(features).arrow_schema
    # Arrow reads them beside Python's threads, and sooner than it takes over Python's own values.
    table = pa_json.read_json(
        pa.BufferReader(lines),
        pa_json.ReadOptions(block_size=max(1 << 20, 2 * max(map(len, lines.splitlines())))),
        pa_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
    )
    table = table.select(schema.names).combine_chunks().cast(schema)
    # A fingerprint, which is not written, would be made of all rows.
    return _table(Dataset(InMemoryTable(table), fingerprint="none"))


def _table(rows: Dataset) -> bytes:
    from datasets.utils.logging import disable_progress_bar

    disable_progress_bar()
    buffer = io.BytesIO()
    rows.to_parquet(buffer)
    return buffer.getvalue()
