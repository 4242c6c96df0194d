"""edge-bench: times of every stage, on real frames."""

import json
from pathlib import Path

import cv2
import pytest

from edge.config import Config
from edge.core.errors import UsageError
from edge.report.figures import bench_text
from edge.sources.recorded.demo import picture

from .conftest import Ask

STAGES = ("decode", "loop", "detect", "read", "bare_detect", "crop", "emotion", "bare_emotion", "expressiveness")


def test_every_figure_is_there_as_json_and_as_text(ask: Ask, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "faces").mkdir()
    for index in range(12):  # fewer than required: they are read again
        cv2.imwrite(str(home / "faces" / f"{index}.png"), picture(150 + index)[..., ::-1])
    result = ask("edge-bench", "--source", "faces", "--frames", 20, "--max-fps", 100, "--format", "json")
    assert result.exit_code == 0, result.stderr
    figures = json.loads(result.stdout)
    assert list(figures) == [
        "source",
        "backend",
        "threads",
        "machine",
        "frames",
        "frames_per_s",
        "frames_per_s_decoded",
        "stages_ms",
        "loop_to_bare",
        "decoded_to_bare",
        "cold_start_s",
        "peak_memory_mb",
        "decoder_memory_mb",
        "max_fps",
        "cpu_share",
        "decoder_cpu_share",
    ]
    assert (figures["source"], figures["backend"], figures["threads"], figures["frames"]) == (
        "faces",
        "litert",
        1,
        20,
    )
    assert set(figures["stages_ms"]) == {*STAGES, "bare_expressiveness"}
    for times in figures["stages_ms"].values():
        assert 0 < times["median"] <= times["p95"] <= times["p99"]
    assert figures["stages_ms"]["loop"]["median"] > figures["stages_ms"]["crop"]["median"]
    assert figures["frames_per_s"] > figures["frames_per_s_decoded"] > 1
    assert 0.5 < figures["loop_to_bare"] < figures["decoded_to_bare"]
    loop, detect, read = (figures["stages_ms"][stage]["median"] for stage in ("loop", "detect", "read"))
    assert max(detect, read) < loop
    assert 0.1 < figures["cold_start_s"] < 60
    assert 50 < figures["peak_memory_mb"] < 400
    assert 0 < figures["decoder_memory_mb"] < 200
    assert 0 < figures["cpu_share"] < 3
    assert 0 < figures["decoder_cpu_share"] < 3
    assert figures["machine"]["cores"] >= 1
    bench_text(figures)
    text = capsys.readouterr().out
    for stage in STAGES:
        assert stage.replace("_", " ") in text
    assert "frames/s, decoding apart; " in text
    assert " MB to decode." in text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--source", "nowhere.mp4"), 66, "does not exist"),
        (("--camera", "97"), 69, "/dev/video97 does not exist"),
    ],
)
def test_what_cannot_be_measured_is_said_as_a_run_says_it(
    ask: Ask, words: tuple[str, ...], code: int, said: str
) -> None:
    result = ask("edge-bench", *words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_without_a_source_the_demo_is_measured(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def bench(settings: Config, frames: int) -> None:
        raise UsageError(f"{settings.source} was to be read {frames} times.", fix="Nothing.")

    monkeypatch.setattr("edge.checks.bench.bench", bench)
    assert "demo:fast was to be read 500 times" in ask("edge-bench").stderr


def test_no_camera_is_opened_to_measure_where_consent_is_required(
    ask: Ask, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.sources.live.camera.cv2.VideoCapture", lambda *_: pytest.fail("it was opened"))
    (home / "edge.toml").write_text("require_consent = true\n")
    refused = ask("edge-bench", "--camera", 0, "--config", "edge.toml")
    assert (refused.exit_code, "the settings require consent" in refused.stderr) == (77, True)
    monkeypatch.setenv("EDGE_REQUIRE_CONSENT", "true")
    assert ask("edge-bench", "--camera", 0).exit_code == 77
