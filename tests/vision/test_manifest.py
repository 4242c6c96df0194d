"""What was shipped is known by its hashes; other networks are named as such wherever they were used."""

import json
import os
from functools import partial
from pathlib import Path

import pytest

from edge.checks.doctor import examine
from edge.config import Config
from edge.core.errors import BadModel
from edge.vision import manifest
from edge.vision.card import card_in_form, load_card
from edge.vision.expression import ExpressionReader
from edge.vision.mediapipe_network import MediaPipeCard
from tests.privacy.commands import invoke

from .conftest import recard, replace_model


@pytest.fixture
def installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped models in the place of the installed ones."""
    monkeypatch.setattr(manifest, "shipped_models", lambda: folder)
    return folder


def test_the_hashes_are_those_of_the_files(shipped: Path) -> None:
    kept = Path(manifest.__file__).with_name("shipped.sha256").read_text()
    assert kept == manifest.made_anew(shipped), "python -m edge.vision.manifest"
    assert len(kept.splitlines()) >= 14


def test_a_card_and_a_network_that_match_only_each_other_were_not_shipped(installed: Path) -> None:
    ExpressionReader(installed)
    replace_model(installed, "expressiveness", b"another network")
    with pytest.raises(BadModel, match=r"expressiveness\.json is not the one that was shipped"):
        ExpressionReader(installed)
    replace_model(installed, "expressiveness", b"another network")
    with pytest.raises(BadModel, match="is not the one that was shipped"):
        ExpressionReader(installed)


def test_a_card_of_other_figures_was_not_shipped(installed: Path) -> None:
    recard(installed, "expressiveness", lambda card: card["score"]["slopes"].update(reserved_inner=9.0))
    with pytest.raises(BadModel, match="is not the one that was shipped"):
        load_card(installed / "expressiveness.json")
    (installed / "mediapipe" / "face-detection-near.json").write_text("{}")
    with pytest.raises(BadModel, match="is not the one that was shipped"):
        card_in_form(MediaPipeCard, installed / "mediapipe" / "face-detection-near.json")


def test_one_that_was_never_shipped_is_none(installed: Path) -> None:
    (installed / "emotion.json").rename(installed / "mine.json")
    with pytest.raises(BadModel, match="belongs into another folder, for --models"):
        load_card(installed / "mine.json")


@pytest.mark.parametrize("mode", [0o775, 0o777, 0o1777])
def test_a_folder_that_others_can_write_is_refused(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    with pytest.raises(BadModel, match="Other users may write to the folder"):
        ExpressionReader(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make what another user owns")
def test_another_users_folder_is_refused(folder: Path) -> None:
    os.chown(folder, 65534, 65534)
    with pytest.raises(BadModel, match="belongs to another user"):
        ExpressionReader(folder)


@pytest.mark.usefixtures("unconfined")
def test_doctor_session_and_report_name_what_was_not_shipped(folder: Path, tmp_path: Path) -> None:
    from edge.cli import run
    from edge.cli.journals import report

    watch = partial(invoke, run.app, "--source", "demo:fast", "--duration", 1, "--quiet", "--journal", tmp_path / "j")
    watch("--session", "own", "--models", folder)
    watch("--session", "usual")
    own, usual = json.loads(invoke(report.app, tmp_path / "j", "--format", "json").stdout)["sessions"]
    assert own["software"].endswith(", models not shipped")
    assert "shipped" not in usual["software"]
    assert invoke(report.app, tmp_path / "j").stdout.count("not shipped") == 1
    for models, named in ((folder, "as its card says, not shipped"), (None, "as it was shipped")):
        found = {finding.check: finding.found for finding in examine(Config(models=models), tmp_path / "j")}
        assert named in found["model expressiveness"]
