"""The page on moving from earlier systems: its commands are the program's, and run."""

import re
import shlex
import tomllib
from importlib import import_module
from pathlib import Path
from typing import cast

import click
import pytest
from click.testing import CliRunner
from typer.main import get_command

from edge.sources.recorded.demo import picture

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "moving.md").read_text("utf-8")
COMMANDS = [tuple(shlex.split(text)) for text in re.findall(r"`(edge-[a-z]+(?: [^`]+)?)`", PAGE)]
SCRIPTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
AT_ONCE = [words for words in COMMANDS if words[:2] in (("edge-eval", "fer2013/test.zip"), ("edge-data", "map"))]
LEARNING = [words for words in COMMANDS if words[0] == "edge-train" and "fer2013" in words and "imagenet" not in words]


def program(name: str) -> click.Command:
    """The command of a script; that of edge-run is started by another function, for signals."""
    module, _, attribute = SCRIPTS[name].partition(":")
    if attribute == "main":
        module, attribute = {"edge-run": ("edge.cli.run", "app")}[name]
    return cast(click.Command, get_command(getattr(import_module(module), attribute)))


@pytest.fixture
def here(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `fer2013` in it, to work in."""
    monkeypatch.setattr("edge.run.confine.confine", lambda *_, **__: None)  # it would last for the other tests
    (tmp_path / "fer2013").symlink_to(tiny)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_of_the_page_can_be_given_so() -> None:
    assert len(COMMANDS) > 12
    for name, *words in COMMANDS:
        context = program(name).make_context(name, list(words), ignore_unknown_options=False)
        command = context.command
        if isinstance(command, click.Group):
            below = command.get_command(context, words[0])
            assert below is not None, f"{name} {words[0]}"
            below.make_context(words[0], words[1:], parent=context)


@pytest.mark.parametrize("words", AT_ONCE[:3], ids=" ".join)
def test_what_takes_no_training_runs(words: tuple[str, ...], here: Path) -> None:
    if "emotion-vit" in words:
        pytest.skip("that network has to be trained first")
    result = CliRunner().invoke(program(words[0]), list(words[1:]))
    assert result.exit_code == 0, result.output
    assert result.output


@pytest.mark.slow
@pytest.mark.parametrize("words", LEARNING, ids=" ".join)
def test_a_training_runs(words: tuple[str, ...], here: Path) -> None:
    init = ("--init", "none") if "emotion-documented" in words else ()  # ImageNet's weights would be fetched
    result = CliRunner().invoke(program(words[0]), [*words[1:], "--epochs", "1", *init])
    assert result.exit_code == 0, result.output


def test_the_class_answers_as_the_page_shows(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(example, {"picture": picture(150)})
    assert re.fullmatch(r"\[.+\] 0\n", capsys.readouterr().out)
