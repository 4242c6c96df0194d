"""PyTorch: imported where it is installed, or a sentence on what to install."""

from edge.core.errors import BadConfiguration
from models.backend import hold_memory


def need_torch() -> None:
    """Import PyTorch, and let the process keep the memory that its steps free.

    Raises:
        BadConfiguration: PyTorch is not installed.
    """
    hold_memory()
    try:
        import torch
    except ImportError as error:
        raise BadConfiguration(
            f"Training by a recipe file needs {error.name or 'torch'}, which is not installed.",
            fix="In a clone, run uv sync --locked --extra train --extra torch; docs/training-pytorch.md has more.",
        ) from None
    torch.set_num_threads(1)  # each lane computes on one core: see models.torch.lanes
