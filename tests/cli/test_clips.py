"""Recordings of real people, and of empty rooms."""

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Ask


def watched(ask: Ask, clip: Path, *more: object) -> list[dict[str, Any]]:
    result = ask("edge-run", "--source", clip, "--quiet", "--jsonl", "-", *more)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def there(summary: dict[str, Any]) -> float:
    """The share of time with a face, readable or not."""
    unreadable: dict[str, float] = summary["unreadable"]
    return 1 - unreadable["no_face"] - unreadable["no_frames"]


def test_a_clip_of_one_person_shows_a_face_all_the_time(ask: Ask, clips: Path) -> None:
    whole = watched(ask, clips / "single_face.mp4")[-1]
    assert there(whole) > 0.98
    assert whole["others_max"] == 0
    assert (whole["frames_read"], whole["frames_dropped"]) == (72, 0)
    assert whole["length_s"] == pytest.approx(2.4, abs=0.1)


def test_a_clip_without_faces_shows_almost_none(ask: Ask, clips: Path) -> None:
    whole = watched(ask, clips / "no_face.mp4")[-1]
    assert there(whole) < 0.05
    assert whole["readable_share"] < 0.02


def test_a_face_that_leaves_is_there_and_then_absent(ask: Ask, clips: Path) -> None:
    *windows, whole = watched(ask, clips / "face_noface.mov", "--window", 1)
    assert whole["kind"] == "session"
    assert [round(there(window), 1) for window in windows[:2]] == [1, 1]
    assert 0.1 < there(windows[2]) < 0.9
    assert all(there(window) < 0.2 for window in windows[3:])
    assert len(windows) == 7


def test_the_far_detector_reads_a_clip_too(ask: Ask, clips: Path) -> None:
    assert there(watched(ask, clips / "single_face.mp4", "--detector", "far")[-1]) > 0.9


def test_a_photograph_is_a_session_of_one_frame(ask: Ask, clips: Path) -> None:
    whole = watched(ask, clips / "single_face.jpg")[-1]
    assert (whole["frames_read"], there(whole)) == (1, 1)


def test_a_truncated_clip_is_read_as_far_as_it_goes_or_refused(ask: Ask, clips: Path, tmp_path: Path) -> None:
    for suffix, part in ((".mp4", 0.5), (".mov", 0.5)):
        clip = clips / ("single_face.mp4" if suffix == ".mp4" else "face_noface.mov")
        cut = tmp_path / f"cut{suffix}"
        content = clip.read_bytes()
        cut.write_bytes(content[: int(len(content) * part)])
        result = ask("edge-run", "--source", cut, "--quiet", "--jsonl", "-")
        if result.exit_code == 65:
            frames = json.loads(result.stdout.splitlines()[-1])["frames_read"]
            assert frames > 10
            assert result.stderr.startswith(f"Error: {cut.name} ends after {frames} of ")
        else:
            assert result.exit_code == 66
            assert result.stderr.startswith(f"Error: {cut} is not a video")
