"""TFLite networks over a face crop, landmark features, or a window of these."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadModel
from edge.core.face.preprocess import stored_input
from edge.core.face.sequence import sequence_input
from edge.vision.card import Model, OutputForm, Tensor
from edge.vision.interpreters import Backend, new_interpreter

_TOGETHER = "Install the model and the card that belong together."


class Interpreted:
    """One network in an interpreter, loaded from bytes that were checked against its card.

    Not for use by two threads at once. A subclass turns a sample into the stored input, and the output into an answer.

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
        self._output = model.card.output.quantization

    def invoke(self) -> None:
        """Run the bare interpreter on its last input, for measuring."""
        self._interpreter.invoke()

    def run(self, stored: NDArray[np.int8]) -> NDArray[np.float32]:
        """Run the network once.

        Args:
            stored: One quantized sample, without the batch.

        Returns:
            The real values of the output, without the batch.
        """
        self._interpreter.set_tensor(self._input_index, stored[np.newaxis])
        self.invoke()
        return self._output.real(self._interpreter.get_tensor(self._output_index)[0])


class CropNetwork(Interpreted):
    """A network over a face crop; its card's input kind is `crop`."""

    def __init__(self, model: Model, backend: Backend = Backend.AUTO, threads: int = 1) -> None:
        super().__init__(model, backend, threads)
        self._spec, self._input = model.card.input.spec, model.card.input.quantization

    def output_of(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The real values of the output for a face crop (48, 48)."""
        return self.run(stored_input(crop, self._spec, self._input))


class Classifier(CropNetwork):
    """A network that answers with labels."""

    def __call__(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities (labels,) for a face crop (48, 48); they sum to 1."""
        return _probabilities(self.output_of(crop), self.card.output.form)


class LandmarkClassifier(Interpreted):
    """A network that answers with labels about a face's landmark features."""

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (labels,) for the features of `edge.core.face.landmarks`; they sum to 1."""
        stored = self.card.input.quantization.store(np.asarray(features, np.float32))
        return _probabilities(self.run(stored), self.card.output.form)


class SequenceClassifier(Interpreted):
    """A network that answers with labels about a window of landmark features. It keeps nothing between two windows."""

    def __call__(self, window: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Probabilities (labels,) for a window (steps, 1404), NaN where there is no mesh; they sum to 1."""
        stored = self.card.input.quantization.store(sequence_input(window))
        return _probabilities(self.run(stored), self.card.output.form)


class Scorer(CropNetwork):
    """A network that answers with one standardised score."""

    def __call__(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The score (1,) of a face crop (48, 48): mean 0 and standard deviation 1 over the faces that were rated."""
        return np.asarray(self.output_of(crop), np.float32).reshape(1)


def _probabilities(shares: NDArray[np.float32], form: OutputForm) -> NDArray[np.float32]:
    if form is OutputForm.LOGITS:
        shares = np.exp(shares - shares.max())
    return np.asarray(shares / shares.sum(), np.float32)


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
