"""The card and the manifest of an exported model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from extractors.files import sha256_of, write_whole
from training.base.model_folder import MAKER, MANIFEST
from training.describing.cards import render

FORMAT = 1


def write_card(to: Path, lineage: dict[str, Any], **told: Any) -> None:
    """Write the card of `lineage` and what else is `told` in it, and last the manifest, which names every file."""
    write_whole(to / "README.md", render("export_card.md.j2", export=lineage, **told))
    for path in to.iterdir():
        path.chmod(0o644)  # safetensors lets nobody but the owner read
    files = {path.name: {"sha256": sha256_of(path)} for path in sorted(to.iterdir())}
    manifest = {"made_by": MAKER, "format": FORMAT, **lineage, "files": files}
    write_whole(to / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
