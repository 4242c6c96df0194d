"""The library's front door, on real pictures."""

from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version
from inspect import signature
from itertools import repeat
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import edge
from edge import EMOTIONS, LEVELS, EdgeError, Reading, Unreadable, Watcher
from edge.config import Config
from edge.core.errors import BadModel, DeviceUnavailable, SourceNotFound, UsageError
from edge.core.face.preprocess import crop_of
from edge.core.gaps import Gap
from edge.core.summaries import Kind
from edge.sources.live.latest import newest_frames
from edge.sources.recorded.demo import picture
from edge.vision.card import shipped_models
from edge.vision.expression import ExpressionReader
from tests.fakes import LiveCamera


@pytest.fixture(scope="module")
def watcher() -> Iterator[Watcher]:
    with Watcher(sure_from=0.0) as opened:
        yield opened


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Half a second of the demo, smiling, as a folder."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(12):
        cv2.imwrite(str(folder / f"{index}.png"), picture(160 + index)[..., ::-1])
    return folder


def test_the_emotion_network_can_be_chosen(watcher: Watcher) -> None:
    readings = [watcher.read(picture(160))]
    for name in ("emotion-both", "emotion", "emotion-ferplus"):
        with Watcher(sure_from=0.0, emotion_model=name) as chosen:
            readings.append(chosen.read(picture(160)))
    assert all(isinstance(reading, Reading) for reading in readings)
    usual, *others = (reading.emotions for reading in readings if isinstance(reading, Reading))
    assert others[0] == usual
    assert len(set(others)) == 3


def test_with_flip_a_face_and_its_mirror_image_show_the_same_emotions() -> None:
    face = picture(160)[200:480, 190:470]
    face = np.ascontiguousarray(face + np.linspace(0, 40, face.shape[1], dtype=np.uint8)[:, np.newaxis] // 2)
    mirrored = np.ascontiguousarray(face[:, ::-1])
    crops = crop_of(face), crop_of(mirrored)
    readers = [ExpressionReader(shipped_models(), flip=flip) for flip in (False, True)]
    plain, flipped = ([reader(crop).emotions for crop in crops] for reader in readers)
    assert plain[0] != plain[1]
    assert flipped[0] == pytest.approx(flipped[1])
    assert flipped[0] == pytest.approx(np.mean(np.array(plain, float), axis=0))


@pytest.mark.parametrize("name", ["smile", "../shipped/emotion", "expressiveness"])
def test_what_is_no_emotion_network_is_refused(name: str) -> None:
    with pytest.raises(BadModel, match=name):
        Watcher(emotion_model=name)


def test_observations_follow_the_source(watcher: Watcher, pictures: Path) -> None:
    seen = list(watcher.observations(str(pictures)))
    assert [found.tick_s for found in seen] == [index / 25 for index in range(12)]
    assert all(found.participant is not None and found.others == 0 for found in seen)
    assert {found.reading.emotion for found in seen if found.reading} == {"happy"}


def test_summaries_are_windows_and_then_the_session(watcher: Watcher, pictures: Path, home: Path) -> None:
    summaries = list(watcher.summaries(str(pictures), window_s=0.2, session="visit"))
    assert [(one.kind, one.sequence) for one in summaries] == [
        (Kind.WINDOW, 0),
        (Kind.WINDOW, 1),
        (Kind.WINDOW, 2),
        (Kind.SESSION, 3),
    ]
    assert {one.session for one in summaries} == {"visit"}
    assert summaries[-1].frames_read == sum(one.frames_read for one in summaries[:-1]) == 12
    assert summaries[-1].readable_share == 1
    assert summaries[-1].emotions is not None
    assert summaries[-1].emotions["happy"] == 1


def test_one_picture_is_read(watcher: Watcher, demo_face: NDArray[np.uint8]) -> None:
    read = watcher.read(demo_face)
    assert isinstance(read, Reading)
    assert read.emotions is not None
    assert read.emotion == EMOTIONS[int(np.argmax(read.emotions))]
    assert read.confidence == read.levels[LEVELS.index(read.level)]
    assert watcher.read(demo_face) == read


def test_a_picture_that_cannot_be_read_says_why(watcher: Watcher, demo_face: NDArray[np.uint8]) -> None:
    assert watcher.read(picture(350)) is Unreadable.NO_FACE
    assert watcher.read((demo_face * 0.15).astype(np.uint8)) is Unreadable.TOO_DARK


def test_meshes_come_with_observations_where_they_are_wanted(pictures: Path) -> None:
    with Watcher(mesh=True, sure_from=0.0) as watcher:
        own, *_ = seen = [watcher.observe(picture(160)), *watcher.observations(str(pictures))]
        assert watcher.observe(picture(350)).mesh is None
    assert own.mesh is not None
    assert own.mesh.points.shape == (468, 3)
    assert abs(own.mesh.head.yaw_deg) < 3
    assert all(found.mesh is not None and found.mesh.smile > 0.45 for found in seen)
    with Watcher(mesh=True, most_turned_deg=0.1) as watcher:
        assert watcher.read(picture(160)) is Unreadable.TURNED_AWAY


def test_without_the_setting_no_mesh_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object) -> None:
        pytest.fail("the mesh's network was opened")

    monkeypatch.setattr("edge.vision.mesh.network.MeshNetwork.__init__", opened)
    with Watcher() as watcher:
        assert watcher.observe(picture(160)).mesh is None


def test_a_picture_in_opencvs_order_is_read_through_a_view(watcher: Watcher, demo_face: NDArray[np.uint8]) -> None:
    bgr = np.ascontiguousarray(demo_face[..., ::-1])
    assert watcher.read(bgr[..., ::-1]) == watcher.read(demo_face)


