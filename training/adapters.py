"""The adapters on disk: weights, what they came from, how they fared, a card, and a manifest.

Training writes all but the card, the manifest last; judging adds its part to metrics.json and writes the card last. So
adapters are whole where the manifest is there with every file it names, and judged where the card is there.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from extractors.errors import OtherVersion, QuireError
from extractors.files import sha256_of, write_whole
from training.describing.cards import loss_curve, render
from training.settings import TrainSettings

FORMAT = 1
LOSS_CURVE = "loss_curve.png"
MANIFEST, METRICS, CARD = "manifest.json", "metrics.json", "README.md"
PACKAGES = ("quire", "torch", "transformers", "tokenizers", "peft", "trl", "bitsandbytes", "accelerate", "datasets")
"""What the weights depend on."""


def package_versions(settings: TrainSettings | None = None) -> dict[str, str]:
    """The installed versions of the packages that the weights depend on, with those that only these settings use."""
    found = {name: version(name) for name in PACKAGES}
    if settings is not None:
        with suppress(PackageNotFoundError):  # an extra, whose lack is told before a training
            if settings.strategy == "qat":
                found["torchao"] = version("torchao")
            if settings.engine == "unsloth":
                found |= {name: version(name) for name in ("unsloth", "unsloth_zoo")}
    return found


def write_adapters(folder: Path, weights: Path, lineage: dict[str, Any], metrics: dict[str, Any]) -> dict[str, Any]:
    """Publish the files that a training left in `weights`, which are moved, and return the manifest.

    Those of the adapters that were there before are gone, and so is the card. Only metrics.json, which holds the times,
    can differ between two runs of the same; the manifest does not name it.
    """
    for name in (CARD, *_named(folder), MANIFEST):
        (folder / name).unlink(missing_ok=True)
    (weights / LOSS_CURVE).write_bytes(loss_curve(metrics["history"]))
    files = {}
    for made in sorted(weights.iterdir()):
        made.chmod(0o644)  # safetensors makes them for their owner alone
        with made.open("rb+") as file:
            os.fsync(file.fileno())
        files[made.name] = {"sha256": sha256_of(made)}
        folder.mkdir(parents=True, exist_ok=True)
        shutil.move(made, folder / made.name)
    weights.rmdir()
    write_metrics(folder, metrics)
    manifest = {"format": FORMAT, **lineage, "files": files}
    write_whole(folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    return manifest


def _named(folder: Path) -> list[str]:
    """The files that the manifest of a folder names, if there is one."""
    try:
        return list(json.loads((folder / MANIFEST).read_bytes())["files"])
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        return []


def whole(folder: Path) -> bool:
    """Whether there are adapters in `folder`, with nothing missing or damaged."""
    try:
        verified(folder)
        read_metrics(folder)
    except QuireError:
        return False
    return True


def verified(folder: Path) -> dict[str, Any]:
    """The manifest of adapters whose weights and configuration are, to the byte, what training wrote. Raises QuireError
    where they are not, and as `read_manifest`."""
    manifest = read_manifest(folder)
    for name, written in manifest["files"].items():
        if name.endswith((".safetensors", ".json")) and sha256_of(folder / name) != written["sha256"]:
            raise QuireError(f"{folder / name} is not what training wrote.", fix="Train again: `quire train`.")
    return manifest


def came_from(folder: Path, lineage: dict[str, Any]) -> bool:
    """Whether the adapters in `folder` are whole and came from just this."""
    if not whole(folder):
        return False
    manifest = read_manifest(folder)
    return {**manifest, **json.loads(json.dumps(lineage))} == manifest


def write_judged(folder: Path, metrics: dict[str, Any]) -> None:
    """Replace how published adapters fared, and their card."""
    card = render("model_card.md.j2", manifest=read_manifest(folder), metrics=metrics)
    (folder / CARD).unlink(missing_ok=True)
    write_metrics(folder, metrics)
    write_whole(folder / CARD, card)


def write_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    """Write how adapters were trained and fared."""
    write_whole(folder / METRICS, json.dumps(metrics, indent=2, ensure_ascii=False) + "\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of whole adapters. Raises QuireError where there are none, or those of another version."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise QuireError(f"There are no adapters in {folder}.", fix="Run `quire train` first.") from error
    except ValueError as error:
        raise _damaged(folder / MANIFEST) from error
    if not isinstance(manifest, dict):
        raise _damaged(folder / MANIFEST)
    if (found := manifest.get("format")) != FORMAT:
        raise OtherVersion(folder / MANIFEST, found, FORMAT, fix="Run `quire train` again.")
    for name in (*manifest["files"], METRICS):
        if not (folder / name).exists():
            raise QuireError(
                f"The adapters in {folder} are not whole: {name} is missing.", fix="Run `quire train` again."
            )
    return manifest


def read_metrics(folder: Path) -> dict[str, Any]:
    """What is known of how the adapters were trained and fared. Raises QuireError as `read_manifest`, and where that is
    damaged."""
    read_manifest(folder)
    try:
        metrics: dict[str, Any] = json.loads((folder / METRICS).read_text(encoding="utf-8"))
        if not isinstance(metrics, dict):
            raise ValueError("It is no object.")
    except ValueError as error:
        raise _damaged(folder / METRICS) from error
    return metrics


def _damaged(path: Path) -> QuireError:
    return QuireError(f"{path} is damaged.", fix="Run `quire train` again.")
