"""edge-doctor: everything here that a run needs, or what to do."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.marks import needs_mediapipe

from .conftest import Ask

CHECKS = ["model emotion-both", "model expressiveness", "interpreters", "face detector", "face mesh"]


def findings(ask: Ask, code: int, *words: object) -> dict[str, dict[str, object]]:
    result = ask("edge-doctor", "--format", "json", *words)
    assert result.exit_code == code, result.output
    return {found["check"]: found for found in json.loads(result.stdout)}


def test_a_sound_installation_is_reported_sound(ask: Ask) -> None:
    found = findings(ask, 0)
    assert list(found)[:5] == CHECKS
    assert list(found)[-3:] == ["journal", "disk", "clock"]
    assert any(check.startswith("camera") for check in found)
    assert all(one["ok"] for one in found.values() if one["essential"])
    assert all(list(one) == ["check", "ok", "found", "fix", "essential"] for one in found.values())
    assert found["face detector"]["found"] == "near and far; run in litert"
    assert re.fullmatch(r"litert; tflite-runtime runs with numpy 1 only, .*", str(found["interpreters"]["found"]))


def test_text_is_a_line_a_check(ask: Ask) -> None:
    result = ask("edge-doctor")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert all(re.match(r"(ok  |note|FAIL)  [a-z/]", line) for line in lines)
    assert lines[0].startswith("ok    model emotion-both: version 2, ")


def test_examining_leaves_nothing_behind(ask: Ask, home: Path) -> None:
    ask("edge-doctor")
    assert list(home.rglob("*")) == []


def test_a_broken_model_is_essential(ask: Ask, home: Path, shipped: Path) -> None:
    shutil.copytree(shipped, home / "models")
    (home / "models" / "emotion-both.tflite").write_bytes(b"\0")
    found = findings(ask, 1, "--models", home / "models")
    assert not found["model emotion-both"]["ok"]
    assert "is not the model its card describes" in str(found["model emotion-both"]["found"])
    assert found["model emotion-both"]["fix"]
    assert found["model expressiveness"]["ok"]
    text = ask("edge-doctor", "--models", home / "models")
    assert text.exit_code == 1
    assert text.stdout.startswith("FAIL  model emotion-both: ")


def test_a_broken_file_of_the_mesh_is_essential(
    ask: Ask, home: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(shipped / "mediapipe", home / "mediapipe")
    (home / "mediapipe" / "face-mesh.tflite").write_bytes(b"\0")
    monkeypatch.setattr("edge.vision.mediapipe_network.shipped_models", lambda: home)
    found = findings(ask, 1)
    assert found["face detector"]["ok"]
    assert "face-mesh.tflite is not the model its card describes" in str(found["face mesh"]["found"])
    assert found["face mesh"]["fix"]


@pytest.mark.parametrize("place", ["folder", "file/journal.sqlite"])
def test_a_journal_that_cannot_be_written_is_essential(ask: Ask, home: Path, place: str) -> None:
    (home / "folder").mkdir()
    (home / "file").touch()
    found = findings(ask, 1, "--journal", place)
    assert not found["journal"]["ok"]
    assert place in str(found["journal"]["found"])
    assert "--journal" in str(found["journal"]["fix"])


@needs_mediapipe
def test_mediapipes_own_package_is_examined_where_it_runs_the_detector(ask: Ask) -> None:
    found = findings(ask, 0, "--detector-runtime", "mediapipe")["face detector"]
    assert found["found"] == "near and far; run in mediapipe 0.10.18"
