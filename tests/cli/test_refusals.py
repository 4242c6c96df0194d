"""What a person can get wrong is said in one or two sentences, with an exit code, and never with a traceback."""

import csv
import json
import os
import re
import resource
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import Result

from edge.journal.file.location import default_journal
from edge.journal.store import Journal
from tests.sources.conftest import write_video

from .conftest import Ask, Run

DEMO = ("--source", "demo:fast", "--duration", "1")


def said(result: Result, code: int) -> str:
    """The one error line of a command that failed."""
    assert (result.exit_code, result.stdout) == (code, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert "Traceback" not in line
    assert line.endswith((".", "?"))
    return line


def test_nothing_named(ask: Ask) -> None:
    assert (
        said(ask("edge-run"), 2)
        == "Error: Nothing to watch was named. Give --camera 0, --source PATH or --source demo."
    )


def test_camera_and_source(ask: Ask) -> None:
    assert "Camera and source are both given" in said(ask("edge-run", "--camera", 0, "--source", "demo"), 2)


@pytest.mark.parametrize("words", [("--camera", "front door"), ("--camera", "-1"), ("--camera", "")])
def test_a_camera_that_is_none(ask: Ask, words: tuple[str, ...]) -> None:
    assert "There is no camera called" in said(ask("edge-run", *words), 2)


@pytest.mark.parametrize(
    "words",
    [("--window", "0"), ("--window", "nan"), ("--duration", "-1"), ("--threads", "0"), ("--max-fps", "0")],
)
def test_a_figure_that_cannot_be(ask: Ask, words: tuple[str, ...]) -> None:
    assert words[0].strip("-").replace("-", "_") in said(ask("edge-run", *DEMO, *words), 2)


@pytest.mark.parametrize(
    "words", [("--window", "long"), ("--backend", "onnx"), ("--detector", "wide"), ("--no-such-flag",), ("extra",)]
)
def test_words_that_are_none_of_the_commands(ask: Ask, words: tuple[str, ...]) -> None:
    result = ask("edge-run", *DEMO, *words)
    assert result.exit_code == 2
    assert words[0].strip("-") in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("source", ["nowhere.mp4", "no/such/folder", ""])
def test_a_file_that_is_not_there(ask: Ask, source: str) -> None:
    assert "does not exist" in said(ask("edge-run", "--source", source), 66)


def test_a_text_file_named_as_a_video(ask: Ask, home: Path) -> None:
    (home / "clip.mp4").write_text("This is no video.\n" * 50)
    assert "clip.mp4 is not a video: it is text" in said(ask("edge-run", "--source", "clip.mp4"), 66)


@pytest.mark.parametrize(("content", "words"), [(b"", "is empty"), (bytes(range(256)) * 40, "is not a video")])
def test_a_file_that_is_no_video(ask: Ask, home: Path, content: bytes, words: str) -> None:
    (home / "clip.mp4").write_bytes(content)
    assert words in said(ask("edge-run", "--source", "clip.mp4"), 66)


def test_a_folder_without_pictures(ask: Ask, home: Path) -> None:
    (home / "empty").mkdir()
    assert "holds no pictures" in said(ask("edge-run", "--source", "empty"), 66)


@pytest.mark.parametrize("url", ["gopher://camera.local/1", "file:///etc/passwd", "rtsp://"])
def test_an_address_of_no_stream(ask: Ask, url: str) -> None:
    assert f"{url.partition('://')[0]}://" in said(ask("edge-run", "--source", url), 66)


def test_a_stream_without_a_server(ask: Ask) -> None:
    line = said(ask("edge-run", "--source", "http://anna:secret@127.0.0.1:9/video"), 69)
    assert "http://127.0.0.1:9/video does not answer" in line
    assert "secret" not in line


def test_a_camera_that_is_absent(ask: Ask) -> None:
    if Path("/dev/video97").exists():
        pytest.skip("camera 97 is here")
    assert "/dev/video97 does not exist" in said(ask("edge-run", "--camera", 97), 69)


def test_a_pi_camera_without_its_library(ask: Ask) -> None:
    if shutil.which("libcamera-hello") or shutil.which("rpicam-hello"):
        pytest.skip("this is a Raspberry Pi")
    assert said(ask("edge-run", "--camera", "pi"), 69)


def test_a_journal_that_is_a_folder(ask: Ask, home: Path) -> None:
    assert "is a folder" in said(ask("edge-run", *DEMO, "--journal", home), 74)


def test_a_journal_below_a_file(ask: Ask, home: Path) -> None:
    (home / "file").touch()
    assert said(ask("edge-run", *DEMO, "--journal", home / "file" / "journal.sqlite"), 74)


def test_a_journal_that_is_something_else(ask: Ask, home: Path) -> None:
    (home / "notes.txt").write_text("Buy milk.\n" * 100)
    assert "not a journal" in said(ask("edge-run", *DEMO, "--journal", home / "notes.txt"), 78)
    assert (home / "notes.txt").read_text() == "Buy milk.\n" * 100


def test_json_lines_that_are_a_folder(ask: Ask, home: Path) -> None:
    assert "is a folder" in said(ask("edge-run", *DEMO, "--jsonl", home), 74)


@pytest.mark.parametrize("beside", ["", "-wal", ".lock"])
def test_json_lines_into_the_journal_itself(ask: Ask, home: Path, beside: str) -> None:
    journal = home / "journal.sqlite"
    result = ask("edge-run", *DEMO, "--journal", journal, "--jsonl", f"{journal}{beside}")
    assert "are one file" in said(result, 2)


def test_a_second_writer_of_the_same_journal(ask: Ask, home: Path) -> None:
    journal = home / "journal.sqlite"
    with Journal.open(journal):
        assert "is being written by another edge-run" in said(ask("edge-run", *DEMO, "--journal", journal), 74)


@pytest.mark.parametrize("name", ["../up", "two words", "", "x" * 65, "Zoë", "a/b", "a\nb"])
def test_a_session_with_a_hostile_name(ask: Ask, home: Path, name: str) -> None:
    assert "A session cannot be called" in said(ask("edge-run", *DEMO, "--session", name), 2)


def test_a_configuration_that_is_not_there(ask: Ask) -> None:
    assert "edge.toml cannot be read" in said(ask("edge-run", *DEMO, "--config", "edge.toml"), 78)


def test_a_configuration_with_an_unknown_key(ask: Ask, home: Path) -> None:
    (home / "edge.toml").write_text("wimdow = 3\n")
    line = said(ask("edge-run", *DEMO, "--config", "edge.toml"), 78)
    assert "edge.toml, line 1: there is no setting wimdow. Did you mean window?" in line


@pytest.mark.parametrize("command", ["edge-run", "edge-bench"])
def test_models_that_are_not_there(ask: Ask, command: str) -> None:
    assert "nowhere/emotion-both.json cannot be read" in said(
        ask(command, "--source", "demo:fast", "--models", "nowhere"), 78
    )


def test_a_model_that_was_changed(run: Run, home: Path, shipped: Path) -> None:
    models = home / "models"
    shutil.copytree(shipped, models)
    content = bytearray((models / "emotion-both.tflite").read_bytes())
    content[len(content) // 2] ^= 1
    (models / "emotion-both.tflite").write_bytes(content)
    ran = run("edge-run", *DEMO, "--models", models)
    assert (ran.returncode, ran.stdout) == (78, "")
    assert re.fullmatch(
        r"Error: \S+emotion-both.tflite is not the model its card describes: expected SHA-256 [0-9a-f]{12}\.\.\. "
        r"\(\d+ bytes\), found [0-9a-f]{12}\.\.\. \(\d+ bytes\)\. Install the model again; it was not loaded\.\n",
        ran.stderr,
    )


@pytest.mark.parametrize(
    ("words", "code"), [((), 2), (("--source", "nowhere.mp4"), 66), (("--camera", "97"), 69), (("--config", "no"), 78)]
)
def test_a_process_says_one_line_and_exits_with_its_code(run: Run, words: tuple[str, ...], code: int) -> None:
    ran = run("edge-run", *words)
    assert (ran.returncode, ran.stdout) == (code, "")
    assert re.fullmatch(r"Error: [^\n]+\.\n", ran.stderr)


def test_a_reader_that_goes_away_ends_the_run_and_keeps_the_session(run: Run, home: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        ran = run("edge-run", *DEMO, "--window", "0.5", "--jsonl", "-", "--quiet", to=closed)
    assert "Traceback" not in ran.stderr
    assert ran.returncode == 0
    reported = run("edge-report")
    assert "complete" in reported.stdout


@pytest.fixture
def locked(home: Path) -> tuple[Path, tuple[str, ...]]:
    """A folder that may not be looked into, and the words before a command that make it so for root too."""
    folder = home / "locked"
    folder.mkdir(mode=0o000)
    if os.geteuid():
        return folder, ()
    if shutil.which("setpriv") is None:
        pytest.skip("root may look into everything, and setpriv is not installed")
    os.chown(folder, 65534, 65534)
    return folder, ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


@pytest.mark.parametrize(
    ("command", "words", "code"),
    [
        ("edge-run", ("--source", "locked/clip.mp4"), 66),
        ("edge-run", (*DEMO, "--journal", "locked/deep/journal.sqlite"), 74),
        ("edge-run", (*DEMO, "--models", "locked/models"), 78),
        ("edge-eval", ("locked/faces",), 66),
        ("edge-doctor", ("--journal", "locked/deep/journal.sqlite"), 1),
    ],
)
def test_a_folder_that_may_not_be_looked_into(
    run: Run, locked: tuple[Path, tuple[str, ...]], command: str, words: tuple[str, ...], code: int
) -> None:
    _, under = locked
    ran = run(command, *words, under=under)
    assert ran.returncode == code
    assert "Traceback" not in ran.stderr
    assert "locked" in ran.stdout + ran.stderr


def test_a_recording_that_is_cut_short_is_kept_as_far_as_it_goes(ask: Ask, home: Path) -> None:
    whole = write_video(home / "whole.avi", 40, 20, "MJPG").read_bytes()
    (home / "cut.avi").write_bytes(whole[: len(whole) // 2])
    result = ask("edge-run", "--source", "cut.avi", "--jsonl", "-", "--quiet")
    session = json.loads(result.stdout.splitlines()[-1])
    assert (result.exit_code, session["kind"], session["truncated"]) == (65, "session", True)
    reports = [ask("edge-report", default_journal(), "--format", form).stdout for form in ("text", "html", "csv")]
    assert "complete, cut short" in reports[0]
    assert "The recording ended before the frames that it announces" in reports[1]
    assert next(csv.DictReader(reports[2].splitlines()))["truncated"] == "true"
    assert result.stderr == (
        f"Error: cut.avi ends after {session['frames_read']} of 40 frames: it was cut, or is damaged. What was read is "
        "valid; copy the file again for the rest.\n"
    )


@pytest.mark.parametrize("file", ["photo.jpg", "foreign.sqlite"])
def test_a_file_that_is_no_journal_is_refused_alike_by_every_command(ask: Ask, home: Path, file: str) -> None:
    if file == "photo.jpg":
        (home / file).write_bytes(b"\xff\xd8\xff\xe0" + bytes(2000))
    else:
        with closing(sqlite3.connect(home / file)) as foreign:
            foreign.execute("CREATE TABLE t (a)")
    (home / file).chmod(0o644)
    for words in (
        ("edge-run", *DEMO, "--journal", file),
        ("edge-report", file),
        ("edge-purge", "--before", "2020-01-01", "--journal", file),
        ("edge-doctor", "--journal", file),
        ("edge-doctor", "--journal", file, "--service"),
        ("edge-doctor", "--journal", file, "--privacy"),
        ("edge-consent", "show", "--journal", file),
        ("edge-consent", "withdraw", "kim", "--journal", file),
    ):
        assert said(ask(*words), 78).endswith(
            f"{file} is not a journal of edge. Name another file, or move this one away."
        ), words
    assert [path.name for path in home.iterdir()] == [file]
    assert stat.S_IMODE((home / file).stat().st_mode) == 0o644


def test_a_file_of_settings_that_cannot_be_read_is_refused_alike_by_every_command(ask: Ask) -> None:
    for words in (
        ("edge-run", *DEMO),
        ("edge-doctor",),
        ("edge-purge", "--before", "30"),
        ("edge-consent", "show"),
        ("edge-config", "show"),
    ):
        line = said(ask(*words, "--config", "none.toml"), 78)
        assert line == "Error: none.toml cannot be read: No such file or directory. Check --config."


def test_the_closing_message_names_the_journal_that_was_used(ask: Ask) -> None:
    brief = ("edge-run", "--source", "demo:fast", "--duration", "0.2")
    assert ask(*brief).stdout.endswith("journal.sqlite: edge-report shows them.\n")
    assert ask(*brief, "--journal", "a b").stdout.endswith("The summaries are in a b: edge-report 'a b' shows them.\n")
    assert "complete" in ask("edge-report", "a b").stdout


def test_too_little_memory_for_mediapipe_is_said_before_it_aborts(ask: Ask) -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + 300 * 2**20, before[1]))
    try:
        ended = ask("edge-run", *DEMO, "--detector-runtime", "mediapipe")
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    sentence = (
        r"Error: Only \d+ MiB of memory may be taken here; MediaPipe needs \d+ MiB\. Raise the limit: ulimit -v\."
    )
    assert re.fullmatch(sentence, said(ended, 71))


def test_memory_that_runs_out_is_a_sentence(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("edge.program.run", full)
    assert said(ask("edge-run", *DEMO), 71) == "Error: There is not enough memory. Raise the limit: ulimit -v."
