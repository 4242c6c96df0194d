"""Fine-tuning for INT8: folding changes nothing, ranges fit, and a network learns to answer rounded as in float."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from edge.core.errors import BadModel
from edge.core.face.preprocess import InputSpec
from models.cli.train import app
from models.graph.folded import fold
from models.graph.ranges import best_range, calibrated
from models.graph.stored import read_ranges, stored_layers
from models.networks import cnn
from models.quantaware.fine_tuning import Tuning, prepare, rate_share, tune
from models.quantaware.student import Student
from models.specs.inputs import CropInput
from models.training.checkpoints import Epoch
from models.training.saved import load_network
from tests.models import small_residual

GIVEN = CropInput(InputSpec(24, black=-1.0, white=1.0))
PICTURES = small_residual.pictures(48)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trained") / "best.keras"
    small_residual.build().save(path)
    return path


def prepared(trained: Path, tiny: Path, out: Path, **wishes: Any) -> Tuning:
    given: dict[str, Any] = {"init": str(trained), "epochs": 2, "seed": 0, "resume": False, **wishes}
    start = prepare("emotion", tiny, out, **given)
    return replace(start, recipe=replace(start.recipe, batch=10))


def tuned(start: Tuning, out: Path, *, resume: bool = False) -> list[Epoch]:
    epochs: list[Epoch] = []
    tune(
        start.recipe,
        start.train,
        start.validation,
        out,
        resume=resume,
        on_epoch=lambda done, is_best: epochs.append(done),
    )
    return epochs


@pytest.fixture(scope="module")
def straight(trained: Path, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Epoch]]:
    """A run of two epochs in one go."""
    out = tmp_path_factory.mktemp("straight")
    return out, tuned(prepared(trained, tiny, out), out)


def train(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize("build", [small_residual.build, cnn.build])
def test_a_folded_network_answers_as_before(build: Callable[[int], keras.Model]) -> None:
    model = build(24)
    small_residual.unsettle(model)
    folded = fold(model)
    before = model.predict(PICTURES, verbose=0)
    assert before.std(axis=0).max() > 5e-3
    assert folded.predict(PICTURES, verbose=0) == pytest.approx(before, abs=1e-5)
    kinds = {type(layer).__name__ for layer in folded.layers}
    assert not kinds & {"BatchNormalization", "Dropout"}
    assert (folded.name, folded.input_shape, folded.output_shape) == (model.name, model.input_shape, model.output_shape)
    again = fold(folded)
    assert [layer.name for layer in again.layers] == [layer.name for layer in folded.layers]
    assert again.predict(PICTURES, verbose=0) == pytest.approx(before, abs=1e-5)


@pytest.mark.parametrize("layer", [keras.layers.LayerNormalization(), keras.layers.Dense(3, activation="tanh")])
def test_what_cannot_be_folded_is_named(layer: keras.layers.Layer) -> None:
    face = keras.Input((4, 4, 1))
    with pytest.raises(BadModel, match=layer.name):
        fold(keras.Model(face, layer(face)))


def test_a_normalisation_between_a_padded_convolution_and_its_input_cannot_be_folded() -> None:
    face = keras.Input((4, 4, 1))
    shifted = keras.layers.BatchNormalization()(face)
    with pytest.raises(BadModel, match="conv"):
        fold(keras.Model(face, keras.layers.Conv2D(2, 3, padding="same", name="conv")(shifted)))


def test_a_range_leaves_out_what_costs_more_than_it_gives() -> None:
    values = np.random.default_rng(0).normal(0, 1, 100_000).astype(np.float32)
    low, high = best_range(np.append(values, [-40, 40]).astype(np.float32))
    assert -36 < low < -3
    assert 3 < high < 36
    assert best_range(np.linspace(0, 6, 1000).astype(np.float32)) == (0.0, 6.0)
    assert best_range(np.linspace(2, 3, 1000).astype(np.float32))[0] == 0.0
    assert best_range(np.zeros(5, np.float32)) == (0.0, 1.0)


def test_every_stored_tensor_is_given_a_range() -> None:
    folded = fold(small_residual.build())
    ranges = calibrated(folded, PICTURES, GIVEN.value_range)
    assert list(ranges) == stored_layers(folded)
    assert len(ranges) == 12  # the input, two convolutions, two bottlenecks of three, a sum, the mean and the logits
    assert next(iter(ranges.values())) == (-1.0, 1.0)
    assert all(low <= 0 < high for low, high in ranges.values())
    assert all(high <= 6 for name, (_, high) in ranges.items() if "re_lu" in name)


def test_a_student_begins_near_the_float_network_but_rounded() -> None:
    folded = fold(small_residual.build())
    found, wanted = Student(folded, calibrated(folded, PICTURES, GIVEN.value_range)).outputs(PICTURES)
    assert wanted == pytest.approx(folded.predict(PICTURES, verbose=0), abs=1e-5)
    difference = np.abs(found - wanted).max()
    assert 1e-4 < difference < 0.1


def test_the_largest_weights_of_a_channel_are_stored_exactly() -> None:
    """TFLite stores kernels from -127 to 127, the largest value being the last step: -128 is never used."""
    face = keras.Input((4, 4, 1))
    logits = keras.layers.Dense(3, name="logits")(keras.layers.Flatten()(face))
    folded = fold(keras.Model(face, keras.layers.Softmax()(logits)))
    kernel = np.zeros((16, 3), np.float32)
    kernel[:, 0], kernel[:, 1] = 2.5, -2.5
    folded.get_layer("logits").set_weights([kernel, np.array([-40, 40, 0], np.float32)])  # white has the logits 0, 0, 0
    ranges = dict(zip(stored_layers(folded), ((0.0, 1.0), (-1.0, 1.0)), strict=True))  # of the input, of the logits
    found, wanted = Student(folded, ranges).outputs(np.ones((2, 4, 4, 1), np.float32))
    assert wanted == pytest.approx(np.full((2, 3), 1 / 3))
    assert found == pytest.approx(wanted, abs=1e-3)


def test_a_student_learns_what_rounding_took() -> None:
    folded = fold(small_residual.build())
    kernel, bias = folded.layers[-2].get_weights()
    student = Student(folded, calibrated(folded, PICTURES, GIVEN.value_range))
    before = student.learn(PICTURES, 1e-12)
    folded.layers[-2].set_weights([kernel, bias + np.linspace(-0.5, 0.5, 7)])  # the teacher says something else now
    difference = student.learn(PICTURES, 1e-12)
    assert difference > 2 * before
    for _ in range(60):
        after = student.learn(PICTURES, 3e-3)
    assert after < difference / 2
    assert student.network().layers[-2].get_weights()[1] != pytest.approx(bias, abs=1e-3)


def test_a_run_leaves_the_network_its_ranges_and_what_it_began_as(
    straight: tuple[Path, list[Epoch]], trained: Path
) -> None:
    out, epochs = straight
    names = {path.name for path in out.iterdir()}
    ours = {"best.keras", "float.keras", "ranges.json"}
    assert names == {*ours, "checkpoint.npz", "configuration.json", "log.csv", "recipe.json"}
    assert (out / "float.keras").read_bytes() == trained.read_bytes()
    best = load_network(out / "best.keras")
    assert list(read_ranges(out / "ranges.json")) == stored_layers(best)
    assert json.loads((out / "recipe.json").read_text())["name"] == "emotion-int8"
    assert [done.epoch for done in epochs] == [0, 1]
    assert all(0.5 < done.validation_accuracy <= 1 for done in epochs)


def test_the_network_that_is_kept_is_near_the_float_one_also_in_float(
    straight: tuple[Path, list[Epoch]], trained: Path, tiny: Path
) -> None:
    out, _ = straight
    start = prepared(trained, tiny, out.with_name("other"))
    shown = GIVEN.arrays(start.validation)
    before, after = (load_network(path).predict(shown, verbose=0) for path in (trained, out / "best.keras"))
    assert after == pytest.approx(before, abs=0.05)
    assert np.abs(after - before).max() > 1e-6


@pytest.mark.slow
def test_a_run_that_stopped_goes_on_as_if_it_had_not(
    straight: tuple[Path, list[Epoch]], trained: Path, tiny: Path, tmp_path: Path
) -> None:
    out, epochs = straight
    start = prepared(trained, tiny, tmp_path)

    def stop(done: Epoch, is_best: bool) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(start.recipe, start.train, start.validation, tmp_path, resume=False, on_epoch=stop)
    (again,) = tuned(replace(start, recipe=replace(start.recipe, init="gone.keras")), tmp_path, resume=True)
    assert again.validation_loss == pytest.approx(epochs[1].validation_loss, rel=1e-3)
    for kept, expected in zip(*(load_network(at / "best.keras").get_weights() for at in (tmp_path, out)), strict=True):
        assert kept == pytest.approx(expected, abs=1e-4)


def test_the_pace_rises_then_falls() -> None:
    paces = [rate_share(done) for done in np.linspace(0, 1, 101)]
    assert paces[0] < 0.02
    assert paces[-1] == pytest.approx(0.01)
    assert np.argmax(paces) == 9 or np.argmax(paces) == 10
    assert max(paces) > 0.9


@pytest.mark.parametrize("text", ["", "[]", '{"a": [1]}', '{"a": [1, 2]}', '{"a": [0, 0]}', '{"a": ["x", 2]}'])
def test_ranges_that_are_none_are_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "ranges.json"
    path.write_text(text)
    with pytest.raises(BadModel, match=r"ranges\.json"):
        read_ranges(path)


def test_what_cannot_be_fine_tuned_is_refused(trained: Path, tiny: Path, tmp_path: Path) -> None:
    words = ("--data", tiny, "--out", tmp_path / "run", "--quantization-aware")
    refused = [
        train("emotion", *words),
        train("expressiveness", *words, "--init", trained),
        train("emotion", *words, "--init", trained, "--teacher", trained),
        train("emotion", *words, "--init", tmp_path / "none.keras"),
    ]
    assert [result.exit_code for result in refused] == [2, 2, 2, 66]
    for result, message in zip(refused, ["--init", "emotion", "--teacher", "none.keras"], strict=True):
        assert message in result.stderr
    assert not (tmp_path / "run").exists()


def test_a_folder_that_holds_a_run_is_not_overwritten(
    straight: tuple[Path, list[Epoch]], trained: Path, tiny: Path
) -> None:
    out, _ = straight
    kept = (out / "best.keras").read_bytes()
    result = train("emotion", "--data", tiny, "--out", out, "--quantization-aware", "--init", trained)
    assert result.exit_code == 2
    assert "--resume" in result.stderr
    assert (out / "best.keras").read_bytes() == kept
