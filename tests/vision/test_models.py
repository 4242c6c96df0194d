"""Models and cards that do not belong together are refused, by name and number, before anything runs them."""

import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.core.errors import BadModel
from edge.core.labels import LEVELS
from edge.vision.card import load_model
from edge.vision.expression import ExpressionReader
from edge.vision.interpreters import Backend, installed_backends, missing_backends

from .conftest import recard, replace_model, with_two_outputs


def refusal(folder: Path) -> str:
    """The message about a folder of models that cannot be used."""
    with pytest.raises(BadModel) as raised:
        ExpressionReader(folder)
    assert raised.value.exit_code == 78
    assert raised.value.fix.endswith(".")
    return raised.value.happened


def test_an_untouched_copy_reads_a_face(folder: Path) -> None:
    reading = ExpressionReader(folder)(np.full((48, 48), 128, np.uint8))
    assert reading.emotions is not None
    assert sum(reading.emotions) == pytest.approx(1)
    assert sum(reading.levels) == pytest.approx(1)


@pytest.mark.usefixtures("no_interpreter")
class TestBeforeAnInterpreterIsAsked:
    def test_damaged_models_are_refused(self, folder: Path) -> None:
        chance = random.Random(20)
        for name in ("emotion-both", "expressiveness"):
            path = folder / f"{name}.tflite"
            sound = path.read_bytes()
            for _ in range(50):
                path.write_bytes(damaged(sound, chance))
                assert f"{name}.tflite is not the model its card describes" in refusal(folder)
            path.write_bytes(sound)

    def test_a_changed_model_is_refused_with_both_hashes_and_sizes(self, folder: Path) -> None:
        path = folder / "emotion-both.tflite"
        sound = path.read_bytes()
        path.write_bytes(sound + b"\0")
        message = refusal(folder)
        assert "expected SHA-256" in message
        assert f"({len(sound)} bytes)" in message
        assert f"({len(sound) + 1} bytes)" in message

    def test_a_model_is_not_read_again_after_its_hash_was_compared(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path, sha256 = folder / "expressiveness.tflite", hashlib.sha256
        sound = path.read_bytes()

        def exchanged(content: bytes) -> Any:
            if content == sound:
                path.write_bytes(b"another model")
            return sha256(content)

        monkeypatch.setattr("edge.vision.card.hashlib.sha256", exchanged)
        levels = tuple(level.value for level in LEVELS)
        assert load_model(folder, "expressiveness", levels).content == sound

    def test_an_empty_model_is_refused(self, folder: Path) -> None:
        (folder / "emotion-both.tflite").write_bytes(b"")
        assert refusal(folder).endswith("emotion-both.tflite holds nothing.")

    def test_a_truncated_model_is_refused(self, folder: Path) -> None:
        path = folder / "expressiveness.tflite"
        path.write_bytes(path.read_bytes()[:-1000])
        assert "expressiveness.tflite is not the model" in refusal(folder)

    def test_a_missing_model_is_refused(self, folder: Path) -> None:
        (folder / "emotion-both.tflite").unlink()
        assert refusal(folder).endswith("emotion-both.tflite cannot be read: No such file or directory.")

    def test_a_missing_folder_is_refused(self, tmp_path: Path) -> None:
        assert "nowhere/emotion-both.json cannot be read" in refusal(tmp_path / "nowhere")

    @pytest.mark.parametrize("file", ["emotion-both.tflite", "emotion-both.json"])
    def test_a_symbolic_link_is_refused_even_to_the_right_bytes(self, folder: Path, file: str) -> None:
        (folder / file).rename(folder / "elsewhere")
        (folder / file).symlink_to(folder / "elsewhere")
        assert f"{file} cannot be read: it is a symbolic link" in refusal(folder)

    @pytest.mark.timeout(60)
    @pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
    def test_a_pipe_or_a_folder_is_refused_at_once(self, folder: Path, make: Callable[[Path], None]) -> None:
        (folder / "emotion-both.tflite").unlink()
        make(folder / "emotion-both.tflite")
        assert "emotion-both.tflite" in refusal(folder)

    def test_the_cards_exchanged_are_refused_with_both_names(self, folder: Path) -> None:
        (folder / "expressiveness.json").replace(folder / "emotion-both.json")
        message = refusal(folder)
        assert "describes expressiveness with labels reserved, balanced, expressive" in message
        assert "expected emotion-both with angry, disgust" in message

    def test_labels_in_another_order_are_refused(self, folder: Path) -> None:
        recard(folder, "expressiveness", lambda card: card["labels"].reverse())
        message = refusal(folder)
        assert "with labels expressive, balanced, reserved" in message
        assert "expected expressiveness with reserved, balanced, expressive" in message

    @pytest.mark.parametrize(
        ("text", "where"),
        [("", "holds nothing"), ("{", "its text"), ("[1, 2]", "its text"), ("\udcff", "its text")],
    )
    def test_a_card_that_is_no_json_is_refused(self, folder: Path, text: str, where: str) -> None:
        (folder / "emotion-both.json").write_bytes(text.encode(errors="surrogateescape"))
        message = refusal(folder)
        assert "emotion-both.json" in message
        assert where in message

    @pytest.mark.parametrize("field", ["name", "version", "file", "sha256", "size_bytes", "labels", "input", "output"])
    def test_a_card_that_lacks_a_field_is_refused_with_its_name(self, folder: Path, field: str) -> None:
        recard(folder, "emotion-both", lambda card: card.pop(field))
        assert f"emotion-both.json is no usable model card: {field}: Field required" in refusal(folder)

    @pytest.mark.parametrize("file", ["../emotion-both.tflite", "/etc/passwd", "emotion.txt", ""])
    def test_a_card_that_names_a_file_elsewhere_is_refused(self, folder: Path, file: str) -> None:
        recard(folder, "emotion-both", lambda card: card.update(file=file))
        assert "no usable model card: file:" in refusal(folder)

    @pytest.mark.parametrize(
        "change",
        [
            {"margins": [-1, 0, 1], "scores": [-1, 1]},
            {"margins": [0, -1], "scores": [0, 1]},
            {"margins": [0, 1], "scores": [1, 0]},
            {"margins": [], "scores": []},
            {"margins": [0, 1], "scores": [0, "a"]},
            {"slopes": {"reserved_inner": 0}},
        ],
    )
    def test_a_score_that_is_no_function_is_refused(self, folder: Path, change: dict[str, Any]) -> None:
        recard(folder, "expressiveness", lambda card: card["score"].update(change))
        assert "no usable model card: score" in refusal(folder)

    def test_a_score_of_rounded_probabilities_is_refused(self, folder: Path) -> None:
        recard(folder, "expressiveness", lambda card: card["output"].update(form="probabilities"))
        assert "a score needs an output of logits" in refusal(folder)

    def test_a_level_model_without_a_score_is_refused(self, folder: Path) -> None:
        def former(card: dict[str, Any]) -> None:
            card.update(score=None, score_knots={"x": [-1, 1], "y": [-1, 1]})

        recard(folder, "expressiveness", former)
        with pytest.raises(BadModel, match=r"expressiveness\.json lacks a score\.") as raised:
            ExpressionReader(folder)
        assert "edge-convert expressiveness.tflite" in raised.value.fix


def damaged(sound: bytes, chance: random.Random) -> bytes:
    """A model's bytes after an accident, half of them in the tables at its ends that say where everything lies."""
    content = bytearray(sound)
    place = chance.choice(
        (chance.randrange(len(content)), chance.randrange(64, 20_000), len(content) - chance.randrange(1, 20_000))
    )
    match chance.randrange(4):
        case 0:
            content[place] ^= 1 << chance.randrange(8)
        case 1:
            del content[place:]
        case 2:
            content[place:place] = chance.randbytes(chance.randint(1, 64))
        case _:
            content[place : place + 512] = bytes(512) if any(content[place : place + 512]) else b"\1"
    return bytes(content) or b"\0"


@pytest.mark.slow
def test_the_same_damage_would_kill_an_interpreter(folder: Path) -> None:
    """Why bytes that no card vouches for never reach one."""
    if Backend.TFLITE_RUNTIME not in installed_backends():
        pytest.skip(missing_backends()[Backend.TFLITE_RUNTIME])
    chance = random.Random(20)
    path = folder / "emotion-both.tflite"
    sound = path.read_bytes()
    code = (
        "import sys; from tflite_runtime.interpreter import Interpreter\n"
        "done = Interpreter(model_path=sys.argv[1]); done.allocate_tensors(); done.invoke()"
    )
    ends: list[int] = []
    while len(ends) < 100 and not (0 in ends and min(ends) < 0):
        path.write_bytes(damaged(sound, chance))
        done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, timeout=240, check=False)
        ends.append(done.returncode)
    assert min(ends) < 0, "none ended in a signal"
    assert 0 in ends, "none ran as though nothing were wrong"


