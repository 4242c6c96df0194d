"""A camera's mode: read from settings, and compared with what the camera gives."""

import pytest

from edge.core.choices.camera_mode import AS_IT_IS, CameraMode
from edge.core.errors import UsageError

SET = CameraMode((1280, 720), 30.0, "MJPG")


def test_it_is_read_from_the_settings() -> None:
    assert CameraMode.of("1280x720", 30.0, "MJPG") == SET
    assert CameraMode.of(None, 15.0, "YUYV") == CameraMode(None, 15.0, "YUYV")
    assert CameraMode.of(None, None, None) == AS_IT_IS


@pytest.mark.parametrize("size", ["9x720", "1280x720p", "1280 x 720", "123456x720"])
def test_what_is_no_size_is_refused(size: str) -> None:
    with pytest.raises(UsageError):
        CameraMode.of(size, None, None)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (CameraMode((640, 480), 30.0, "MJPG"), "Cam gives 640x480 and not 1280x720, as was set."),
        (CameraMode((1280, 720), 31.5, "MJPG"), None),
        (CameraMode((1280, 720), 28.5, "MJPG"), None),
        (CameraMode((1280, 720), 31.6, "MJPG"), "Cam gives 31.6 frames/s and not 30 frames/s, as was set."),
        (CameraMode((1280, 720), 28.4, "MJPG"), "Cam gives 28.4 frames/s and not 30 frames/s, as was set."),
        (CameraMode((1280, 720), 30.0, "YUYV"), "Cam gives YUYV and not MJPG, as was set."),
        (
            CameraMode((640, 480), 10.0, "YUYV"),
            "Cam gives 640x480, 10 frames/s, YUYV and not 1280x720, 30 frames/s, MJPG, as was set.",
        ),
        (SET, None),
        (AS_IT_IS, None),  # it reports nothing
    ],
)
def test_a_camera_that_gives_something_else_is_described(given: CameraMode, sentence: str | None) -> None:
    assert SET.difference("Cam", given) == sentence


@pytest.mark.parametrize("given", [SET, AS_IT_IS])
def test_nothing_is_compared_where_nothing_was_set(given: CameraMode) -> None:
    assert AS_IT_IS.difference("Cam", given) is None
