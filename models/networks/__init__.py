"""The networks that can be trained, by name."""

from types import ModuleType

from models.networks import cnn, mobilenet

_NETWORKS = {module.NAME: module for module in (mobilenet, cnn)}
NAMES = tuple(_NETWORKS)


def network(name: str) -> ModuleType:
    """The module of a network: NAME, LABELS, `input_spec(size_px)` and `build(size_px, init=...)`."""
    return _NETWORKS[name]