def test_an_input_of_another_shape_is_refused_with_both_shapes(folder: Path) -> None:
    recard(folder, "emotion-both", lambda card: card["input"].update(shape=[1, 80, 80, 1]))
    message = refusal(folder)
    assert "emotion-both.tflite has an input of int8" in message
    assert "its card says int8 (1, 80, 80, 1)" in message


def test_an_output_of_another_shape_is_refused(folder: Path) -> None:
    recard(folder, "emotion-both", lambda card: card["output"].update(shape=[1, 8]))
    message = refusal(folder)
    assert "an output of int8 (1, 7)" in message
    assert "its card says int8 (1, 8)" in message


@pytest.mark.parametrize("shape", [[], [64], [1, 64]])
def test_an_input_of_fewer_dimensions_is_refused(folder: Path, shape: list[int]) -> None:
    recard(folder, "emotion-both", lambda card: card["input"].update(shape=shape))
    assert "emotion-both.tflite has an input" in refusal(folder)


@pytest.mark.parametrize(("tensor", "field"), [("input", "scale"), ("output", "scale")])
def test_another_scale_is_refused_with_both(folder: Path, tensor: str, field: str) -> None:
    recard(folder, "expressiveness", lambda card: card[tensor].update({field: 0.0125}))
    message = refusal(folder)
    assert f"expressiveness.tflite has an {tensor}" in message
    assert "scale 0.0125" in message


def test_another_zero_point_is_refused(folder: Path) -> None:
    recard(folder, "expressiveness", lambda card: card["input"].update(zero_point=5))
    assert "zero point 5" in refusal(folder)


def test_one_models_bytes_under_the_others_card_are_refused(folder: Path) -> None:
    replace_model(folder, "emotion-both", (folder / "expressiveness.tflite").read_bytes())
    message = refusal(folder)
    assert "emotion-both.tflite has an input of int8 (1, 48, 48, 1)" in message


def test_a_model_with_two_outputs_is_refused(folder: Path) -> None:
    replace_model(folder, "expressiveness", with_two_outputs((folder / "expressiveness.tflite").read_bytes()))
    assert "has 1 inputs and 2 outputs" in refusal(folder)


def test_vouched_for_bytes_that_are_no_model_are_refused_in_one_sentence(folder: Path) -> None:
    replace_model(folder, "emotion-both", b"This is text, whatever its card says. " * 20)
    assert "refuses emotion-both.tflite" in refusal(folder)
