"""One watcher a camera: the second is refused, and names the first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.core.errors import CannotWrite, DeviceUnavailable
from edge.sources.claim import lock_folder, sole_watcher
from edge.sources.live.camera import Camera
from edge.sources.live.picamera import PiCamera
from edge.sources.recorded.demo import DemoSource


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"STATE_DIRECTORY": f"{tmp_path}/state:{tmp_path}/state/0"}


@pytest.mark.parametrize("source", [Camera(Path("/dev/video7")), PiCamera(1)])
def test_a_second_watcher_is_refused_and_names_the_first(source: Camera | PiCamera, environ: dict[str, str]) -> None:
    with (
        sole_watcher(source, environ),
        pytest.raises(DeviceUnavailable, match=rf"is being watched by another edge-run \(process {os.getpid()}\)"),
        sole_watcher(source, environ),
    ):
        pytest.fail("two watch one camera")
    with sole_watcher(source, environ):
        pass


def test_a_camera_has_one_lock_whatever_it_is_called_and_others_have_their_own(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    (tmp_path / "video0").touch()
    (tmp_path / "by-id").symlink_to("video0")
    with sole_watcher(Camera(tmp_path / "by-id"), environ):
        with pytest.raises(DeviceUnavailable), sole_watcher(Camera(tmp_path / "video0"), environ):
            pass
        with sole_watcher(Camera(tmp_path / "video1"), environ), sole_watcher(PiCamera(), environ):
            pass


def test_a_killed_watchers_lock_is_free(tmp_path: Path, environ: dict[str, str]) -> None:
    ask = f"""if True:
        import os, signal
        from pathlib import Path
        from edge.sources.live.camera import Camera
        from edge.sources.claim import sole_watcher
        with sole_watcher(Camera(Path("/dev/video7")), {environ!r}):
            os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", ask], check=False)
    assert list(tmp_path.rglob("*.lock")), "it was held"
    with sole_watcher(Camera(Path("/dev/video7")), environ):
        pass


def test_sources_that_are_no_cameras_need_no_lock(tmp_path: Path, environ: dict[str, str]) -> None:
    with sole_watcher(DemoSource(), environ), sole_watcher(DemoSource(), environ):
        pass
    assert not list(tmp_path.rglob("*"))


def test_a_lock_is_no_way_into_other_files(tmp_path: Path, environ: dict[str, str]) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / "state" / "locks").mkdir(parents=True)
    (tmp_path / "state" / "locks" / "dev-video7.lock").symlink_to(precious)
    with pytest.raises(CannotWrite), sole_watcher(Camera(Path("/dev/video7")), environ):
        pass
    assert precious.read_text() == "mine"


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"STATE_DIRECTORY": "/var/lib/edge:/var/lib/edge/0"}, "/var/lib/edge/locks"),
        ({"XDG_RUNTIME_DIR": "/run/user/7", "XDG_STATE_HOME": "/s"}, "/run/user/7/edge/locks"),
        ({"XDG_STATE_HOME": "/s"}, "/s/edge/locks"),
        ({}, f"{Path.home()}/.local/state/edge/locks"),
    ],
)
def test_where_locks_lie(environ: dict[str, str], folder: str) -> None:
    assert lock_folder(environ) == Path(folder)
