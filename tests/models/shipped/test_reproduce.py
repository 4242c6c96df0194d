"""Making a shipped network again: the commands, their going on after a stop, and the figures side by side."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from edge.vision.card import shipped_models
from models.cli import reproduce
from models.networks import recipes


def ask(*words: object) -> Result:
    return CliRunner().invoke(reproduce.app, [str(word) for word in words])


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Sequence[str]]:
    """The commands that were run; converting writes a card whose accuracy is 0.5."""
    every: list[Sequence[str]] = []

    def run(words: Sequence[str]) -> None:
        every.append(words)
        if words[0] == "converter.cli":
            (out := Path(words[words.index("--out") + 1])).mkdir(parents=True)
            (out / "emotion-both.json").write_text(json.dumps({"evidence": {"int8": {"accuracy": 0.5}}}))

    monkeypatch.setattr(reproduce, "_run", run)
    return every


def test_a_network_is_trained_converted_and_compared(ran: list[Sequence[str]], tmp_path: Path) -> None:
    words = ("emotion-both", "--data", "fer2013", "--out", tmp_path / "run", "--teacher", "answers.npz")
    done = ask(*words)
    assert done.exit_code == 0, done.output
    *trains, convert = ran
    begun = [str(shipped_models() / "emotion.tflite"), str(tmp_path / "run" / "train-1" / "mean.npz")]
    assert [train[train.index("--init") + 1] for train in trains] == begun
    for train in trains:
        assert train[0] == "models.cli.train"
        assert train[train.index("--teacher") + 1] == "answers.npz"
        assert "--resume" not in train
    assert convert[1] == str(tmp_path / "run" / "train-2" / "emotion-both" / "best.keras")
    assert Path(convert[convert.index("--recipe") + 1]).is_file()
    card = json.loads((shipped_models() / "emotion-both.json").read_text())
    assert f"accuracy, INT8 {card['evidence']['int8']['accuracy']:.4f} 0.5000" in " ".join(done.output.split())
    ran.clear()
    again = ask(*words)
    assert (again.exit_code, ran) == (0, []), "what is complete is not made again"
    assert "0.5000" in again.output


def test_a_run_that_stopped_goes_on(ran: list[Sequence[str]], tmp_path: Path) -> None:
    (tmp_path / "train-1").mkdir()
    (tmp_path / "train-1" / "recipe.json").touch()
    ask("emotion-both", "--data", "fer2013", "--out", tmp_path, "--teacher", "answers.npz")
    assert ["--resume" in words for words in ran] == [True, False, False]


@pytest.mark.usefixtures("ran")
def test_what_cannot_be_made_is_refused(tmp_path: Path) -> None:
    refused = ask("emotion", "--data", "fer2013", "--out", tmp_path, "--teacher", "answers.npz")
    assert refused.exit_code == 2
    assert "cannot be made again" in refused.output


def test_every_making_names_files_and_recipes_that_are_there() -> None:
    for name, making in reproduce.MAKINGS.items():
        assert (shipped_models() / f"{name}.json").is_file()
        assert all(recipe in recipes() or Path(recipe).is_file() for recipe in making.recipes)


def test_a_step_that_fails_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Sequence[str]] = []

    def run(words: Sequence[str], check: bool) -> SimpleNamespace:
        ran.append(words)
        return SimpleNamespace(returncode=74)

    monkeypatch.setattr("subprocess.run", run)
    failed = ask("expressiveness", "--data", "fer2013", "--out", tmp_path, "--teacher", "answers.npz")
    assert failed.exit_code == 1
    assert "models.cli.train ended with 74" in failed.output
    assert len(ran) == 1
