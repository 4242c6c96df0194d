"""A float network as ONNX: answers by ONNX Runtime, on as many faces as one likes at once."""

from pathlib import Path

import onnxruntime
import pytest
from typer.testing import CliRunner

from converter import onnx
from converter.cli import app
from converter.trained import load_trained
from models.datasets import fer2013


def edge_convert(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, result.output


def test_onnx_runtime_answers_as_keras_does(tiny: Path, expressiveness: Path, tmp_path: Path) -> None:
    code, said = edge_convert(expressiveness, "--calibration", tiny, "--out", tmp_path / "new", "--to", "onnx")
    assert code == 0, said
    assert "ONNX Runtime and Keras on 63 test faces: largest gap" in said
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["expressiveness.onnx"]

    trained = load_trained(expressiveness)
    session = onnxruntime.InferenceSession(tmp_path / "new" / "expressiveness.onnx", providers=["CPUExecutionProvider"])
    faces = trained.input.arrays(trained.faces(fer2013.load(tiny, "test")))
    for n in (1, 20):
        (found,) = session.run(None, {"face": faces[:n]})
        assert found.shape == (n, 3)
        assert found == pytest.approx(trained.model.predict(faces[:n], verbose=0), abs=1e-4)


def test_a_recipe_is_for_int8_alone(tiny: Path, expressiveness: Path, tmp_path: Path) -> None:
    words = (expressiveness, "--calibration", tiny, "--out", tmp_path / "new", "--recipe", tmp_path / "own.toml")
    code, said = edge_convert(*words, "--to", "onnx")
    assert code == 2
    assert "--recipe is about INT8" in said


def test_a_network_that_answers_otherwise_is_not_written(
    tiny: Path, expressiveness: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx, "LARGEST_GAP", 0.0)
    monkeypatch.setattr(onnx, "to_onnx", lambda model, shown: onnx.Onnx("expressiveness", b"", len(shown), 0.2, 0.9))
    code, said = edge_convert(expressiveness, "--calibration", tiny, "--out", tmp_path / "new", "--to", "onnx")
    assert code == 1
    assert "ONNX answers otherwise, by up to 0.2" in said
    assert not (tmp_path / "new").exists()
