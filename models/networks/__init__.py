"""The networks that can be trained, by name."""

from types import ModuleType

from models.networks import cnn, ferplus, mobilenet

_NETWORKS = {module.NAME: module for module in (mobilenet, ferplus, cnn)}
NAMES = tuple(_NETWORKS)


def network(name: str) -> ModuleType:
    """The module of a network: NAME, LABELS, `input_spec(size_px)` and `build(size_px, init=..., dropout=...)`."""
    return _NETWORKS[name]
