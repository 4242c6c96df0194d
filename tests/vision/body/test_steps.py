"""The steps around the pose's networks, against values worked out by hand; and where the networks come from."""

from importlib.machinery import ModuleSpec
from math import pi
from pathlib import Path

import numpy as np
import pytest

from edge.core.errors import BadModel
from edge.vision import mediapipe_network
from edge.vision.body.detector import BodyDetector, region_of_body
from edge.vision.body.heatmap import refined


@pytest.mark.parametrize(("reach", "roll_rad"), [((100, 60), 0), ((140, 100), pi / 2), ((60, 100), -pi / 2)])
def test_the_region_stands_on_the_hips_and_reaches_over_the_head(reach: tuple[float, float], roll_rad: float) -> None:
    region = region_of_body((100.0, 100.0), reach)
    assert (region.centre_x, region.centre_y, region.side) == (100, 100, 100)
    assert region.roll_rad == pytest.approx(roll_rad)


def test_a_point_moves_to_the_warm_cells_around_it() -> None:
    heat = np.full((10, 20, 3), -50.0, np.float32)
    heat[4, 8, 0] = heat[4, 10, 0] = 3.0  # the mean of two cells
    heat[4, 14, 1] = 9.0  # too far away from its point
    heat[4, 8, 2] = -0.1  # not warm enough
    points = np.array([[0.47, 0.45]] * 3, np.float32)  # cell 9 in row 4
    found = refined(points, heat)
    assert found[0] == pytest.approx([9 / 20, 4 / 10])
    assert found[1:].tolist() == points[1:].tolist()


def test_a_point_outside_its_map_stays() -> None:
    points = np.array([[1.2, 0.5], [0.5, -0.4]], np.float32)
    assert np.array_equal(refined(points, np.full((8, 8, 2), 9, np.float32)), points)


def test_at_the_border_the_mean_is_that_of_the_cells_inside() -> None:
    heat = np.full((8, 8, 1), 9, np.float32)
    assert refined(np.array([[0.01, 0.99]], np.float32), heat)[0] == pytest.approx([1.5 / 8, 5.5 / 8])


def test_without_the_package_a_sentence_says_where_the_networks_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mediapipe_network, "find_spec", lambda _: None)
    with pytest.raises(BadModel, match=r"body-detection is in the package mediapipe 0\.10\.18, which is not installed"):
        BodyDetector()


def test_another_file_in_the_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "modules/pose_detection").mkdir(parents=True)
    (tmp_path / "modules/pose_detection/pose_detection.tflite").write_bytes(b"another")
    package = ModuleSpec("mediapipe", None, is_package=True)
    package.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(mediapipe_network, "find_spec", lambda _: package)
    with pytest.raises(BadModel, match="is not the model its card describes"):
        BodyDetector()
