"""Networks over time: masks, unrolling, and from recordings of a known rule to a card that a run can read."""

import json
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from typer import Typer
from typer.testing import CliRunner

from converter.cli import app as convert_app
from edge.cli.evaluate import app as evaluate_app
from edge.core.errors import SourceNotFound
from edge.core.face.landmarks import FEATURES
from edge.core.face.sequence import SEQUENCE_FEATURES, Grid, sequence_input
from edge.core.labels import STRESS
from edge.vision.card import InputKind, load_model
from edge.vision.interpreters import installed_backends
from edge.vision.readers import reader_of
from edge.watcher import Watcher
from models.cli.data import app as data_app
from models.cli.train import app as train_app
from models.datasets.load import load
from models.datasets.splitting import SPLITS
from models.graph.unrolled import unrolled
from models.networks import stress_lstm, stress_tcn
from models.sequences.rule import Trial, synthesise
from models.specs.recipe import Augmentation
from models.specs.sequence import SequenceInput

BUILDS = (stress_lstm.build, stress_tcn.build)
STEPS = 6


def windows(count: int) -> NDArray[np.float32]:
    rows = np.random.default_rng(0).normal(0, 0.1, (count, STEPS, FEATURES)).astype(np.float32)
    rows[:, 2] = np.nan
    return rows


@pytest.mark.parametrize("build", BUILDS)
def test_frames_without_a_mesh_are_masked(build: Callable[..., keras.Model]) -> None:
    keras.utils.set_random_seed(0)
    network = build(STEPS)
    given = sequence_input(windows(3))
    other = given.copy()
    other[:, 2, :-1] = 5.0  # what a frame holds whose mask is 0
    answers = network.predict(np.concatenate([given, other]), verbose=0)
    assert np.abs(answers[:3] - answers[3:]).max() < 1e-6
    moved = given.copy()
    moved[:, 3, :-1] += 0.5
    assert np.abs(network.predict(moved, verbose=0) - answers[:3]).max() > 1e-4


def test_an_unrolled_network_answers_as_before() -> None:
    keras.utils.set_random_seed(1)
    network = stress_lstm.build(STEPS)
    given = sequence_input(windows(4))
    written_out = unrolled(network)
    assert [layer.unroll for layer in written_out.layers if isinstance(layer, keras.layers.RNN)] == [True, True]
    gates = [layer.cell.implementation for layer in written_out.layers if isinstance(layer, keras.layers.RNN)]
    assert gates == [1, 1], "one product a gate: no output of an operator is without use and range"
    assert written_out.predict(given, verbose=0) == pytest.approx(network.predict(given, verbose=0), abs=1e-6)
    convolutional = stress_tcn.build(STEPS)
    assert unrolled(convolutional) is convolutional


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("few")
    synthesise(folder, Trial(people=14, segments=2, length_s=16))
    return folder


def test_recordings_are_split_by_person(few: Path) -> None:
    splits = [load(few, split) for split in SPLITS]
    people = [set(split.persons.tolist()) for split in splits if split.persons is not None]
    assert sum(map(len, people)) == len(set.union(*people)) == 14
    for split in splits:
        assert split.kind is InputKind.SEQUENCE
        assert split.crops.shape[1:] == (Grid().steps, FEATURES)
    assert 0.05 < np.isnan(splits[0].crops[..., 0]).mean() < 0.25
    faces = stress_tcn.NETWORK.target.samples(splits[0]).faces
    how = Augmentation(erase=1.0, noise=0.1)
    changed = SequenceInput().augmented(faces, np.arange(4), how, np.random.default_rng(0))
    plain = SequenceInput().arrays(faces)[:4]
    assert changed.shape == plain.shape
    assert (changed[..., -1] == 0).sum() > (plain[..., -1] == 0).sum()


def test_other_kinds_of_data_are_refused(few: Path, tiny: Path, tmp_path: Path) -> None:
    words = ("--epochs", "1", "--out", str(tmp_path / "run"))
    pictures = CliRunner().invoke(train_app, ["stress-tcn", "--data", str(tiny), *words])
    assert "stress-tcn reads sequence, and the data holds crop. Give recordings with a segments.csv" in pictures.stderr
    recordings = CliRunner().invoke(train_app, ["expressiveness", "--data", str(few), *words])
    assert "expressiveness reads crop, and the data holds sequence." in recordings.stderr
    described = CliRunner().invoke(data_app, ["describe", str(few)])
    assert "holds sequence, and only pictures are described." in described.stderr
    codes = {pictures.exit_code, recordings.exit_code, described.exit_code}
    assert codes == {SourceNotFound.exit_code}


def done(app: Typer, *words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", ["stress-lstm", "stress-tcn"])
def test_it_learns_the_rule_and_reads_unseen_people_in_int8(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.run.confine.confine", lambda *_, **__: None)  # it would last for the other tests
    learnt, unseen, mine = tmp_path / "learnt", tmp_path / "unseen", tmp_path / "models"
    done(data_app, "synthesise", learnt)
    done(data_app, "synthesise", unseen, "--people", 12, "--seed", 1)
    done(train_app, name, "--data", learnt, "--out", tmp_path / "run")
    words = ("--calibration", learnt, "--out", mine, "--tolerance", 0.02)
    assert "agreement" in done(convert_app, tmp_path / "run" / "best.keras", *words)
    card = json.loads((mine / f"{name}.json").read_text())
    assert card["input"]["shape"] == [1, Grid().steps, SEQUENCE_FEATURES]
    assert (card["evidence"]["float_tensors"], card["output"]["form"]) == (0, "logits")
    assert card["evidence"]["area_under_curve"]["int8"] >= 0.75
    assert "area under the curve" in (mine / f"{name}.md").read_text()
    figures = json.loads(done(evaluate_app, unseen, "--model", name, "--models", mine, "--format", "json"))
    assert (figures["model"], figures["people"]) == (name, 12)
    assert figures["accuracy"] >= 0.70
    assert figures["area_under_curve"] >= 0.75
    with Watcher(models=mine) as watcher:
        seen = takewhile(lambda one: one.tick_s < 16, watcher.observations("demo:fast"))
        values = [one.stress for one in seen if one.stress is not None]
    assert values
    assert all(0 <= value <= 1 for value in values)
    shown = load(unseen, "train").crops[:12]
    for backend in installed_backends():
        reader = reader_of(load_model(mine, name, STRESS), backend)
        forwards = np.stack([reader(window) for window in shown])
        backwards = np.stack([reader(window) for window in shown[::-1]])[::-1]
        assert np.array_equal(forwards, backwards), "a window leaves nothing behind for the next"
