"""Both interpreters read the same faces in the same way."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from threading import Event
from unittest.mock import MagicMock

import numpy as np
import pytest
from ai_edge_litert import interpreter as litert
from ai_edge_litert.interpreter import OpResolverType
from numpy.typing import NDArray

from edge.core.errors import BadModel
from edge.core.face.preprocess import face_crop
from edge.core.labels import LEVELS
from edge.core.readings import Reading
from edge.run.assemble import Models
from edge.sources.recorded.demo import picture
from edge.sources.recorded.video import VideoFile
from edge.vision.expression import ExpressionReader
from edge.vision.interpreters import Backend, installed_backends, missing_backends

STEP = 1 / 256  # of both networks' softmax outputs


@pytest.fixture(scope="module")
def crops(models: Models, clips: Path) -> list[NDArray[np.uint8]]:
    """Faces of the demo and of two people."""
    pictures = [picture(index) for index in range(0, 300, 25)]
    for name in ("single_face.mp4", "face_noface.mov"):
        with VideoFile(clips / name).open(Event()) as frames:
            pictures += [frame.rgb for frame in islice(frames, 0, 60, 6)]
    found = [(rgb, models.find_faces(rgb)) for rgb in pictures]
    crops = [face_crop(rgb, faces[0]) for rgb, faces in found if faces]
    assert len(crops) >= 20
    return crops


Answers = list[tuple[tuple[float, ...], tuple[float, ...]]]  # emotions and levels of each crop
Ask = Callable[[Backend, bool], Answers]


def answers(shipped: Path, backend: Backend, plain: bool, crops: list[NDArray[np.uint8]]) -> Answers:
    """What an interpreter says; `plain` makes LiteRT use its built-in kernels instead of XNNPACK's."""
    if plain:
        kernels = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        litert.Interpreter = partial(litert.Interpreter, experimental_op_resolver_type=kernels)
    reader = ExpressionReader(shipped, backend)
    return [shares(reader(crop)) for crop in crops]


def shares(reading: Reading) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The emotions and the levels of a reading that has both."""
    assert reading.emotions is not None
    return reading.emotions, reading.levels


@pytest.fixture(scope="module")
def ask(shipped: Path, crops: list[NDArray[np.uint8]]) -> Iterator[Ask]:
    """Run an interpreter in a process of its own: where TensorFlow is loaded, tflite-runtime uses its kernels."""
    if Backend.TFLITE_RUNTIME not in installed_backends():
        pytest.skip(missing_backends()[Backend.TFLITE_RUNTIME])
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as process:
        yield lambda backend, plain: process.submit(answers, shipped, backend, plain, crops).result()


def test_with_the_same_kernels_readings_agree_within_one_quantization_step(ask: Ask) -> None:
    for one, other in zip(ask(Backend.LITERT, True), ask(Backend.TFLITE_RUNTIME, False), strict=True):
        np.testing.assert_allclose(one[0], other[0], atol=STEP * 1.05)
        np.testing.assert_allclose(one[1], other[1], atol=STEP * 1.05)


def test_with_its_faster_kernels_litert_says_what_tflite_runtime_says(ask: Ask) -> None:
    # XNNPACK rounds ties otherwise than the built-in kernels; over fifty layers one step becomes several. One step of a
    # logit moves a level's probability by up to 0.03.
    pairs = list(zip(ask(Backend.LITERT, False), ask(Backend.TFLITE_RUNTIME, False), strict=True))
    levels = [np.abs(np.subtract(one[1], other[1])).max() for one, other in pairs]
    emotions = [np.abs(np.subtract(one[0], other[0])).max() for one, other in pairs]
    assert max(levels) < 0.03
    assert np.median(emotions) < 4 * STEP
    for (emotions_one, levels_one), (emotions_other, levels_other) in pairs:
        if lead(emotions_one) > 0.2:
            assert np.argmax(emotions_one) == np.argmax(emotions_other)
        if lead(levels_one) > 0.1:
            assert np.argmax(levels_one) == np.argmax(levels_other)


def lead(shares: tuple[float, ...]) -> float:
    """How far the most probable is ahead."""
    second, first = sorted(shares)[-2:]
    return first - second


def test_a_crop_gives_the_same_reading_every_time(models: Models, crops: list[NDArray[np.uint8]]) -> None:
    before = [models.read_face(crop) for crop in crops]
    assert [models.read_face(crop) for crop in crops] == before
    assert len({reading.emotions for reading in before}) > 1


def test_networks_that_are_run_together_answer_as_each_alone(models: Models, crops: list[NDArray[np.uint8]]) -> None:
    reader = models.read_face
    assert reader.emotion is not None
    for crop in crops:
        emotions, levels = reader.emotion(crop), reader.expressiveness(crop)
        reading = reader(crop)
        assert reading.emotions == pytest.approx(emotions.tolist(), abs=1e-6)
        assert reading.score == pytest.approx(reader.scale.score(levels.tolist()), abs=1e-4)


def test_more_threads_give_the_same_reading(shipped: Path, models: Models, crops: list[NDArray[np.uint8]]) -> None:
    two = ExpressionReader(shipped, threads=2)
    assert [two(crop) for crop in crops[:4]] == [models.read_face(crop) for crop in crops[:4]]


def test_the_level_of_the_score_is_the_most_probable_one(models: Models) -> None:
    for score in np.linspace(-3, 3, 601).tolist():
        reading = models.read_face.reading((1 / 7,) * 7, score)
        assert reading.level == ("reserved" if score < -0.303 else "expressive" if score > 0.294 else "balanced")
        assert reading.confidence == max(reading.levels) == reading.levels[list(LEVELS).index(reading.level)]
        assert sum(reading.levels) == pytest.approx(1)


def test_a_face_read_as_more_expressive_has_a_higher_score_to_both_ends(models: Models) -> None:
    score = models.read_face.scale.score
    margins = [(1 / (1 + 10**x), 1e-9, 10**x / (1 + 10**x)) for x in np.linspace(-7, 7, 57).tolist()]
    found = [score(each) for each in margins]
    assert np.all(np.diff(found) > 0)
    assert found[0] < -2.5
    assert found[-1] > 2.5


def test_litert_is_preferred(models: Models) -> None:
    emotion = models.read_face.emotion
    assert emotion is not None
    assert installed_backends()[0] == emotion.backend == Backend.LITERT


def test_an_interpreter_that_is_not_installed_is_named(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.vision.interpreters.np.__version__", "1.26.4")
    monkeypatch.setitem(__import__("sys").modules, "tflite_runtime.interpreter", None)
    with pytest.raises(BadModel, match="Install tflite-runtime"):
        ExpressionReader(shipped, Backend.TFLITE_RUNTIME)
    assert installed_backends() == (Backend.LITERT,)
    assert missing_backends() == {Backend.TFLITE_RUNTIME: "tflite-runtime is not installed."}


def test_an_interpreter_built_for_numpy_1_is_refused_beside_numpy_2(
    shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.vision.interpreters.np.__version__", "2.1.3")
    monkeypatch.setitem(__import__("sys").modules, "tflite_runtime.interpreter", MagicMock())  # can be imported
    with pytest.raises(BadModel, match=r"runs with numpy 1 only, and numpy 2\.1\.3 .* Choose the backend litert"):
        ExpressionReader(shipped, Backend.TFLITE_RUNTIME)
    assert installed_backends() == (Backend.LITERT,)
    assert "numpy 1 only" in missing_backends()[Backend.TFLITE_RUNTIME]
