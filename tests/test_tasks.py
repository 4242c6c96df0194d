"""The pages of docs/ that go by task: what they say to type works as it is written."""

import re
import shlex
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import cv2
import pytest
from typer.testing import CliRunner, Result

from edge.sources.recorded.demo import picture

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ("participants", "interviews", "kiosk-card", "library", "troubleshooting", "fleet")
FINE = {"edge-doctor": (0, 1)}  # findings of this machine


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / f"{page}.md").read_text("utf-8"), re.DOTALL)


def typed(page: str) -> list[str]:
    return [line for block in blocks(page, "sh") for line in block.splitlines()]


def ask(line: str) -> Result:
    """Run a command in this process."""
    name, *words = shlex.split(line, comments=True)
    (entry,) = entry_points(group="console_scripts", name=name)
    app: Any = import_module(entry.module.removesuffix("_main")).app
    return CliRunner().invoke(app, words)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the pages take it for granted: recordings, a booth's journal and a copy."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for module in ("edge.program", "edge.run.confine"):
        monkeypatch.setattr(f"{module}.confine", lambda *_, **__: None)  # it would last for the other tests
    Path("interviews").mkdir()
    for name in ("kim.mp4", "lee.mp4"):
        film = cv2.VideoWriter(f"interviews/{name}", cv2.VideoWriter.fourcc(*"mp4v"), 5, (640, 480))
        for index in range(0, 60, 4):
            film.write(picture(index)[..., ::-1])
        film.release()
    rows = [f"interviews/{name}.mp4,{name},Why this job?" for name in ("kim", "lee")]
    Path("list.csv").write_text("\n".join(["path,participant,question", *rows]))
    return tmp_path


@pytest.mark.parametrize("page", ["participants", "interviews", "troubleshooting", "fleet"])
def test_what_a_page_says_to_type_works(place: Path, page: str) -> None:
    if page == "fleet":
        booth = place / "lib/edge/0"
        made = ask(f"edge-run --source demo:fast --duration 2 --quiet --journal {booth / 'journal.sqlite'}")
        assert made.exit_code == 0, made.output
        made = ask(f"edge-journal copy {booth / 'journal.sqlite'} copies/hall-1.sqlite")
        assert made.exit_code == 0, made.output
    for line in typed(page):
        name = line.split()[0]
        done = ask(line.replace("/var/lib/edge", f"{place}/lib/edge").replace("/var/lib/prometheus", str(place)))
        assert done.exit_code in FINE.get(name, (0,)), f"{line}: {done.output}"
        assert "Traceback" not in done.output
    if page == "interviews":
        for block in blocks(page, "python"):
            exec(block, {})


def test_the_library_page_runs(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    face = picture(160)
    for block in blocks("library", "python"):
        exec(block, {"picture": face, "frames": [face, face]})
    printed = capsys.readouterr().out
    assert "expressive" in printed
    assert printed.count("window") >= 3


@cache
def help_of(*words: str) -> str:
    return ask(shlex.join([*words, "--help"])).output


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_an_installed_booth_have_the_flags_that_a_page_names(page: str) -> None:
    lines = [line[2:] for block in blocks(page, "console") for line in block.splitlines() if line.startswith("$ ")]
    for line in lines:
        words = shlex.split(line)
        at = next(place for place, word in enumerate(words) if "/edge-" in word or word.startswith("edge-"))
        name, rest = Path(words[at]).name, words[at + 1 :]
        group = [rest[0]] if name in ("edge-service", "edge-consent", "edge-journal") else []
        for flag in (word for word in rest if word.startswith("--")):
            assert flag in help_of(name, *group), f"{line}: {flag}"
