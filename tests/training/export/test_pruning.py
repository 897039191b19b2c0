"""Weights set to zero: which, and how many."""

from __future__ import annotations

from typing import Any

import pytest

from extractors.errors import QuireError
from training.export.pruning import prune, two_of_four


class Net:
    """Two linear layers and a head, as far as pruning looks."""

    def __new__(cls, inputs: int) -> Any:
        import torch

        torch.manual_seed(0)
        net: Any = torch.nn.Sequential(torch.nn.Linear(inputs, 8), torch.nn.Linear(8, 12), torch.nn.Linear(12, 5))
        net.get_output_embeddings = lambda: net[2]
        return net


def test_magnitude_zeroes_the_smallest_of_each_layer_and_leaves_the_head():
    import torch

    net = Net(16)
    before = [layer.weight.detach().clone() for layer in net]
    assert prune(net, "magnitude", 0.25) == pytest.approx(0.25)
    for layer, was in zip(net[:2], before[:2], strict=True):
        gone = layer.weight == 0
        assert int(gone.sum()) == was.numel() // 4
        assert was[gone].abs().max() <= was[~gone].abs().min()
        assert torch.equal(layer.weight[~gone], was[~gone])
    assert torch.equal(net[2].weight, before[2])
    assert sorted(net.state_dict()) == ["0.bias", "0.weight", "1.bias", "1.weight", "2.bias", "2.weight"]


def test_of_every_four_the_two_largest_stay():
    import torch

    mask = two_of_four(torch.tensor([[1.0, -4.0, 3.0, 2.0, 0.0, 0.0, 5.0, 5.0], [1.0, 1.0, 1.0, 1.0, -1, 2, -3, 4]]))
    assert mask.tolist() == [[0, 1, 1, 0, 0, 0, 1, 1], [1, 1, 0, 0, 0, 0, 1, 1]]
    net = Net(16)
    assert prune(net, "2:4", 0.9) == 0.5
    assert all(int(count) == 2 for count in (net[0].weight.unflatten(-1, (-1, 4)) != 0).sum(-1).flatten())


def test_inputs_that_do_not_come_in_fours_are_told():
    with pytest.raises(QuireError, match=r"Layer 0 has 18 inputs.*--prune magnitude"):
        prune(Net(18), "2:4", 0.5)
