"""A base that stays as it is, spread over the GPUs of a training: each holds a part of every weight (FSDP2, after Zhao
et al. 2023).

The parts are gathered layer by layer where they are needed, forward and backward. What is learnt is small: each process
has all of it, and gradients are summed as they are where nothing is spread.
"""

from __future__ import annotations

from typing import Any

from training import ranks
from training.settings import TrainSettings


def to_be_spread(settings: TrainSettings) -> bool:
    """Whether the base goes over several processes, of which this is one."""
    return settings.parallel == "fsdp" and ranks.count() > 1


def spread(model: Any) -> Any:
    """A PEFT model, its frozen weights spread over all processes, what is left of it on this one's device."""
    import torch
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    kind = "cuda" if torch.cuda.is_available() else "cpu"
    mesh = init_device_mesh(kind, (ranks.count(),))
    learnt = {parameter for parameter in model.parameters() if parameter.requires_grad}
    base = model.get_base_model()
    layers = [module for module in base.modules() if type(module).__name__ in base._no_split_modules]
    for module in (*layers, base):
        fully_shard(module, mesh=mesh, reshard_after_forward=True, ignored_params=learnt)
    return model.to(kind)


def is_spread(model: Any) -> bool:
    """Whether its processes must run each layer together."""
    from torch.distributed.fsdp import FSDPModule

    return any(isinstance(module, FSDPModule) for module in model.modules())
