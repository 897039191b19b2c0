"""A file of weights in pieces small enough to move, and one again: `python -m augment.starter.shards FOLDER`."""

import argparse
import hashlib
import json
from pathlib import Path

from extractors.errors import QuireError

PIECE = 15_000_000
"""Bytes of a piece, at most."""


def split(file: Path, size: int = PIECE) -> list[Path]:
    """Replace `file` by pieces of at most `size` bytes, `<name>.part00` and so on, and return their paths.

    `<name>.parts.json` beside them gives the SHA-256 of each piece and of the whole.
    """
    pieces: dict[str, str] = {}
    whole = hashlib.sha256()
    with file.open("rb") as content:
        while piece := content.read(size):
            name = f"{file.name}.part{len(pieces):02d}"
            file.with_name(name).write_bytes(piece)
            pieces[name] = hashlib.sha256(piece).hexdigest()
            whole.update(piece)
    _index(file).write_text(json.dumps({"sha256": whole.hexdigest(), "pieces": pieces}, indent=2) + "\n")
    file.unlink()
    return [file.with_name(name) for name in pieces]


def join(folder: Path) -> Path:
    """Replace the pieces in `folder` by the file they were cut from, and return its path.

    Raises QuireError where there are none, or one is missing or damaged.
    """
    indices = sorted(folder.glob("*.parts.json"))
    if not indices:
        raise QuireError(f"{folder} holds no pieces of a file.", fix="Name the folder with the *.parts.json.")
    file = indices[0].with_name(indices[0].name.removesuffix(".parts.json"))
    pieces: dict[str, str] = json.loads(indices[0].read_text())["pieces"]
    part = file.with_name(f".{file.name}.joining")
    with part.open("wb") as content:
        for name, digest in pieces.items():
            path = file.with_name(name)
            piece = path.read_bytes() if path.exists() else b""
            if hashlib.sha256(piece).hexdigest() != digest:
                part.unlink()
                raise QuireError(f"{path} is missing or damaged.", fix="Copy it once more.")
            content.write(piece)
    part.replace(file)
    for name in pieces:
        file.with_name(name).unlink()
    indices[0].unlink()
    return file


def _index(file: Path) -> Path:
    return file.with_name(f"{file.name}.parts.json")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a model folder")
    print(join(parser.parse_args().folder))
