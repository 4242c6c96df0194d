"""A foreign network as one flat graph over a grey face, so that it can be folded where its layers allow it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from converter.foreign.about import About, Grey
from converter.trained import copy_of
from edge.core.errors import BadModel
from edge.core.face.preprocess import InputSpec

_GREY = (0.0, 1.0)  # what a layer in front of colours is given for black and white


@dataclass(frozen=True, slots=True, eq=False)
class Flat:
    """The network, and its input."""

    model: keras.Model
    spec: InputSpec


def flat(model: keras.Model, about: About, path: Path, name: str) -> Flat:
    """Makes one graph of a network: nested models in line, a first Rescaling taken into black and white.

    A network over colours is given its grey face by a convolution of 1x1 in front, which also scales each channel.

    Args:
        model: The network as it was read.
        about: What the user says about it.
        path: Its file, for messages.
        name: The new model's name.

    Returns:
        A copy over (size, size, 1).

    Raises:
        BadModel: It has another input than a square of grey or colours, or cannot be copied.
    """
    size, channels = _shape(model, about, path)
    scaling = _Scaling()
    face = keras.Input((size, size, 1), name="face")
    try:
        graph = _graph(model)
        if graph is None:
            made = _only(model(_coloured(face, channels, about.black, about.white)))
            return Flat(keras.Model(face, made, name=name), _spec(size, channels, about.black, about.white))
        first = keras.Input((size, size, channels))
        inner = keras.Model(first, _only(scaling.run(graph, first)))
        black, white = scaling.of(about.black), scaling.of(about.white)
        made = _only(_Scaling().run(inner, _coloured(face, channels, black, white)))
        flattened = copy_of(keras.Model(face, made, name=name))  # with layers that were called once
        return Flat(flattened, _spec(size, channels, black, white))
    except (ValueError, TypeError, NotImplementedError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BadModel(f"{path} cannot be taken apart: {reason}.", fix="Save it as one functional model.") from None


def _shape(model: keras.Model, about: About, path: Path) -> tuple[int, int]:
    shape = getattr(model, "input_shape", None)
    if shape is None and isinstance(model, layers.TFSMLayer):
        shape = (None, None, None, None)
    if shape is None or isinstance(shape, list) or len(shape) != 4:
        raise BadModel(f"{path} is given {shape}, not one picture.", fix="Give a network over a square picture.")
    height, width, channels = shape[1] or about.size, shape[2] or about.size, shape[3] or about.channels
    if height is None or channels is None:
        raise BadModel(f"{path} does not say how large its input is.", fix="Give size and channels in --about.")
    if height != width or channels not in (1, 3):
        found = f"{height}x{width}x{channels}"
        raise BadModel(f"{path} is given {found}, not a square of grey or colours.", fix="Give another network.")
    given = about.size or height, about.channels or channels
    if given != (height, channels):
        raise BadModel(
            f"{path} is given {height} px and {channels} channels, and --about says {given[0]} and {given[1]}.",
            fix="Correct size and channels.",
        )
    return int(height), int(channels)


def _coloured(face: Any, channels: int, black: Grey, white: Grey) -> Any:
    """The face itself for a grey network; else its colours, scaled between each channel's black and white."""
    if channels == 1:
        return face
    blacks, whites = np.broadcast_to(black, 3), np.broadcast_to(white, 3)
    colours = layers.Conv2D(3, 1, name="colours")
    made = colours(face)
    colours.set_weights([(whites - blacks).reshape(1, 1, 1, 3), blacks])
    return made


def _spec(size: int, channels: int, black: Grey, white: Grey) -> InputSpec:
    if channels == 3:
        return InputSpec(size, *_GREY)
    if isinstance(black, tuple) or isinstance(white, tuple):
        raise BadModel("black and white have three values, and the network is given grey.", fix="Give one of each.")
    return InputSpec(size, black, white)


def _graph(model: keras.Model) -> Any:
    """The model with a graph of layers; None for a subclass, which has none."""
    if isinstance(model, keras.Sequential):
        return getattr(model, "_functional", None)
    return model if hasattr(model, "_run_through_graph") else None


def _only(made: Any) -> Any:
    """The one output; a SavedModel gives it by a name."""
    return next(iter(made.values())) if isinstance(made, dict) else made[0] if isinstance(made, list) else made


class _Scaling:
    """Runs a graph on another input: nested models in line, activations as layers, without its first Rescaling."""

    def __init__(self) -> None:
        self.scale, self.offset = 1.0, 0.0
        self._first: Any = None

    def of(self, values: Grey) -> Grey:
        """What the network behind the Rescaling is given for these values."""
        if isinstance(values, tuple):
            return tuple(value * self.scale + self.offset for value in values)  # type: ignore[return-value]
        return values * self.scale + self.offset

    def run(self, graph: Any, first: Any) -> Any:
        """Return the graph's output for `first`."""
        self._first = first if self._first is None else self._first
        return graph._run_through_graph(first, call_fn=self._call)

    def _call(self, layer: Any, *given: Any, **how: Any) -> Any:
        how.pop("training", None)
        if isinstance(layer, keras.Model) and (inner := _graph(layer)) is not None:
            return self.run(inner, given[0])
        if isinstance(layer, layers.Rescaling) and given[0] is self._first and np.ndim(layer.scale + layer.offset) == 0:
            self.scale, self.offset = float(layer.scale), float(layer.offset)
            return given[0]
        if isinstance(layer, layers.Activation) and layer.activation is keras.activations.relu:
            return layers.ReLU(name=f"{layer.name}_relu")(given[0])
        if isinstance(layer, layers.Activation) and layer.activation is keras.activations.softmax:
            return layers.Softmax(name=f"{layer.name}_softmax")(given[0])
        return layer(*given, **how)
