"""How a run shows itself: output, preview, configuration; and what it leaves behind."""

import errno
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from edge.journal.reading import JournalReader
from edge.sources.recorded.demo import picture
from edge.vision.interpreters import Backend, installed_backends, missing_backends
from tests.cli.conftest import Ask, Run, Start
from tests.sources.conftest import write_video

BRIEF = ("--source", "demo:fast", "--duration", "1")


def test_json_lines_have_standard_output_to_themselves(ask: Ask) -> None:
    result = ask("edge-run", *BRIEF, "--window", 0.5, "--jsonl", "-")
    kinds = [json.loads(line)["kind"] for line in result.stdout.splitlines()]
    assert kinds == ["window", "window", "session"]
    assert re.search(r"^(Reserved|Balanced|Expressive|Not sure).* fps$", result.stderr, re.MULTILINE)
    assert "Session " in result.stderr


def test_quiet_says_nothing(ask: Ask, home: Path) -> None:
    result = ask("edge-run", *BRIEF, "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    assert (home / "state" / "edge" / "journal.sqlite").stat().st_size > 0


def test_a_session_is_called_after_its_start_unless_it_is_named(ask: Ask) -> None:
    assert re.search(r"^Session \d{8}T\d{6}Z: 1.0 s", ask("edge-run", *BRIEF).stdout, re.MULTILINE)
    assert "Session visit_3: " in ask("edge-run", *BRIEF, "--session", "visit_3").stdout


def test_a_configuration_file_does_what_the_flags_do(ask: Ask, home: Path) -> None:
    (home / "edge.toml").write_text("source = 'demo:fast'\nduration = 1\nwindow = 0.25\njsonl = '-'\nquiet = true\n")
    assert len(ask("edge-run", "--config", "edge.toml").stdout.splitlines()) == 5
    assert len(ask("edge-run", "--config", "edge.toml", "--window", 0.5).stdout.splitlines()) == 3


def test_limits_of_a_configuration_reach_the_faces(ask: Ask, home: Path) -> None:
    lines = "source = 'demo:fast'\nduration = 0.4\njsonl = '-'\nquiet = true\n"
    for line, reason in (
        ("smallest_face = 4000", "too_small"),
        ("darkest_face = 254", "too_dark"),
        ("sharpness = 1e9", "blurred"),
        ("most_turned = 0", "turned_away"),
        ("mesh = true\nmost_turned_deg = 0", "turned_away"),
        ("sure_from = 1.0", "not_sure"),
        ("face_confidence = 1.0", "no_face"),
    ):
        (home / "edge.toml").write_text(f"{lines}{line}\n")
        whole = json.loads(ask("edge-run", "--config", "edge.toml").stdout.splitlines()[-1])
        assert whole["unreadable"][reason] == 1, line


def test_both_interpreters_can_be_chosen(ask: Ask) -> None:
    if Backend.TFLITE_RUNTIME not in installed_backends():
        pytest.skip(missing_backends()[Backend.TFLITE_RUNTIME])
    reported = []
    for backend in ("litert", "tflite-runtime"):
        result = ask(
            "edge-run", "--source", "demo:fast", "--duration", 0.4, "--backend", backend, "--jsonl", "-", "--quiet"
        )
        reported.append(json.loads(result.stdout.splitlines()[-1]))
    assert reported[0]["score_mean"] == pytest.approx(reported[1]["score_mean"], abs=0.15)


def test_a_preview_without_a_screen_says_so_and_goes_on(ask: Ask) -> None:
    result = ask("edge-run", *BRIEF, "--preview", "--quiet")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "There is no screen for --preview here; going on without it.\n"


def test_a_preview_on_a_screen_that_does_not_answer_goes_on_too(run: Run) -> None:
    ran = run("edge-run", *BRIEF, "--preview", "--quiet", DISPLAY=":4999")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert ran.stderr == "There is no screen for --preview here; going on without it.\n"


def test_a_preview_without_tk_names_its_package_and_goes_on(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_tkinter", None)
    result = ask("edge-run", *BRIEF, "--preview", "--quiet")
    assert result.exit_code == 0
    assert result.stderr == "--preview needs Tk: run `sudo apt install python3-tk`. Going on without it.\n"


@pytest.fixture
def screen() -> Iterator[str]:
    """A screen in memory."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1024x768x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as reported:
        number = reported.readline().strip()
    try:
        if not number:
            pytest.skip("Xvfb does not start here")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


def test_a_preview_opens_a_window_and_q_ends_the_session(
    start: Start, screen: str, environment: dict[str, str]
) -> None:
    if shutil.which("xdotool") is None:
        pytest.skip("xdotool is not installed")
    process = start("edge-run", "--source", "demo", "--preview", DISPLAY=screen)
    keyboard = environment | {"DISPLAY": screen}
    until = time.monotonic() + 240
    window = ""
    while not window and time.monotonic() < until and process.poll() is None:
        time.sleep(0.3)
        found = subprocess.run(
            ["xdotool", "search", "--name", "^edge$"], env=keyboard, capture_output=True, text=True, check=False
        )
        window = found.stdout.strip()
    assert window, process.communicate(timeout=240) if process.poll() is not None else "no window within four minutes"
    while process.poll() is None and time.monotonic() < until:
        subprocess.run(["xdotool", "key", "--window", window.splitlines()[-1], "q"], env=keyboard, check=False)
        time.sleep(0.3)
    out, _ = process.communicate(timeout=240)
    assert process.returncode == 0
    assert "Session " in out


def test_a_run_leaves_its_journal_behind_and_nothing_else(run: Run, home: Path) -> None:
    ran = run("edge-run", *BRIEF)
    assert ran.returncode == 0, ran.stderr
    left = {str(path.relative_to(home)) for path in home.rglob("*") if not path.is_dir()}
    assert left == {f"state/edge/journal.sqlite{end}" for end in ("", ".lock", ".reserve")}
    folders = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_dir()}
    assert folders == {"state", "state/edge"}


def test_recordings_are_a_session_each(ask: Ask, home: Path) -> None:
    for name in ("a.avi", "b.avi"):
        write_video(home / name, 20, 20, "MJPG")
    result = ask("edge-run", "a.avi", "b.avi")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("Session ") == 2
    assert ask("edge-run", "a.avi", "--camera", "0").exit_code == 2
    assert ask("edge-run", "a.avi", "b.avi", "--session", "kim").exit_code == 2


def test_a_number_as_source_is_a_camera(ask: Ask) -> None:
    result = ask("edge-run", "--source", "97")
    assert result.exit_code == 69
    assert "/dev/video97" in result.stderr


def test_files_whose_names_are_no_text_are_read_and_kept(ask: Ask, home: Path) -> None:
    folder = home / "fold\udce9"
    folder.mkdir()
    (home / "caf\udce9.avi").write_bytes(write_video(home / "a.avi", 20, 20, "MJPG").read_bytes())
    (folder / "1\udce9.png").write_bytes(cv2.imencode(".png", picture(0)[..., ::-1])[1].tobytes())
    for source in ("caf\udce9.avi", "fold\udce9"):
        result = ask("edge-run", source, "--quiet", "--journal", "j\udce9/j.sqlite", "--jsonl", "l\udce9.jsonl")
        assert (result.exit_code, result.output) == (0, "")
    with JournalReader.open(home / "j\udce9/j.sqlite") as reader:
        assert [session.source for session in reader.sessions()] == ["caf\\xe9.avi", "fold\\xe9"]
    assert len((home / "l\udce9.jsonl").read_text().splitlines()) == 4


@pytest.mark.parametrize("address", ["rtsp://caf\udce9/stream", "http://host/caf\udce9"])
def test_an_address_that_is_no_text_is_refused(ask: Ask, address: str) -> None:
    result = ask("edge-run", address)
    assert result.exit_code == 66
    assert result.stderr.startswith("Error: The address")


def test_a_limit_of_too_few_files_is_one_sentence_and_nothing_is_kept(ask: Ask, home: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    hard = len(os.listdir("/proc/self/fd")) + 8
    with pytest.MonkeyPatch.context() as limits:
        limits.setattr(resource, "getrlimit", lambda which: (hard, hard))
        for words in (("edge-run", *BRIEF), ("edge-bench", *BRIEF[:2], "--frames", 20)):
            result = ask(*words)
            assert result.exit_code == 71
            assert result.stderr.startswith(f"Error: Only {hard} files may be open at once here, and a run needs ")
            assert len(result.stderr.splitlines()) == 1
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
    assert not (home / "state").exists()


def test_without_a_home_folder_a_place_is_required(ask: Ask, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(Path, "home", lambda: Path("~").expanduser())
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    for words in (("edge-run", *BRIEF), ("edge-doctor",)):
        result = ask(*words)
        assert result.exit_code == 78
        assert result.stderr == (
            "Error: This user has no home folder, where the journal would be. Set HOME, or name a place for the "
            "journal.\n"
        )
    assert ask("edge-run", *BRIEF, "--quiet", "--journal", "j.sqlite").exit_code == 0


def test_json_lines_in_a_file_that_cannot_be_written_are_refused(ask: Ask) -> None:
    result = ask("edge-run", *BRIEF, "--quiet", "--jsonl", "/proc/version")
    assert result.exit_code == 74
    assert result.stderr.startswith("Error: /proc/version ")
    assert len(result.stderr.splitlines()) == 1


def test_a_system_without_proc_gets_its_remedy(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = os.listdir

    def without_proc(path: str = ".") -> list[str]:
        if str(path).startswith("/proc"):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return listed(path)

    monkeypatch.setattr(os, "listdir", without_proc)
    result = ask("edge-run", *BRIEF)
    assert result.exit_code == 71
    assert result.stderr == "Error: There is no /proc here. Mount it: mount -t proc proc /proc.\n"
