"""TFLite networks over a face crop, landmark features, or a window of these."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadModel
from edge.core.face.preprocess import stored_input
from edge.core.face.sequence import sequence_input
from edge.vision.card import Model, Tensor
from edge.vision.interpreters import Backend, new_interpreter
from edge.vision.probabilities import Probabilities

_TOGETHER = "Install the model and the card that belong together."


class Interpreted(ABC):
    """One network in an interpreter, loaded from bytes that were checked against its card.

    Not for use by two threads at once. A call is the steps `take`, `invoke` and `answer`. Two networks that read one
    face are faster with each step of both before the next one: they share its code and leave it in the cache.

    Args:
        model: The network and its card.
        backend: The interpreter; `AUTO` takes the first that is installed.
        threads: Threads of the interpreter, 1 or more.

    Raises:
        BadModel: No such interpreter is installed, or the loaded network's tensors are not those of the card.
    """

    def __init__(self, model: Model, backend: Backend = Backend.AUTO, threads: int = 1) -> None:
        self.card = model.card
        self.backend, self._interpreter = new_interpreter(model.content, model.card.file, backend, threads)
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            raise BadModel(
                f"{model.card.file} has {len(inputs)} inputs and {len(outputs)} outputs; its card says one of each.",
                fix=_TOGETHER,
            )
        _check(model.card.file, "input", inputs[0], model.card.input)
        _check(model.card.file, "output", outputs[0], model.card.output)
        self._input_index, self._output_index = inputs[0]["index"], outputs[0]["index"]

    def __call__(self, sample: NDArray[Any], /) -> NDArray[np.float32]:
        """Read one sample.

        Returns:
            Probabilities (labels,) that sum to 1, or one score (1,).
        """
        self.take(sample)
        self.invoke()
        return np.array(self.answer(), np.float32)

    def take(self, sample: NDArray[Any]) -> None:
        """Write a sample into the network's input."""
        self._interpreter.set_tensor(self._input_index, self._stored(sample)[np.newaxis])

    def invoke(self) -> None:
        """Run the bare interpreter on its last input."""
        self._interpreter.invoke()

    def answer(self) -> list[float]:
        """Return the answer of the last run: probabilities of the labels, or one score."""
        return self._meaning(self._interpreter.get_tensor(self._output_index)[0])

    @abstractmethod
    def _stored(self, sample: NDArray[Any]) -> NDArray[np.int8]:
        """A sample as the network's input, without the batch."""

    @abstractmethod
    def _meaning(self, stored: NDArray[np.int8]) -> list[float]:
        """An output, without the batch, as an answer."""


class _OfLabels(Interpreted):
    """A network that answers with labels."""

    def __init__(self, model: Model, backend: Backend = Backend.AUTO, threads: int = 1) -> None:
        super().__init__(model, backend, threads)
        self._probabilities = Probabilities(model.card.output.form, model.card.output.quantization)

    def _meaning(self, stored: NDArray[np.int8]) -> list[float]:
        return self._probabilities(stored.tolist())


class _OverCrop(Interpreted):
    """A network over a face crop (48, 48); its card's input kind is `crop`."""

    def __init__(self, model: Model, backend: Backend = Backend.AUTO, threads: int = 1) -> None:
        super().__init__(model, backend, threads)
        self._spec, self._input = model.card.input.spec, model.card.input.quantization

    def _stored(self, sample: NDArray[np.uint8]) -> NDArray[np.int8]:
        return stored_input(sample, self._spec, self._input)


class Classifier(_OverCrop, _OfLabels):
    """Answers with labels about a face crop."""


class LandmarkClassifier(_OfLabels):
    """Answers with labels about the features (1404,) of a face's mesh, as of `edge.core.face.landmarks`."""

    def _stored(self, sample: NDArray[np.float32]) -> NDArray[np.int8]:
        return self.card.input.quantization.store(np.asarray(sample, np.float32))


class SequenceClassifier(_OfLabels):
    """Answers with labels about a window (steps, 1404) of these features, NaN where there is no mesh.

    It keeps nothing between two windows.
    """

    def _stored(self, sample: NDArray[np.floating[Any]]) -> NDArray[np.int8]:
        return self.card.input.quantization.store(sequence_input(sample))


class Scorer(_OverCrop):
    """Answers with one score of a face crop: mean 0 and standard deviation 1 over the faces that were rated."""

    def _meaning(self, stored: NDArray[np.int8]) -> list[float]:
        score: list[float] = self.card.output.quantization.real(stored).tolist()
        return score


def _check(file: str, which: str, found: dict[str, Any], expected: Tensor) -> None:
    shape, dtype = tuple(int(side) for side in found["shape"]), np.dtype(found["dtype"]).name
    scale, zero_point = found["quantization"]
    same = shape == expected.shape and dtype == expected.dtype and zero_point == expected.zero_point
    if not same or not np.isclose(scale, expected.scale, rtol=1e-5):
        raise BadModel(
            f"{file} has an {which} of {dtype} {shape}, scale {scale:.6g}, zero point {zero_point}; its card says "
            f"{expected.dtype} {expected.shape}, scale {expected.scale:.6g}, zero point {expected.zero_point}.",
            fix=_TOGETHER,
        )
