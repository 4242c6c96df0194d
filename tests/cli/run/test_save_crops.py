"""`--save-crops`: the one switch that writes pictures says so, keeps them private, and a service refuses it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.cli.conftest import Ask

BRIEF = ("--source", "demo:fast", "--duration", "0.2", "--quiet")


@pytest.fixture(autouse=True)
def open_to_all() -> Iterator[None]:
    """A umask that hides nothing."""
    former = os.umask(0)
    yield
    os.umask(former)


def test_every_face_that_is_read_is_written_for_this_user_alone(ask: Ask, home: Path) -> None:
    result = ask("edge-run", *BRIEF, "--save-crops", "crops")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "WRITING PICTURES of every face that is read to crops.\n"
    crops = sorted((home / "crops").iterdir())
    assert [crop.name for crop in crops] == [f"{number:06}.png" for number in range(1, 6)]
    assert {np.asarray(cv2.imread(str(crop), cv2.IMREAD_UNCHANGED)).shape for crop in crops} == {(48, 48)}
    assert stat.S_IMODE((home / "crops").stat().st_mode) == 0o700
    assert {stat.S_IMODE(crop.stat().st_mode) for crop in crops} == {0o600}
    before = crops[0].read_bytes()
    ask("edge-run", *BRIEF, "--save-crops", "crops")
    assert len([*(home / "crops").iterdir()]) == 10
    assert crops[0].read_bytes() == before


def test_without_it_nothing_is_written_or_said(ask: Ask, home: Path) -> None:
    assert ask("edge-run", *BRIEF).output == ""
    assert not [*home.rglob("*.png")]


def test_a_face_that_is_not_read_is_not_written(ask: Ask, home: Path) -> None:
    (home / "edge.toml").write_text("smallest_face = 4000\n")
    ask("edge-run", *BRIEF, "--save-crops", "crops", "--config", "edge.toml")
    assert not [*(home / "crops").iterdir()]


@pytest.mark.parametrize("given_by", ["flag", "file"])
@pytest.mark.parametrize("who", ["a service", "systemd", "with consent"])
def test_a_service_and_a_run_with_consent_refuse_it(
    ask: Ask, home: Path, monkeypatch: pytest.MonkeyPatch, given_by: str, who: str
) -> None:
    (home / "edge.toml").write_text("save_crops = 'crops'\n" if given_by == "file" else "")
    words = ["--save-crops", "crops"] if given_by == "flag" else []
    words += {"a service": ["--service"], "systemd": [], "with consent": ["--require-consent"]}[who]
    if who == "systemd":
        monkeypatch.setenv("NOTIFY_SOCKET", str(home / "manager"))
    result = ask("edge-run", *BRIEF, "--config", "edge.toml", *words)
    assert result.exit_code == 78
    assert "keeps no pictures, and the configuration says save_crops" in result.stderr
    assert not (home / "crops").exists()
    assert not (home / "state").exists()


def test_a_folder_into_which_others_look_is_refused(ask: Ask, home: Path) -> None:
    (home / "crops").mkdir(0o755)
    result = ask("edge-run", *BRIEF, "--save-crops", "crops")
    assert result.exit_code == 78
    assert "Others may look into crops" in result.stderr
    assert not [*(home / "crops").iterdir()]


def test_a_link_is_not_followed(ask: Ask, home: Path) -> None:
    (home / "elsewhere").mkdir(0o700)
    (home / "crops").symlink_to(home / "elsewhere")
    assert ask("edge-run", *BRIEF, "--save-crops", "crops").exit_code == 78
    assert not [*(home / "elsewhere").iterdir()]


def test_a_file_in_its_place_is_said(ask: Ask, home: Path) -> None:
    (home / "crops").write_text("")
    result = ask("edge-run", *BRIEF, "--save-crops", "crops")
    assert result.exit_code == 74
    assert "crops" in result.stderr
