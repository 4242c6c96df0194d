"""The entry of `edge-run`, which leaves Typer out where the options are correct."""

import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from edge.cli import run
from edge.cli.common.settings import Setting, declared_settings
from edge.cli.run_main import main

_LOOK = "import sys; from edge.cli.run_main import main\ntry: main()\nfinally: print(*sys.modules)\n"
Enter = Callable[..., None]

_TEXTS = {float: "1.5", int: "2"}


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the command was to record, in place of recording it."""
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr("edge.cli.common.recording.record", lambda *given: calls.append(given))
    monkeypatch.setattr("edge.cli.run.mute_native_libraries", lambda: None)
    return calls


@pytest.fixture
def enter_main(monkeypatch: pytest.MonkeyPatch) -> Iterator[Enter]:
    """Start the entry with a command line, in this process; it has garbage collection again at the end."""
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr("edge.vision.quiet.mute_native_libraries", lambda: None)
    monkeypatch.setattr("edge.host.streams.prepare_streams", lambda: None)

    def enter(*words: str) -> None:
        monkeypatch.setattr(sys, "argv", ["edge-run", *words])
        main()

    yield enter
    assert gc.isenabled()


def _words(setting: Setting) -> list[str]:
    """A setting on a command line; of a list two."""
    if setting.is_switch:
        return [setting.flag]
    text = setting.value.partition("|")[0] if "|" in setting.value else _TEXTS.get(setting.type, "some")
    return [setting.flag, text] * (2 if setting.is_list else 1)


@pytest.mark.parametrize(
    "words",
    [
        *(_words(each) for each in declared_settings()),
        [],
        ["one.mp4", "--quiet", "two.mp4"],
        ["--config", "edge.toml", "--jsonl", "-", "--window=0.5", "--window=1:30", "one.mp4"],
    ],
    ids=" ".join,
)
def test_the_entry_takes_a_command_line_as_the_command_does(
    words: list[str], recorded: list[tuple[Any, ...]], enter_main: Enter
) -> None:
    enter_main(*words)
    assert CliRunner().invoke(run.app, words).exit_code == 0
    assert recorded[0] == recorded[1]


@pytest.mark.parametrize(
    "words", [["--threads", "many"], ["--thread", "1"], ["--backend", "other"], ["--quiet=1"], ["-1"], ["--", "-x"]]
)
def test_what_the_entry_does_not_take_gets_the_answer_of_the_command(
    words: list[str], recorded: list[tuple[Any, ...]], enter_main: Enter, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        enter_main(*words)
    assert (ended.value.code, bool(recorded)) == ((0, True) if words[0] == "--" else (2, False))
    assert bool(recorded) or "Error" in capsys.readouterr().err


def test_a_quiet_run_loads_no_libraries_of_the_command_line_and_no_other_source(environment: dict[str, str]) -> None:
    words = ["--source", "demo:fast", "--duration", "0.1", "--quiet"]
    shown = subprocess.check_output([sys.executable, "-c", _LOOK, *words], env=environment, text=True)
    loaded = set(shown.split())
    assert {"cv2", "ai_edge_litert", "numpy", "edge.sources.recorded.demo"} <= loaded
    assert not loaded & {"typer", "rich", "click", "jinja2", "mediapipe"}
    others = {"live.camera", "live.picamera", "live.stream", "recorded.video", "recorded.folder"}
    assert not loaded & {f"edge.sources.{each}" for each in others}
