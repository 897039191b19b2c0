"""The shapes of a base model, from its configuration alone: what it takes is known before anything is loaded."""

from __future__ import annotations

from typing import NamedTuple

from augment.models import ModelFiles
from extractors.records import Record


class Linear(NamedTuple):
    """A linear layer by its full name, and the widths of what goes in and comes out."""

    name: str
    inputs: int
    outputs: int


class Shapes(Record):
    """`linears` are the linear layers without the output head; `modules` are the names of all modules."""

    model: str
    linears: tuple[Linear, ...]
    modules: tuple[str, ...]
    parameters: int
    layers: int
    hidden: int
    feed_forward: int
    vocabulary: int
    window: int
    """Tokens that the model can read at once."""

    @property
    def in_linears(self) -> int:
        """Weights of the linear layers."""
        return sum(linear.inputs * linear.outputs for linear in self.linears)


class Footprint(NamedTuple):
    """What a strategy holds on the device: bytes of the weights that stay as they are, how many are learnt, and bytes
    that all layers together keep of the weights for the backward pass, where nothing is computed twice."""

    weights: float
    learnt: int
    kept: float = 0


def shapes_of(files: ModelFiles) -> Shapes:
    """The shapes of a causal language model."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(files.folder, trust_remote_code=False)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    head, text = model.get_output_embeddings(), config.get_text_config()
    modules = dict(model.named_modules())
    return Shapes(
        model=files.name,
        linears=tuple(
            Linear(name, module.in_features, module.out_features)
            for name, module in modules.items()
            if isinstance(module, torch.nn.Linear) and module is not head
        ),
        modules=tuple(modules),
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        feed_forward=getattr(text, "intermediate_size", 4 * text.hidden_size),
        vocabulary=text.vocab_size,
        window=getattr(text, "max_position_embeddings", 2**31),
    )
