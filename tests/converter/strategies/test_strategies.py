"""The two strategies: which faces calibrate, which ranges INT8 gets, and that the trained network stays as it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from converter.adjustment import Adjustment, adjust
from converter.cards.building import draft
from converter.quantize import to_int8
from converter.recipe import Recipe
from converter.strategies import Quantizable, strategy_for
from converter.strategies.fine_tuned import fine_tuned
from converter.strategies.post_training import post_training
from converter.strategies.sample import balanced_sample
from converter.trained import Trained
from edge.core.quantization import Quantization
from edge.vision.card import InputKind
from models.datasets.faces import Faces
from models.graph.folded import fold
from models.graph.ranges import calibrated
from models.networks import cnn, network
from models.specs.recipe import Augmentation

SIZE_PX = 24
PLAIN = Recipe(equalize=False, correct_bias=False, temperature=False, calibration_per_class=10)


@pytest.fixture(scope="module")
def trained() -> Trained:
    """An expressiveness network with random weights."""
    keras.utils.set_random_seed(7)
    model = cnn.build(SIZE_PX)
    return Trained(
        model=model,
        network=network("expressiveness"),
        input=cnn.INPUT.sized(SIZE_PX),
        file="best.keras",
        sha256="0" * 64,
        recipe={},
        reference=model,
        reference_file="best.keras",
    )


def faces(crops: NDArray[np.uint8]) -> Faces:
    ground_truth = np.arange(len(crops)) % 3
    labels = cnn.TARGET.labels
    return Faces(
        crops, np.eye(3, dtype=np.float32)[ground_truth], ground_truth, labels, np.zeros(len(crops), np.float32)
    )


def noise(n: int, brightest: int = 255, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, brightest + 1, (n, 48, 48), dtype=np.uint8)


def weights_of(trained: Trained) -> list[NDArray[np.float32]]:
    return [weight.copy() for weight in trained.model.get_weights()]


def test_ranges_of_its_own_decide_the_strategy(trained: Trained) -> None:
    assert strategy_for(trained) is post_training
    assert strategy_for(replace(trained, ranges={"levels": (-1.0, 1.0)})) is fine_tuned


def test_a_fine_tuned_network_keeps_its_weights_and_its_ranges(trained: Trained) -> None:
    shown = trained.input.arrays(faces(noise(6)))
    ranges = calibrated(fold(trained.model), shown, trained.input.value_range)
    found = fine_tuned(replace(trained, ranges=ranges), faces(noise(6, brightest=10)), Recipe())
    assert found.ranges == ranges
    assert found.calibration_faces == 0
    expected = trained.model.predict(shown, verbose=0)
    assert found.network.predict(shown, verbose=0) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("tuned", [False, True])
def test_a_conversion_leaves_the_trained_network_as_it_is(trained: Trained, tuned: bool) -> None:
    train = faces(noise(30))
    if tuned:
        folded = fold(trained.model)
        trained = replace(trained, ranges=calibrated(folded, trained.input.arrays(train), trained.input.value_range))
    before, ranges = weights_of(trained), None if trained.ranges is None else dict(trained.ranges)
    recipe = Recipe(class_bias=True, calibration_per_class=10)
    adjusted = adjust(trained, faces(noise(30, seed=1)), recipe)
    assert adjusted.adjustment.bias.any()
    strategy_for(trained)(adjusted.trained, train, recipe)
    assert all(np.array_equal(*pair) for pair in zip(before, trained.model.get_weights(), strict=True))
    assert trained.ranges == ranges


def test_calibration_takes_faces_from_all_of_a_class_and_not_its_first(trained: Trained) -> None:
    dark_first = np.concatenate([noise(30, brightest=10), noise(270)])  # ten dark faces of each class come first
    found = post_training(trained, faces(dark_first), PLAIN)
    assert found.calibration_faces == 30
    first = trained.input.arrays(faces(dark_first[:30]))
    by_first = calibrated(fold(trained.model), first, trained.input.value_range)
    assert found.ranges["dense_relu"][1] > 5 * by_first["dense_relu"][1]


def test_another_seed_calibrates_with_other_faces_of_the_same_number() -> None:
    ground_truth = np.repeat([0, 1, 2], [500, 40, 7])
    one, other = (balanced_sample(ground_truth, 20, seed) for seed in (0, 1))
    assert np.bincount(ground_truth[other]).tolist() == [20, 20, 7]
    assert set(one.tolist()) != set(other.tolist())
    assert max(one[ground_truth[one] == 0]) > 100, "the first of a class are one sitting, one camera or one source"


def test_the_range_of_the_logits_moves_with_temperature_and_class_bias(trained: Trained) -> None:
    ranges = {"dense": (0.0, 3.0), "levels": (-4.0, 6.0)}
    moved = Adjustment(2.0, np.array([0.5, 0.0, -1.5], np.float32)).of_ranges(ranges, trained.model)
    assert moved == {"dense": (0.0, 3.0), "levels": (-3.5, 3.5)}
    lifted = Adjustment(1.0, np.full(3, 9, np.float32)).of_ranges(ranges, trained.model)
    assert lifted["levels"] == (0.0, 15.0), "0 stays inside, as INT8 needs it"


@pytest.mark.parametrize("tuned", [False, True])
def test_int8_can_store_logits_that_a_class_bias_lifted(trained: Trained, tuned: bool) -> None:
    train = faces(noise(30))
    plain = post_training(trained, train, PLAIN).ranges
    bias = np.array([0.0, 5.0, -5.0], np.float32)
    adjustment = Adjustment(1.0, bias)
    ranges = adjustment.of_ranges(plain, trained.model) if tuned else None
    adjusted = replace(trained, model=adjustment.of_model(trained.model), ranges=ranges)
    prepared = strategy_for(adjusted)(adjusted, train, PLAIN)
    assert isinstance(prepared, Quantizable)
    low, high = prepared.ranges["levels"]
    assert low < plain["levels"][0] - 3
    assert high > plain["levels"][1] + 3


@dataclass(frozen=True)
class Vector:
    """A vector a face in place of a picture, of a range that calibration has to find."""

    kind: InputKind = InputKind.LANDMARKS
    size: int = 8
    value_range: tuple[float, float] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.size,)

    def sized(self, size: int) -> Self:
        return replace(self, size=size)

    def fits(self, shape: Sequence[int | None]) -> bool:
        return tuple(shape) == self.shape

    def arrays(self, faces: Faces) -> NDArray[np.float32]:
        return faces.crops[:, 0, : self.size].astype(np.float32) / 100 - 1

    def augmented(
        self, faces: Faces, rows: NDArray[np.int64], how: Augmentation, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        return self.arrays(faces)[rows]

    def card_fields(self) -> dict[str, Any]:
        return {"kind": self.kind}


def test_a_network_that_reads_vectors_is_converted_by_the_same_code(trained: Trained) -> None:
    keras.utils.set_random_seed(8)
    layers = keras.layers
    vector = keras.Input((8,))
    hidden = layers.BatchNormalization()(layers.Dense(16, activation="relu")(vector))
    model = keras.Model(vector, layers.Dense(3, activation="softmax")(hidden), name="expressiveness")
    trained = replace(trained, model=model, reference=model, input=Vector())
    validation, recipe = faces(noise(30)), Recipe(calibration_per_class=10)
    adjusted = adjust(trained, validation, recipe)
    quantizable = strategy_for(trained)(adjusted.trained, faces(noise(30, seed=1)), recipe)
    assert isinstance(quantizable, Quantizable)
    content = to_int8(quantizable.network, quantizable.ranges)
    card = draft(content, adjusted, quantizable, recipe, version="1").card
    assert (card.input.kind, card.input.shape, card.output.shape) == (InputKind.LANDMARKS, (1, 8), (1, 3))
    low = card.input.scale * (-128 - card.input.zero_point)
    assert -1.2 < low < -0.7, "the input's own range, found by calibration"
    given = trained.input.arrays(validation)
    expected = adjusted.trained.model.predict(given, verbose=0)
    assert run(content, given) == pytest.approx(expected, abs=0.03)


def run(content: bytes, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """The outputs of an INT8 network in LiteRT for real inputs."""
    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    (given,), (answered,) = interpreter.get_input_details(), interpreter.get_output_details()
    outputs = []
    for row in inputs:
        interpreter.set_tensor(given["index"], Quantization(*given["quantization"]).store(row)[np.newaxis])
        interpreter.invoke()
        outputs.append(Quantization(*answered["quantization"]).real(interpreter.get_tensor(answered["index"])[0]))
    return np.stack(outputs)
