"""A batch computed in parts, side by side: each part on one processor core, with a copy of the network of its own.

One thread a part waits for the others once a step. Threads inside each layer would wait hundreds of times, which costs
most where another program uses a core as well. The copies share their parameters, not their gradients; each normalises
its part by that part's statistics.
"""

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

from models.torch.graphs.layers import TwoHeads

T = TypeVar("T")


class Lanes:
    """Copies of a network that share its parameters.

    Args:
        network: The first of them; its parameters' gradients are the sum over all.
        count: How many parts are computed side by side.
    """

    def __init__(self, network: TwoHeads, count: int) -> None:
        self.networks = [network, *(_sharing(network) for _ in range(count - 1))]
        self._threads = ThreadPoolExecutor(count)

    def __len__(self) -> int:
        return len(self.networks)

    def each(self, work: Callable[[int], T], count: int) -> list[T]:
        """What `work` returns for 0 to `count` - 1, as many at once as there are parts."""

        def on_one_core(number: int) -> T:
            torch.set_num_threads(1)  # counts for the thread that calls it
            return work(number)

        return list(self._threads.map(on_one_core, range(count)))

    def gather(self) -> list[Tensor]:
        """Add every part's gradients to the first network's; the parameters."""
        first, *others = (list(network.parameters()) for network in self.networks)
        for other in others:
            torch._foreach_add_([_gradient(one) for one in first], [_gradient(one) for one in other])
        return list(first)

    def statistics(self) -> list[list[Tensor]]:
        """By part, the running means and variances of its batch normalisations."""
        return [_statistics(network) for network in self.networks]


def mean_of(statistics: Sequence[Sequence[Tensor]]) -> list[Tensor]:
    """The mean over the parts of what `Lanes.statistics` gives."""
    return [torch.stack(list(parts)).mean(0) for parts in zip(*statistics, strict=True)]


def _sharing(network: TwoHeads) -> TwoHeads:
    other = copy.deepcopy(network)
    for one, shared in zip(other.parameters(), network.parameters(), strict=True):
        one.data = shared.data
    return other


def _statistics(network: TwoHeads) -> list[Tensor]:
    return [buffer for buffer in network.buffers() if buffer.dtype.is_floating_point]


def _gradient(parameter: Tensor) -> Tensor:
    if parameter.grad is None:
        raise ValueError("a parameter has no gradient yet")
    return parameter.grad
