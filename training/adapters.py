"""The adapters on disk: weights, what they came from, how they fared, a card, and a manifest that is written last."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from extractors.errors import QuireError
from extractors.files import sha256, write_whole
from training.cards import loss_curve, render
from training.settings import EvaluateSettings

FORMAT = 1
WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
LOSS_CURVE = "loss_curve.png"
PACKAGES = ("quire", "torch", "transformers", "tokenizers", "peft", "trl", "bitsandbytes", "accelerate", "datasets")
"""What the weights depend on."""


def write_adapters(folder: Path, weights: Path, lineage: dict[str, Any], metrics: dict[str, Any]) -> dict[str, Any]:
    """Publish the adapters that PEFT saved in `weights`, and return the manifest.

    Only metrics.json, which holds the times, can differ between two runs of the same; the manifest names it without
    a hash.
    """
    (folder / "manifest.json").unlink(missing_ok=True)
    config = json.loads((weights / CONFIG).read_text(encoding="utf-8"))
    if isinstance(config["target_modules"], list):
        config["target_modules"].sort()  # a set until now, in no order
    config["base_model_name_or_path"] = lineage["base"]["model"]
    files = {
        WEIGHTS: (weights / WEIGHTS).read_bytes(),
        CONFIG: json.dumps(config, indent=2, sort_keys=True).encode() + b"\n",
        LOSS_CURVE: loss_curve(metrics["history"]),
    }
    for name, data in files.items():
        write_whole(folder / name, data)
    manifest = {
        "format": FORMAT,
        **lineage,
        "files": {name: {"sha256": sha256(data)} for name, data in files.items()},
    }
    return _write_results(folder, manifest, metrics)


def package_versions() -> dict[str, str]:
    """The installed versions of the packages that the weights depend on."""
    return {name: version(name) for name in PACKAGES}


def write_verdict(folder: Path, metrics: dict[str, Any], settings: EvaluateSettings) -> dict[str, Any]:
    """Replace how published adapters fared when judged with `settings`; the rest stays."""
    manifest = read_manifest(folder)
    manifest["settings"]["evaluate"] = settings.model_dump(mode="json")
    return _write_results(folder, manifest, metrics)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of whole adapters. Raises QuireError where there is none."""
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise QuireError(f"There are no adapters in {folder}.", fix="Run `quire train` first.") from error
    except ValueError as error:
        raise QuireError(f"{folder / 'manifest.json'} is damaged.", fix="Run `quire train` again.") from error
    return manifest


def read_metrics(folder: Path) -> dict[str, Any]:
    """What is known of how the adapters were trained and fared."""
    read_manifest(folder)
    metrics: dict[str, Any] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return metrics


def _write_results(folder: Path, manifest: dict[str, Any], metrics: dict[str, Any]) -> dict[str, Any]:
    card = render("model_card.md.j2", manifest=manifest, metrics=metrics)
    (folder / "manifest.json").unlink(missing_ok=True)
    write_whole(folder / "metrics.json", json.dumps(metrics, indent=2, ensure_ascii=False) + "\n")
    write_whole(folder / "README.md", card)
    manifest = {**manifest, "files": {**manifest["files"], "README.md": {"sha256": sha256(card)}}}
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    write_whole(folder / "manifest.json", text + "\n")
    return manifest
