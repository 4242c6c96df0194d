"""The settings of a run: flags before the file, the file before the defaults, and everything checked."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from edge.cli.config import app as config_app
from edge.config import Config, load_config
from edge.core.errors import BadConfiguration, UsageError
from edge.vision.detection.model import DetectorModel
from edge.vision.interpreters import Backend


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "edge.toml"


def test_without_a_file_and_flags_there_are_defaults() -> None:
    config = load_config(None, {})
    assert config == Config()
    assert (config.window, config.threads, config.backend, config.duration) == (10.0, 1, Backend.AUTO, None)


def test_every_key_can_stand_in_the_file(toml: Path) -> None:
    lines = {
        "source": "'clip.mp4'",
        "duration": "60",
        "window": "5.5",
        "session": "'visit-3'",
        "purpose": "'research'",
        "require_consent": "true",
        "notices": "'/etc/edge/notices'",
        "journal": "'/var/lib/edge/journal.sqlite'",
        "jsonl": "'-'",
        "retention_days": "0.5",
        "seal_to": "['age1one', 'recipients']",
        "save_crops": "'crops'",
        "models": "'/opt/models'",
        "backend": "'tflite-runtime'",
        "threads": "2",
        "max_fps": "15",
        "camera_size": "'1280x720'",
        "camera_fps": "30",
        "camera_format": "'MJPG'",
        "preview": "true",
        "quiet": "true",
        "service": "true",
        "log_level": "'info'",
        "detector": "'far'",
        "detector_runtime": "'mediapipe'",
        "detect_every": "2",
        "face_confidence": "0.7",
        "smoothing": "0",
        "sure_from": "0.5",
        "smallest_face": "50",
        "darkest_face": "20",
        "sharpness": "90",
        "most_turned": "0.4",
    }
    assert lines.keys() < Config.model_fields.keys()
    toml.write_text("\n".join(f"{key} = {value}" for key, value in lines.items()))
    config = load_config(toml, {})
    assert (config.backend, config.detector) == (Backend.TFLITE_RUNTIME, DetectorModel.FAR)
    assert config.models == Path("/opt/models")
    assert (config.limits.smallest_px, config.limits.darkest) == (50, 20)
    assert (config.limits.sharpness, config.limits.turned) == (90, 0.4)
    changed = config.model_dump(exclude={"camera"}).items() - Config().model_dump(exclude={"camera"}).items()
    assert len(changed) == len(lines)


def test_a_flag_wins_over_the_file_and_the_file_over_the_default(toml: Path) -> None:
    toml.write_text("window = 5\nthreads = 2\n")
    config = load_config(toml, {"window": 3.0, "threads": None, "max_fps": None})
    assert (config.window, config.threads, config.max_fps) == (3.0, 2, None)


@pytest.mark.parametrize("flag", [{"camera": "1"}, {"source": "demo"}])
def test_a_source_among_the_flags_replaces_the_files(toml: Path, flag: dict[str, Any]) -> None:
    toml.write_text("camera = '0'\nwindow = 4\n")
    config = load_config(toml, flag)
    assert (config.camera, config.source) == (flag.get("camera"), flag.get("source"))
    assert config.window == 4


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90", 90),
        ("'90'", 90),
        ("'1.5s'", 1.5),
        ("'10m'", 600),
        ("'2H'", 7200),
        ("'1:30'", 90),
        ("'1:02:03.5'", 3723.5),
    ],
)
def test_a_time_may_be_written_as_people_write_it(toml: Path, written: str, seconds: float) -> None:
    toml.write_text(f"duration = {written}\n")
    assert load_config(toml, {}).duration == seconds


def test_a_key_may_be_written_as_its_flag(toml: Path) -> None:
    toml.write_text("max-fps = 15\n")
    assert load_config(toml, {}).max_fps == 15


def test_the_environment_wins_over_the_file_and_a_flag_over_both(toml: Path) -> None:
    toml.write_text("window = 5\nthreads = 2\ncamera = 0\n")
    environ = {"EDGE_WINDOW": "1:30", "EDGE_THREADS": "3", "EDGE_QUIET": "true", "EDGE_SOURCE": "demo", "EDGE_X": "1"}
    config = load_config(toml, {"threads": 4}, environ)
    assert (config.window, config.threads, config.quiet) == (90, 4, True)
    assert (config.camera, config.source) == (None, "demo")
    assert load_config(toml, {"camera": "1"}, {"EDGE_SOURCE": "demo", "EDGE_WINDOW": ""}).camera == "1"
    with pytest.raises(BadConfiguration, match=r"EDGE_WINDOW: window: 'long' is no duration.*Correct that variable"):
        load_config(toml, {}, {"EDGE_WINDOW": "long"})


def test_a_misspelt_setting_is_answered_with_the_nearest(toml: Path) -> None:
    toml.write_text("session = 'a'\nwimdow = 5\n")
    with pytest.raises(BadConfiguration, match=r"line 2: there is no setting wimdow\. Did you mean window\?$"):
        load_config(toml, {})
    with pytest.raises(UsageError, match=r"There is no setting smothing\. Did you mean smoothing\?$"):
        load_config(None, {"smothing": 1})


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("'2026-03-01'", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("'2026-03-01 09:30'", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("'2026-03-01T09:30:15+01:00'", datetime(2026, 3, 1, 8, 30, 15, tzinfo=UTC)),
        ("2026-03-01T09:30:15-05:00", datetime(2026, 3, 1, 14, 30, 15, tzinfo=UTC)),
    ],
)
def test_a_date_is_utc_unless_it_names_another_zone(toml: Path, written: str, utc: datetime) -> None:
    toml.write_text(f"recorded_at = {written}\n")
    assert load_config(toml, {}).recorded_at == utc


@pytest.mark.parametrize("written", ["0", "'0'"])
def test_a_camera_may_be_written_as_a_number(toml: Path, written: str) -> None:
    toml.write_text(f"camera = {written}\n")
    assert load_config(toml, {}).camera == "0"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wimdow = 5", "edge.toml, line 1: there is no setting wimdow"),
        ("window = 'long'", "window: 'long' is no duration"),
        ("recorded_at = 'monday'", "recorded_at: 'monday' is no date; write 2026-03-01 09:30"),
        ("recorded_at = 1772355600", "recorded_at: it is no date"),
        ("window = 0", "window: Input should be greater than 0"),
        ("window = nan", "window: "),
        ("window = inf", "window: "),
        ("threads = 1.5", "threads: "),
        ("threads = 0", "threads: Input should be greater than or equal to 1"),
        ("max_fps = -1", "max_fps: "),
        ("face_confidence = 1.2", "face_confidence: Input should be less than or equal to 1"),
        ("backend = 'onnx'", "backend: Input should be 'auto', 'litert' or 'tflite-runtime'"),
        ("preview = 'perhaps'", "preview: "),
        ("camera = true", "camera: "),
        ("camera = '0'\nsource = 'demo'", "Camera and source are both given"),
        ("\n[edge]\nwindow = 5", "line 2: there is no setting edge"),
        ("jsonl = '''\nwindow = 0'''\n# window = 1\n  'window' = 0", "line 4: window: "),
        ("max-fps = 5\nmax_fps = 6", "line 2: max_fps is given twice, as max_fps too"),
        ("max-fsp = 5", "line 1: there is no setting max_fsp"),
        ("#" * 70_000, "is larger than 64 KiB"),
        ("window 5", "is no TOML"),
        ('journal = "a\\u0000b"', "journal: holds a NUL character"),
        ("window = 5\nwindow = 6", "is no TOML"),
    ],
)
def test_a_file_that_says_something_unusable_is_refused_by_name(toml: Path, text: str, said: str) -> None:
    toml.write_text(text)
    with pytest.raises(BadConfiguration) as raised:
        load_config(toml, {})
    assert raised.value.exit_code == 78
    assert str(toml) in raised.value.happened
    assert said in raised.value.happened


def test_a_file_that_is_not_there_or_no_text_is_bad_configuration(toml: Path, tmp_path: Path) -> None:
    for file, said in ((toml, "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(BadConfiguration, match=said):
            load_config(file, {})
    toml.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadConfiguration, match="is no TOML"):
        load_config(toml, {})


def test_a_bad_line_is_the_files_fault_even_where_a_flag_covers_it(toml: Path) -> None:
    toml.write_text("window = -3")
    with pytest.raises(BadConfiguration, match="window"):
        load_config(toml, {"window": 5.0})


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"camera": "0", "source": "demo"}, "Camera and source are both given"),
        ({"window": 0.0}, "window: "),
        ({"duration": -1.0}, "duration: "),
        ({"duration": "10x"}, "duration: '10x' is no duration; write 90, 10m or 1:30."),
        ({"window": "1:2:3:4:5x"}, "window: "),
        ({"threads": 99}, "threads: "),
        ({"max_fps": float("inf")}, "max_fps: "),
        ({"unheard_of": 1}, "There is no setting unheard_of."),
    ],
)
def test_a_flag_that_cannot_be_is_a_matter_of_usage(toml: Path, flags: dict[str, Any], said: str) -> None:
    toml.write_text("quiet = true")
    for file in (None, toml):
        with pytest.raises(UsageError) as raised:
            load_config(file, flags)
        assert raised.value.exit_code == 2
        assert said in raised.value.happened


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().window = 3


class TestOneCamerasFile:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        file = tmp_path / "edge.toml"
        file.write_text("window = 10\nretention_days = 90\n")
        (tmp_path / "edge@1.toml").write_text("retention_days = 7\njsonl = 'one.jsonl'\n")
        return file

    @pytest.mark.parametrize(
        ("flags", "days"),
        [
            ({"camera": "1"}, 7),
            ({"journal": Path("/var/lib/edge/1/journal.sqlite")}, 7),
            ({"camera": "0"}, 90),
            ({"camera": "../1"}, 90),
            ({}, 90),
        ],
    )
    def test_it_lies_over_the_file_of_all(self, file: Path, flags: dict[str, object], days: int) -> None:
        config = load_config(file, flags)
        assert (config.window, config.retention_days) == (10, days)

    def test_a_flag_lies_over_it(self, file: Path) -> None:
        assert load_config(file, {"camera": "1", "retention_days": 3}).retention_days == 3

    def test_a_problem_in_it_names_it_with_its_line(self, file: Path) -> None:
        (file.parent / "edge@1.toml").write_text("# of camera 1\nretention_day = 7\n")
        with pytest.raises(BadConfiguration, match=r"edge@1\.toml, line 2: there is no setting retention_day"):
            load_config(file, {"camera": "1"})
        assert load_config(file, {"camera": "0"}).retention_days == 90

    def test_a_check_before_a_restart_looks_at_all_of_them(self, file: Path) -> None:
        sound = CliRunner().invoke(config_app, ["check", str(file)])
        assert (sound.exit_code, sound.output.count("all of them usable")) == (0, 2)
        (file.parent / "edge@pi.toml").write_text("window = -1\n")
        broken = CliRunner().invoke(config_app, ["check", str(file)])
        assert broken.exit_code == 78
        assert "edge@pi.toml, line 1: window" in broken.output
