"""Teachers that look at every picture together with the student, instead of once at every face.

So they answer about the face as it is turned, zoomed and mixed just then; a student that matches them for many epochs
learns more from them than from answers kept in a file (Beyer et al. 2022, arXiv:2106.05237).
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from edge.core.errors import SourceNotFound
from models.torch.graphs import mobilefacenet, networks
from models.torch.graphs.layers import ConvNorm, TwoHeads
from models.torch.pictures import given


class Teachers:
    """Networks whose mean answer is taught.

    Args:
        paths: The weights of each, a MobileFaceNet with two heads: the `best.npz` of its run.
        temperature: At which their probabilities are given.

    Raises:
        SourceNotFound: A file is missing or holds no such weights.
    """

    def __init__(self, paths: Sequence[Path], temperature: float) -> None:
        lost = next((path for path in paths if not path.is_file()), None)
        if lost is not None:
            raise SourceNotFound(
                f"There is no file {lost}.", fix="Give the answers.npz or best.npz of a teacher's run."
            )
        self._networks = [_answering(networks.build(mobilefacenet.NAME, init=path)) for path in paths]
        self._temperature = temperature

    def probabilities(self, grey: Tensor) -> list[Tensor]:
        """What they answer about pictures (n, 1, size, size), grey values 0..255: labels (n, 7) and votes (n, 8)."""
        with torch.no_grad():
            answers = [network(given(grey)) for network in self._networks]
        heads = zip(*answers, strict=True)
        means = (torch.stack([logits.float() for logits in head]).mean(0) for head in heads)
        return [torch.softmax(logits / self._temperature, 1) for logits in means]


def _answering(network: TwoHeads) -> TwoHeads:
    network.eval().requires_grad_(False)
    for part in network.modules():
        if isinstance(part, ConvNorm):
            part.fold()
    network.to(memory_format=torch.channels_last)
    return network
