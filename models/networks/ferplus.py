"""The second emotion network: the same MobileNetV2 and labels as `emotion`, taught by FER+'s votes."""

import keras

from models.networks import mobilenet
from models.networks.mobilenet import LABELS, input_spec

__all__ = ["LABELS", "NAME", "build", "input_spec"]

NAME = "emotion-ferplus"


def build(size_px: int = 96, *, init: str | None = None, dropout: float = 0.2) -> keras.Model:
    """The network of `models.networks.mobilenet.build`, under this name."""
    return mobilenet.build(size_px, init=init, dropout=dropout, name=NAME)
