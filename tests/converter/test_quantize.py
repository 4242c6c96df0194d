"""What the converter makes of a network and its ranges is what the network was fine-tuned as."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from converter.quantize import to_int8
from converter.tflite_file import tensors
from edge.core.errors import BadModel
from edge.core.face.preprocess import InputSpec
from edge.core.quantization import Quantization
from models.graph.folded import fold
from models.graph.ranges import calibrated
from models.graph.stored import Ranges
from models.networks import cnn
from models.quantaware.student import Student
from models.specs.inputs import CropInput

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))

from tests.models import small_residual

GIVEN = CropInput(InputSpec(24, black=-1.0, white=1.0))
PICTURES = small_residual.pictures(32)


@pytest.fixture(scope="module")
def folded() -> keras.Model:
    return fold(small_residual.build())


@pytest.fixture(scope="module")
def ranges(folded: keras.Model) -> Ranges:
    return calibrated(folded, PICTURES, GIVEN.value_range)


@pytest.fixture(scope="module")
def converted(folded: keras.Model, ranges: Ranges) -> bytes:
    return to_int8(folded, ranges)


def opened(content: bytes) -> Interpreter:
    interpreter = Interpreter(model_content=content, experimental_delegates=[], num_threads=1)
    interpreter.allocate_tensors()
    return interpreter


def answers(content: bytes, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    interpreter = opened(content)
    (given,), (answered,) = interpreter.get_input_details(), interpreter.get_output_details()
    found = []
    for picture in pictures:
        interpreter.set_tensor(given["index"], Quantization(*given["quantization"]).store(picture)[np.newaxis])
        interpreter.invoke()
        stored = interpreter.get_tensor(answered["index"])[0]
        found.append(Quantization(*answered["quantization"]).real(stored))
    return np.stack(found)


def test_the_device_computes_what_the_fine_tuned_network_did(
    folded: keras.Model, ranges: Ranges, converted: bytes
) -> None:
    by_student, by_float = Student(folded, ranges).outputs(PICTURES)
    by_int8 = answers(converted, PICTURES)
    assert np.abs(by_int8 - by_student).max() < 3 / 256
    # A network with coarser ranges is another one, so the figure above is no accident.
    first, *others = ranges.items()
    coarse = dict([first, *((name, (8 * low, 8 * high)) for name, (low, high) in others)])
    assert np.abs(answers(to_int8(folded, coarse), PICTURES) - by_student).max() > 6 / 256
    assert np.abs(by_float - by_student).max() < 0.1


def test_everything_is_int8_and_weights_are_per_channel(folded: keras.Model, converted: bytes) -> None:
    given, answered, floats = tensors(converted)
    assert floats == 0
    assert np.dtype(given["dtype"]) == np.int8
    assert np.dtype(answered["dtype"]) == np.int8
    assert answered["quantization"] == (1 / 256, -128)
    scales = sorted(
        len(tensor["quantization_parameters"]["scales"])
        for tensor in opened(converted).get_tensor_details()
        if tensor["dtype"] is np.int8 and len(tensor["quantization_parameters"]["scales"]) > 1
    )
    assert scales == sorted([8, 24, 24, 8, 24, 24, 8, 32, 7])


def test_ranges_are_kept_exactly(ranges: Ranges, converted: bytes) -> None:
    steps = {
        float(tensor["quantization"][0])
        for tensor in opened(converted).get_tensor_details()
        if tensor["shape"].size > 1
    }
    for low, high in ranges.values():
        assert min(abs(step / ((high - low) / 255) - 1) for step in steps) < 1e-4


def test_the_other_network_converts_as_well() -> None:
    folded = fold(cnn.build(24))
    pictures = (PICTURES + 1) / 2
    ranges = calibrated(folded, pictures, (0.0, 1.0))
    by_student, _ = Student(folded, ranges).outputs(pictures)
    content = to_int8(folded, ranges)
    assert tensors(content)[2] == 0
    assert np.abs(answers(content, pictures) - by_student).max() < 3 / 256


def test_ranges_of_another_network_are_refused(folded: keras.Model, ranges: Ranges) -> None:
    with pytest.raises(BadModel, match="emotions"):
        to_int8(folded, {name: ends for name, ends in ranges.items() if name != "emotions"})
