"""A run by a recipe file on a tiny data set: what it keeps, how it goes on after a stop, and what it refuses."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch.nn", reason="PyTorch is not installed")  # a folder of ours is called torch too
import torch

from edge.core.errors import BadConfiguration, BadModel, SourceNotFound, UsageError
from models.datasets import fer2013
from models.datasets.labelled import Labelled
from models.torch.augment import views
from models.torch.fit import train
from models.torch.journal import Epoch
from models.torch.learner import Learner, Step
from models.torch.loss import distilled
from models.torch.recipe import Augmentation, Recipe, Stage, read_recipe
from models.torch.start import prepare
from models.torch.targets import in_order, training_set
from models.training.answers import Answers, keep_answers, read_answers, rows_of

RECIPES = Path(__file__).resolve().parents[3] / "models" / "recipes"
TINY = Recipe(
    name="tiny",
    network="mobilenet",
    batch=32,
    stages=(Stage(size_px=32, epochs=1, rate=1e-3), Stage(size_px=40, epochs=1, rate=1e-3)),
)


@pytest.fixture(scope="module")
def splits(tiny: Path) -> tuple[Labelled, Labelled]:
    return in_order(fer2013.load(tiny, "train")), in_order(fer2013.load(tiny, "validation"))


@pytest.fixture(scope="module")
def straight(splits: tuple[Labelled, Labelled], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Epoch]]:
    """A run of two epochs in one go."""
    out, epochs = tmp_path_factory.mktemp("straight"), []
    train(TINY, training_set(splits[0], TINY), splits[1], out, on_epoch=lambda done, is_best: epochs.append(done))
    return out, epochs


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "log.csv").open(newline="") as log:
        return list(csv.DictReader(log))


def weights(out: Path) -> dict[str, Any]:
    with np.load(out / "best.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


def test_a_run_keeps_what_it_needs(straight: tuple[Path, list[Epoch]]) -> None:
    out, epochs = straight
    names = {path.name for path in out.iterdir()}
    assert names == {"recipe.json", "checkpoint.pt", "best.npz", "joined.json", "log.csv"}
    assert [row["size_px"] for row in rows(out)] == ["32", "40"]
    for row, done in zip(rows(out), epochs, strict=True):
        assert float(row["images_per_s"]) == pytest.approx(done.images_per_s, rel=1e-4)
        assert float(row["seconds"]) > 0
        assert 0 <= float(row["validation_votes"]) <= 1
    assert float(rows(out)[0]["left_s"]) > 0
    assert float(rows(out)[1]["left_s"]) == 0
    assert 0 <= json.loads((out / "joined.json").read_text())["weight"] <= 1


def test_a_run_that_stopped_ends_as_one_that_did_not(
    splits: tuple[Labelled, Labelled], straight: tuple[Path, list[Epoch]], tmp_path: Path
) -> None:
    taught = training_set(splits[0], TINY)

    def stop(done: Epoch, is_best: bool) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(TINY, taught, splits[1], tmp_path, on_epoch=stop)
    assert not (tmp_path / "best.npz").exists(), "the first epoch is of the smaller size"
    train(TINY, taught, splits[1], tmp_path, resume=True)
    expected = weights(straight[0])
    assert any(np.abs(array).max() > 0 for array in expected.values())
    for name, array in weights(tmp_path).items():
        assert np.array_equal(array, expected[name]), name
    assert [row["loss"] for row in rows(tmp_path)] == [row["loss"] for row in rows(straight[0])]


def test_another_recipe_does_not_go_on(splits: tuple[Labelled, Labelled], straight: tuple[Path, list[Epoch]]) -> None:
    other = TINY.model_copy(update={"temperature": 3.0})
    with pytest.raises(BadConfiguration, match=r"began with another recipe: its temperature is 2\.0"):
        train(other, training_set(splits[0], other), splits[1], straight[0], resume=True)


def test_a_damaged_checkpoint_is_named(splits: tuple[Labelled, Labelled], tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"no checkpoint")
    (tmp_path / "recipe.json").write_text(TINY.model_dump_json())
    with pytest.raises(BadModel, match=r"checkpoint\.pt"):
        train(TINY, training_set(splits[0], TINY), splits[1], tmp_path, resume=True)


def test_less_than_a_batch_is_refused(splits: tuple[Labelled, Labelled], tmp_path: Path) -> None:
    greedy = TINY.model_copy(update={"batch": 100})
    with pytest.raises(SourceNotFound, match="less than a batch of 100"):
        train(greedy, training_set(splits[0], greedy), splits[1], tmp_path)


def test_the_seed_decides_a_step(splits: tuple[Labelled, Labelled]) -> None:
    taught, faces = training_set(splits[0], TINY), torch.arange(32)

    def loss(seed: int) -> float:
        learner = Learner(TINY.model_copy(update={"seed": seed}), None)
        learner.train()
        return learner.learn(taught, faces, 32, 1e-3, Step(0, 0))[0]

    assert loss(1) == loss(1)
    assert loss(1) != loss(2)


def test_prepare_leaves_out_what_test_holds(tiny: Path, tmp_path: Path) -> None:
    import zipfile

    from tests.models import tiny_fer2013

    data = tiny_fer2013.write(tmp_path / "data")
    with zipfile.ZipFile(data / "train-0.zip") as archive:
        name = archive.namelist()[3]
        again = archive.read(name)
    with zipfile.ZipFile(data / "test.zip", "a") as archive:
        archive.writestr("test/happy/00003.webp", again)
    start = prepare(TINY, data, tmp_path / "out", init=None, teachers=(), resume=False)
    assert (start.dropped, len(start.training_set)) == (1, 69)
    assert not any(kept.endswith("/00003.webp") for kept in start.train.names)
    facts = json.loads((tmp_path / "out" / "configuration.json").read_text())
    assert facts["faces"] == {"train": 69, "left_out": 1, "validation": 21}
    (tmp_path / "out" / "checkpoint.pt").write_bytes(b"")
    with pytest.raises(UsageError, match="holds a training run already"):
        prepare(TINY, data, tmp_path / "out", init=None, teachers=(), resume=False)
    with pytest.raises(UsageError, match=r"began with other (data|faces)"):
        prepare(TINY, tiny, tmp_path / "out", init=None, teachers=(), resume=True)


def test_answers_come_back_in_the_order_of_the_faces(tmp_path: Path) -> None:
    names = [f"train/sad/{row}.webp" for row in (7, 3, 12)]
    said = Answers(*(np.arange(3 * heads, dtype=np.float32).reshape(3, heads) for heads in (7, 8)))
    keep_answers(tmp_path / "one.npz", {"train": (names, said)})
    keep_answers(tmp_path / "two.npz", {"train": (names, Answers(said.labels + 2, said.votes + 4))})
    found = read_answers([tmp_path / "one.npz", tmp_path / "two.npz"], names[::-1])
    assert np.array_equal(found.labels, said.labels[::-1] + 1)
    assert np.array_equal(found.votes, said.votes[::-1] + 2)
    with pytest.raises(SourceNotFound, match=r"lacks 1 of 2 training faces, row 4 first"):
        read_answers([tmp_path / "one.npz"], [*names[:1], "train/sad/4.webp"])
    (tmp_path / "text.npz").write_text("nothing")
    with pytest.raises(SourceNotFound, match="holds no teacher's answers"):
        read_answers([tmp_path / "text.npz"], names)
    assert rows_of(["happy/Training_31.jpg", "face.png"]).tolist() == [31, 1]


def test_faces_stand_in_the_order_of_their_rows(splits: tuple[Labelled, Labelled]) -> None:
    assert (np.diff(rows_of(splits[0].names)) > 0).all()


def test_teachers_pull_towards_their_answer() -> None:
    logits = torch.zeros(1, 7, requires_grad=True), torch.zeros(1, 8, requires_grad=True)
    own = [torch.eye(7)[:1], torch.eye(8)[:1]]
    taught = [torch.eye(7)[3:4], torch.eye(8)[3:4]]
    distilled(logits, [*own, *taught], weight=1.0, temperature=2.0).backward()
    assert logits[0].grad is not None
    assert int(logits[0].grad.argmin()) == 3
    plain = distilled(logits, own, weight=1.0, temperature=2.0).item()
    assert plain == pytest.approx(np.log(7) + np.log(8), rel=1e-5)


def test_augmentation_without_changes_is_the_face_or_its_mirror_image() -> None:
    fixed = {name: 0.0 for name in Augmentation.model_fields if name != "contrast"}
    how = Augmentation(**fixed, contrast=(0.0, 0.0))
    crops = torch.from_numpy(np.random.default_rng(0).integers(2, 256, (16, 48, 48)).astype(np.float32))
    found = views(crops, 48, how, torch.Generator().manual_seed(0)).student[:, 0]
    as_is = (found - crops).abs().amax((1, 2)) < 0.01
    mirrored = (found - crops.flip(2)).abs().amax((1, 2)) < 0.01
    assert (as_is ^ mirrored).all()
    assert 0 < int(mirrored.sum()) < 16


@pytest.mark.parametrize("name", [name for name in Augmentation.model_fields if not name.endswith("_chance")])
def test_every_change_changes(name: str) -> None:
    how = Augmentation.model_validate({"erase_chance": 0.0, **dict.fromkeys(_without(name), 0.0), **_only(name)})
    crops = torch.full((8, 48, 48), 90.0)
    crops[:, 20:30, 22:] = 180
    given = torch.Generator().manual_seed(4)
    found = views(crops, 48, how, given).student
    assert found.shape == (8, 1, 48, 48)
    assert 0 <= float(found.min()) <= float(found.max()) <= 255
    nearest = torch.minimum((found[:, 0] - crops).abs().amax((1, 2)), (found[:, 0] - crops.flip(2)).abs().amax((1, 2)))
    assert float(nearest.max()) > 5


def _without(name: str) -> list[str]:
    return [other for other in Augmentation.model_fields if other not in (name, "contrast")]


def _only(name: str) -> dict[str, Any]:
    chances = {
        key: 1.0 for key in (f"{name}_chance", "far_chance") if key in Augmentation.model_fields and key != "far_chance"
    }
    return {"contrast": (-0.35, 0.3) if name == "contrast" else (0.0, 0.0), **chances}


def test_recipes_rise_and_fall() -> None:
    stage = Stage(size_px=64, epochs=4, rate=1.0, last=0.1, warm_epochs=1)
    rates = [stage.rate_at(step / 8, 1 / 8) for step in range(32)]
    assert rates[0] == pytest.approx(1 / 8, abs=0.01)
    assert max(rates) == rates[7]
    assert rates[-1] == pytest.approx(0.1, abs=0.01)
    cut = stage.model_copy(update={"cosine_epochs": 8})
    assert cut.rate_at(4) == pytest.approx(0.55)


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_of_the_project_is_one(path: Path) -> None:
    recipe = read_recipe(path)
    assert recipe.name == path.stem
    short = recipe.lasting(1)
    assert (short.epochs, short.stages[0].size_px) == (1, recipe.stages[-1].size_px)
    assert recipe.lasting(recipe.epochs) == recipe


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('name = "x"\nnetwork = "vgg"\nstages = []', "no usable recipe: network"),
        ("name = ", "cannot be read"),
        ('colour = "red"', "no usable recipe"),
    ],
)
def test_an_unusable_recipe_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(BadConfiguration, match=sentence):
        read_recipe(tmp_path / "mine.toml")
    with pytest.raises(SourceNotFound, match="no recipe"):
        read_recipe(tmp_path / "none.toml")


def test_a_recipe_file_from_the_command_line(tiny: Path, tmp_path: Path) -> None:
    """A teacher of two epochs, its answers, and a student that learns from them and is handed on to Keras."""
    from typer.testing import CliRunner

    from models.cli.train import app
    from models.training.saved import load_network

    stages = "batch = 32\nstages = [{ size_px = 32, epochs = 1, rate = 1e-3 }]\n"
    for name, network in (("teacher", "mobilefacenet"), ("student", "mobilenet")):
        (tmp_path / f"{name}.toml").write_text(f'name = "{name}"\nnetwork = "{network}"\n{stages}')

    def command(name: str, *more: object) -> Any:
        words = [tmp_path / f"{name}.toml", "--data", tiny, "--out", tmp_path / name, *more]
        return CliRunner().invoke(app, [str(word) for word in words])

    taught = command("teacher")
    assert taught.exit_code == 0, taught.output
    assert "images/s" in taught.output
    assert "min left" in taught.output
    assert "70 faces; 0 that stand in validation or test too were left out." in taught.output
    answers = tmp_path / "teacher" / "answers.npz"
    student = command("student", "--teacher", answers)
    assert student.exit_code == 0, student.output
    for name in ("emotion", "emotion-ferplus", "emotion-both"):
        model = load_network(tmp_path / "student" / name / "best.keras")
        assert model.input_shape == (None, 32, 32, 1)
    recipe = json.loads((tmp_path / "student" / "emotion-both" / "recipe.json").read_text())
    assert recipe["name"] == "student"
    assert set(recipe["joined"]) == {"weight", "temperature"}
    facts = json.loads((tmp_path / "student" / "configuration.json").read_text())
    assert list(facts["files"]["teachers"]) == ["answers.npz"]
    assert command("student").exit_code == 2, "the folder holds a run"
    refused = command("student", "--tensorboard")
    assert refused.exit_code == 2
    assert "Leave out" in refused.output


def test_the_mean_with_the_beginning_is_handed_on(
    tiny: Path, straight: tuple[Path, list[Epoch]], tmp_path: Path
) -> None:
    from typer.testing import CliRunner

    from models.cli.train import app

    (tmp_path / "tuned.toml").write_text(
        'name = "tuned"\nnetwork = "mobilenet"\nbeginning_share = 0.25\nbatch = 32\n'
        "stages = [{ size_px = 32, epochs = 1, rate = 1e-3 }]\n"
    )
    words = [str(tmp_path / "tuned.toml"), "--data", str(tiny), "--out", str(tmp_path / "out")]
    refused = CliRunner().invoke(app, words)
    assert refused.exit_code == 2
    assert "Give --init." in refused.output
    done = CliRunner().invoke(app, [*words, "--init", str(straight[0] / "best.npz")])
    assert done.exit_code == 0, done.output
    assert "With 0.25 of the beginning in it: validation " in done.output
    before, after = weights(straight[0]), weights(tmp_path / "out")
    with np.load(tmp_path / "out" / "mean.npz") as mean:
        for name in mean.files:
            assert mean[name] == pytest.approx(0.25 * before[name] + 0.75 * after[name], abs=1e-4)
    joined = json.loads((tmp_path / "out" / "joined.json").read_text())
    assert json.loads((tmp_path / "out" / "emotion-both" / "recipe.json").read_text())["joined"] == joined


def test_a_recipe_file_without_pytorch_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from models.torch.library import need_torch

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(BadConfiguration, match="needs torch, which is not installed"):
        need_torch()
