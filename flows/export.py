"""`quire export`: what was trained as a whole model, and a table of what that costs."""

from __future__ import annotations

from pathlib import Path

from flows.progress import bar, console, say
from flows.settings import ConfigurationError, Settings
from flows.store import opened
from training.adapters import read_manifest
from training.export import Exported, Order
from training.export import export as write
from training.export.pruning import Pruning
from training.export.quantised import Bits


def export(
    settings: Settings, folder: Path | None, quantise: Bits | None, prune: Pruning | None, share: float | None
) -> None:
    """Export what is in the output folder to `folder`, or to one in the output folder that is named after its form.

    Raises QuireError as `training.export.export`, and where the output folder is in use.
    """
    if share is not None and prune != "magnitude":
        raise ConfigurationError(
            "--share is how much is pruned by magnitude.", fix="Add --prune magnitude, or leave --share out."
        )
    if share is not None and not 0 < share < 1:
        raise ConfigurationError(f"--share {share:g} is no share.", fix="Give one between 0 and 1, like 0.3.")
    order = Order(
        adapters=settings.out / "adapters",
        dataset=settings.out / "dataset",
        folder=(folder or settings.out / "export" / _name(quantise, prune, share)).absolute(),
        evaluate=settings.evaluate,
        quantise=quantise,
        prune=prune,
        **({} if share is None else {"share": share}),
    )
    read_manifest(order.adapters)  # where there is none, nothing is to be made either
    with opened(settings.work), bar("Exporting", None) as advance:
        done = write(order, advance)
    _show(done)


def _name(quantise: Bits | None, prune: Pruning | None, share: float | None) -> str:
    pruned = {None: "", "2:4": "2of4", "magnitude": f"magnitude{'' if share is None else f'{100 * share:g}'}"}[prune]
    return "-".join(part for part in ("model", pruned, quantise) if part)


def _show(done: Exported) -> None:
    """Where it is, to standard output; what it costs and how it is used, beside it."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), title_justify="left")
    for name in ("model", "loss", "difference", "MiB"):
        table.add_column(name, justify="left" if name == "model" else "right")
    for loss in done.losses:
        table.add_row(*loss.cells())
    say(
        f"Loss on {done.measured_on}:"
        if done.losses[0].loss is not None
        else f"No loss was measured. {done.measured_on}"
    )
    console.print(table)
    for sentence in done.told:
        say(sentence)
    for title, command in done.commands:
        say(f"\n{title} (not run here):\n{command}")
    say("")
    print(done.folder)
