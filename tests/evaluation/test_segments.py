"""Recordings with labelled segments: their table, their windows from features and from a video."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.core.errors import SourceNotFound
from edge.core.face.landmarks import ALL_FEATURES, FEATURES
from edge.core.face.sequence import Grid
from edge.evaluation.segments import Recordings, Segment, read_segments
from edge.sources.recorded.demo import picture

GRID = Grid(step_s=0.25, steps=4, stride=2)


def table(folder: Path, *rows: str, head: str = "file,person,start_s,end_s,stress,condition") -> Path:
    (folder / "segments.csv").write_text("\n".join([head, *rows]) + "\n")
    return folder


def test_a_label_is_a_number_or_a_condition(tmp_path: Path) -> None:
    table(tmp_path, "a.npz,p1,0,9,0.4,", "a.npz,p1,9,20,,Relax", "b.mp4,p2,0,5.5,,time pressure", "b.mp4,p2,5.5,6,,I")
    found = [(segment.person, segment.stress) for segment in read_segments(tmp_path)]
    assert found == [("p1", 0.4), ("p1", 0), ("p2", 1), ("p2", 1)]


@pytest.mark.parametrize(
    "row",
    ["a.npz,p1,0,9,1.4,", "a.npz,p1,9,9,1,", "a.npz,,0,9,1,", "../a.npz,p1,0,9,1,", "a.npz,p1,0,9,,happy", "a.npz,p1"],
)
def test_a_row_without_a_segment_is_named(row: str, tmp_path: Path) -> None:
    table(tmp_path, "a.npz,p1,0,9,1,", row)
    with pytest.raises(SourceNotFound, match=r"Line 3 of .*segments.csv describes no segment"):
        read_segments(tmp_path)
    with pytest.raises(SourceNotFound, match="has no row"):
        read_segments(table(tmp_path))


def test_windows_of_features_lie_within_their_segment(tmp_path: Path) -> None:
    ticks_s = np.arange(0, 4, 0.125)
    features = np.repeat(ticks_s[:, np.newaxis], FEATURES, axis=1).astype(np.float32)
    features[9] = np.nan
    np.savez(tmp_path / "a.npz", tick_s=ticks_s, features=features)
    with Recordings(tmp_path, GRID) as recordings:
        found = list(recordings.windows(Segment("a.npz", "p", 1.0, 3.0, 1.0)))
    assert [window.ended_s for window in found] == [2.0, 2.5, 3.0]
    assert found[0].rows[:, 0].tolist() == [1.0, 1.375, 1.625, 1.875], "the frame at 1.125 s has no mesh"
    with Recordings(tmp_path, GRID) as recordings, pytest.raises(SourceNotFound, match="holds no landmark features"):
        list(recordings.windows(Segment("none.npz", "p", 1.0, 3.0, 1.0)))


def test_features_of_the_body_behind_those_of_the_face_are_not_read(tmp_path: Path) -> None:
    features = np.full((16, ALL_FEATURES), 7.0, np.float16)
    features[:, FEATURES:] = np.nan
    np.savez(tmp_path / "a.npz", tick_s=np.arange(0, 4, 0.25), features=features)
    with Recordings(tmp_path, GRID) as recordings:
        found = list(recordings.windows(Segment("a.npz", "p", 0.0, 2.0, 1.0)))
    assert [window.rows.shape for window in found] == [(4, FEATURES)] * 3
    assert (found[0].rows == 7).all()


def test_windows_of_a_video_hold_the_features_of_its_meshes(tmp_path: Path) -> None:
    video = cv2.VideoWriter(str(tmp_path / "a.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 4, (640, 480))
    shown = cv2.cvtColor(picture(150), cv2.COLOR_RGB2BGR)
    for number in range(9):
        video.write(np.zeros_like(shown) if number == 5 else shown)
    video.release()
    with Recordings(tmp_path, GRID) as recordings:
        (found,) = recordings.windows(Segment("a.avi", "p", 1.0, 2.0, 0.0))
    assert found.ended_s == 2.0
    assert np.isnan(found.rows[:, 0]).tolist() == [False, True, False, False], "the picture at 1.25 s is black"
    assert np.abs(found.rows[0] - found.rows[3]).max() < 0.1