def test_reading_a_picture_leaves_a_running_observation_alone(watcher: Watcher, pictures: Path) -> None:
    alone = [found.reading for found in watcher.observations(str(pictures))]
    mixed = []
    for found in watcher.observations(str(pictures)):
        mixed.append(found.reading)
        watcher.read(picture(30))
    assert mixed == alone


def test_the_events_of_a_source_say_when_and_why_it_was_away(watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = DeviceUnavailable("Camera 7 was unplugged.", fix="Plug it in.", gap=Gap.CAMERA_LOST)
    monkeypatch.setattr("edge.watcher.chosen_source", lambda _: LiveCamera([(3, gone), (3, None)]))
    monkeypatch.setattr("edge.run.capture.backoff", lambda jitter: repeat(0.01))
    events = list(watcher.events("camera:7", session="visit"))
    away = [event for event in events if isinstance(event, edge.SourceAway)]
    assert {(event.gap, event.message) for event in away} == {(Gap.CAMERA_LOST, "Camera 7 was unplugged.")}
    order = [type(event).__name__ for event in events if not isinstance(event, edge.SourceAway)]
    assert order == ["SessionStarted", *["FrameRead"] * 6, "SessionEnding", "WindowClosed", "SessionEnded"]
    ended = events[-1]
    assert isinstance(ended, edge.SessionEnded)
    assert Gap.CAMERA_LOST in ended.summary.gaps


class HangingDevice:
    """Delivers one picture; the next read does not return before `returns` is set."""

    def __init__(self) -> None:
        self.returns, self.opened = Event(), 0
        self._pictures = iter([picture(160)])

    def open(self, closed: Event) -> "HangingDevice":
        self.opened += 1
        return self

    def read(self) -> NDArray[np.uint8]:
        for rgb in self._pictures:
            return rgb
        self.returns.wait(240)
        raise DeviceUnavailable("Camera 7 stopped.", fix="Plug it in.")

    def close(self) -> None:
        pass


def test_a_device_whose_driver_hangs_is_not_opened_again(watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    device = HangingDevice()
    camera = SimpleNamespace(
        name="camera 7", live=True, open=lambda stop, lease: newest_frames("camera 7", device.open, stop, lease)
    )
    monkeypatch.setattr("edge.watcher.chosen_source", lambda _: camera)
    observations = watcher.observations("camera:7")
    assert isinstance(observations, Generator)
    with closing(observations):
        next(observations)
    with pytest.raises(DeviceUnavailable, match="hangs in its driver"):
        next(watcher.observations("camera:7"))
    device.returns.set()
    assert device.opened == 1


def test_frames_of_the_callers_own_are_observed_one_after_another(
    watcher: Watcher, demo_face: NDArray[np.uint8], pictures: Path
) -> None:
    with Watcher(sure_from=0.0) as own:
        frames = [edge.Frame(picture(160 + index), index / 25, datetime(2026, 3, 1, tzinfo=UTC)) for index in range(12)]
        observed = [own.observe(frame) for frame in frames]
        known = list(watcher.observations(str(pictures)))
        assert [one.reading for one in observed] == [one.reading for one in known]
        assert own.observe(picture(350)).unreadable is Unreadable.NO_FACE
        with pytest.raises(UsageError, match="uint8 array"):
            own.observe(np.zeros((4, 4), np.uint8))


def test_the_keywords_of_a_watcher_are_the_settings() -> None:
    keywords = signature(Watcher).parameters
    assert keywords.keys() == Config.model_fields.keys()
    assert keywords["threads"].default == 1


def test_the_package_lists_its_names_and_says_its_version() -> None:
    assert {"Watcher", "Reading", "Frame", "SourceAway", "__version__"} <= set(dir(edge))
    assert all(getattr(edge, name) is not None for name in dir(edge))
    assert edge.__version__ == version("edge-expressiveness")


def test_stop_ends_what_runs() -> None:
    settings: dict[str, Any] = {"backend": "litert", "threads": 1}  # texts, as a file of settings has them
    with Watcher(**settings) as watcher:
        observations = watcher.observations("demo")
        next(observations)
        another = Thread(target=watcher.stop)
        another.start()
        another.join()
        assert list(observations) == []


def test_leaving_ends_what_runs() -> None:
    with Watcher() as watcher:
        running = watcher.observations("demo:fast")
        next(running)
    assert list(running) == []


def test_settings_that_bound_a_run_are_kept() -> None:
    with Watcher(duration=0.4) as watcher:
        assert len(list(watcher.observations("demo:fast"))) == 10


def test_the_source_that_is_named_is_the_one_that_is_watched(pictures: Path) -> None:
    with Watcher(camera="99") as watcher:
        assert len(list(watcher.observations(str(pictures)))) == 12
    with Watcher(source=str(pictures)) as watcher, pytest.raises(DeviceUnavailable, match="/dev/video99"):
        next(watcher.observations("camera:99"))


@pytest.mark.parametrize(
    ("settings", "error"),
    [({"loudness": 3}, UsageError), ({"threads": 0}, UsageError), ({"models": "/nowhere"}, BadModel)],
)
def test_a_setting_that_cannot_be_is_refused(settings: dict[str, Any], error: type[EdgeError]) -> None:
    with pytest.raises(error):
        Watcher(**settings)


def test_consent_that_would_not_be_asked_for_is_refused() -> None:
    with pytest.raises(UsageError, match=r"asks no person for consent\. Use edge-run or edge\.program\.run"):
        Watcher(require_consent=True)


def test_a_source_that_is_not_there_is_refused(watcher: Watcher) -> None:
    with pytest.raises(SourceNotFound, match="does not exist"):
        next(watcher.observations("nowhere.mp4"))
