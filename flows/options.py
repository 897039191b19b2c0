"""The options that commands have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Preset = Annotated[str, typer.Option("--preset", help="A preset's name, or the path of a TOML file like one.")]
Config = Annotated[Path | None, typer.Option("--config", help="TOML file with settings that win over the preset's.")]
Overrides = Annotated[list[str] | None, typer.Option("--set", help="One setting, as section.key=value; repeatable.")]
Out = Annotated[Path | None, typer.Option("--out", help="Output folder.  [default: out]", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done and how long it should take.")]
RawDocs = Annotated[
    Path | None, typer.Argument(help="Folder of the documents.  [default: raw_docs]", show_default=False)
]
