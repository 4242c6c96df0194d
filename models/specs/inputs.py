"""What a network is given: how samples become arrays for training, for conversion and in a card."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from edge.core.face.landmarks import FEATURES
from edge.core.face.preprocess import InputSpec, real_input
from edge.vision.card import InputKind
from models.datasets.faces import Faces
from models.landmarks.mirrored import mirrored
from models.specs.augment import augmented
from models.specs.recipe import Augmentation


class NetworkInput(Protocol):
    """An input of one kind and shape, with its normalisation."""

    @property
    def kind(self) -> InputKind:
        """What the runtime makes it from; the card says it."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample, without the batch."""
        ...

    @property
    def size(self) -> int:
        """The one length that a training stage may change: pixels of a side for a crop."""
        ...

    @property
    def value_range(self) -> tuple[float, float] | None:
        """The least and the largest value there can be; None where that is found by calibration."""
        ...

    def sized(self, size: int) -> Self:
        """The same input with another `size`."""
        ...

    def fits(self, shape: Sequence[int | None]) -> bool:
        """Whether a Keras model with this shape of one sample takes this input, at whatever size."""
        ...

    def arrays(self, faces: Faces) -> NDArray[np.float32]:
        """Every face as a float network is given it when it is used.

        Returns:
            Array (n, *shape).
        """
        ...

    def augmented(
        self, faces: Faces, rows: NDArray[np.int64], how: Augmentation, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Some faces, changed at random, for one training batch.

        Args:
            faces: All n faces of the training split.
            rows: Which of them, (batch,), in this order.
            how: How far each change may go.
            rng: Source of the changes.

        Returns:
            Array (batch, *shape).
        """
        ...

    def card_fields(self) -> dict[str, Any]:
        """The fields of the card's `input` beside shape and quantization."""
        ...


@dataclass(frozen=True, slots=True)
class CropInput:
    """A grey face crop of 48x48 pixels, resized to a square and scaled linearly between a black and a white value.

    Attributes:
        spec: Side in pixels, and the real values of grey 0 and 255.
    """

    spec: InputSpec

    @property
    def kind(self) -> InputKind:
        """A face crop."""
        return InputKind.CROP

    @property
    def shape(self) -> tuple[int, ...]:
        """(size, size, 1)."""
        return (self.spec.size_px, self.spec.size_px, 1)

    @property
    def size(self) -> int:
        """Pixels of a side."""
        return self.spec.size_px

    @property
    def value_range(self) -> tuple[float, float]:
        """From black to white, or the other way round where black is the larger value."""
        return min(self.spec.black, self.spec.white), max(self.spec.black, self.spec.white)

    def sized(self, size: int) -> Self:
        """The same with another side in pixels."""
        return replace(self, spec=replace(self.spec, size_px=size))

    def fits(self, shape: Sequence[int | None]) -> bool:
        """Whether it is a grey square."""
        return len(shape) == 3 and isinstance(shape[0], int) and tuple(shape) == (shape[0], shape[0], 1)

    def arrays(self, faces: Faces) -> NDArray[np.float32]:
        """Every crop as the runtime makes it, (n, size, size, 1)."""
        return np.stack([real_input(crop, self.spec) for crop in faces.crops])

    def augmented(
        self, faces: Faces, rows: NDArray[np.int64], how: Augmentation, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Changed crops, (batch, size, size, 1)."""
        grey = np.stack([augmented(faces.crops[row], self.spec.size_px, how, rng) for row in rows])
        real = self.spec.black + grey / 255 * (self.spec.white - self.spec.black)
        return real[..., np.newaxis].astype(np.float32)

    def card_fields(self) -> dict[str, Any]:
        """Kind, black and white."""
        return {"kind": self.kind, "black": self.spec.black, "white": self.spec.white}


@dataclass(frozen=True, slots=True)
class LandmarkInput:
    """The features of a face by `edge.core.face.landmarks`; the network's first layer scales them."""

    @property
    def kind(self) -> InputKind:
        """Landmarks."""
        return InputKind.LANDMARKS

    @property
    def shape(self) -> tuple[int, ...]:
        """(1404,)."""
        return (FEATURES,)

    @property
    def size(self) -> int:
        """1404, whatever a stage says."""
        return FEATURES

    @property
    def value_range(self) -> None:
        """By calibration."""
        return None

    def sized(self, size: int) -> Self:
        """The same: there is one size."""
        return self

    def fits(self, shape: Sequence[int | None]) -> bool:
        """Whether it is the features' vector."""
        return tuple(shape) == self.shape

    def arrays(self, faces: Faces) -> NDArray[np.float32]:
        """The features themselves, (n, 1404)."""
        return np.asarray(faces.crops, np.float32)

    def augmented(
        self, faces: Faces, rows: NDArray[np.int64], how: Augmentation, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Features with noise, half of them mirrored, (batch, 1404)."""
        features = np.array(faces.crops[rows], np.float32)
        if how.flip:
            turned = rng.random(len(rows)) < 0.5
            features[turned] = mirrored(features[turned])
        noise = np.asarray(rng.normal(0, how.noise, features.shape), np.float32)
        return np.asarray(features + noise, np.float32)

    def card_fields(self) -> dict[str, Any]:
        """The kind."""
        return {"kind": self.kind}
