"""Typesets the papers of this folder into `pdf/`: `python tests/papers/typeset.py`, or `make papers`.

The same TeX Live gives the same bytes: dates are fixed and the files carry no identifiers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PDF = HERE / "pdf"
EPOCH = "1710489600"  # 15 March 2024, which is also the date of whatever a class dates by itself


def sources() -> list[Path]:
    """The main file of each paper."""
    return sorted(file for file in HERE.glob("*.tex") if file.stem != "common")


def typeset(source: Path, folder: Path) -> Path:
    """The PDF of `source`, written to `folder`. Three runs settle the cross-references.

    Raises CalledProcessError, with what TeX said, where it does not compile.
    """
    environment = os.environ | {"SOURCE_DATE_EPOCH": EPOCH, "FORCE_SOURCE_DATE": "1", "TEXINPUTS": f".:{HERE}:"}
    with tempfile.TemporaryDirectory() as workplace:
        for _ in range(3):
            subprocess.run(
                ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", str(source)],
                cwd=workplace, env=environment, check=True, capture_output=True, text=True, errors="replace",
            )  # fmt: skip
        return Path(shutil.copy(Path(workplace) / f"{source.stem}.pdf", folder / f"{source.stem}.pdf"))


if __name__ == "__main__":
    if not shutil.which("pdflatex"):
        sys.exit(
            "No pdflatex. Debian: apt-get install --no-install-recommends "
            "texlive-publishers texlive-latex-extra texlive-science texlive-fonts-recommended lmodern"
        )
    PDF.mkdir(exist_ok=True)
    wanted = set(sys.argv[1:])
    for source in sources():
        if wanted and source.stem not in wanted:
            continue
        try:
            made = typeset(source, PDF)
        except subprocess.CalledProcessError as error:
            sys.exit(f"{source.name} does not compile:\n{error.stdout[-1500:]}")
        print(f"{made}  {made.stat().st_size / 1000:.0f} kB")
