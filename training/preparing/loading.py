"""What is said where a model does not fit into memory as it is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from augment.models import ModelFiles
from extractors.errors import QuireError
from training.base.shapes import shapes_of
from training.memory.available import GIB, available_memory, is_out_of_memory
from training.memory.microbatch import Room
from training.preparing.estimate import estimate_memory
from training.settings import TrainSettings


@contextmanager
def loading(files: ModelFiles, settings: TrainSettings, command: str) -> Iterator[None]:
    """A lack of memory within is raised as a QuireError that says what the model takes and what was free; `command`
    is what goes on from there."""
    free = available_memory() / GIB
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        needs = estimate_memory(shapes_of(files), settings, Room(training=1, evaluation=1, checkpointing=False))
        wanted = needs.weights + needs.learnt / 2  # the other half are gradients
        where = "the GPU" if needs.device == "gpu" else "this machine"
        said = str(error).partition("\n")[0] or type(error).__name__
        smaller = "" if settings.strategy == "qlora" else ", or train.strategy to 'qlora'"
        raise QuireError(
            f"Memory ran out while {files.name} was loaded: its weights take about {wanted:.2f} GiB, and "
            f"{free:.2f} GiB of {where} were free ({said}).",
            fix=f"End what else holds its memory{' (`nvidia-smi` names it)' if needs.device == 'gpu' else ''}, then "
            f"`{command}` goes on; or set train.model to a smaller model{smaller}.",
        ) from error
