"""Every command under one name, and what every command has."""

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from edge.cli import umbrella

from .conftest import Enter

SCRIPTS = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]["scripts"]
WIDE = {"COLUMNS": "200"}


def app_of(script: str) -> typer.Typer:
    module = SCRIPTS[script].partition(":")[0].removesuffix("_main")
    app: typer.Typer = import_module(module).app
    return app


def commands() -> Iterator[tuple[str, typer.Typer, tuple[str, ...]]]:
    """Each program, and each command of those that have several."""
    for script in SCRIPTS:
        app = app_of(script)
        yield script, app, ()
        below: dict[str, Any] = getattr(typer.main.get_command(app), "commands", {})
        yield from ((script, app, (name,)) for name in (below if script != "edge" else ()))


@pytest.mark.parametrize(("script", "app", "words"), list(commands()), ids=lambda each: str(each)[:20])
def test_every_command_has_a_short_help_without_types_of_switches(
    script: str, app: typer.Typer, words: tuple[str, ...]
) -> None:
    shown, short = (CliRunner().invoke(app, [*words, flag], env=WIDE) for flag in ("--help", "-h"))
    assert (shown.exit_code, shown.stdout) == (0, short.stdout)
    assert "bool" not in shown.stdout
    if not words:
        assert "--install-completion" in shown.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_program_says_its_version(script: str) -> None:
    shown = CliRunner().invoke(app_of(script), ["--version"])
    assert re.fullmatch(r"edge-expressiveness \d+\.\d+\.\d+\n", shown.stdout)


def test_the_umbrella_lists_every_command_with_what_it_does() -> None:
    shown = CliRunner().invoke(umbrella.app, ["--help"], env=WIDE).stdout
    for name in SCRIPTS:
        assert name == "edge" or f"│ {name.removeprefix('edge-')} " in shown
    assert "Watch a face" in shown


def test_a_command_under_the_umbrella_is_the_command(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    def shown(name: str, *words: str) -> str:
        monkeypatch.setattr(sys, "argv", [name])
        return enter(app_of(name), *words).out.decode()

    own = re.sub(r".*(install-|show-)completion.*\n", "", shown("edge-run", "--help"))
    assert shown("edge", "run", "--help").split() == own.replace("edge-run", "edge run").split()
    failed = enter(umbrella.app, "report", "nowhere.sqlite")
    assert (failed.code, failed.out) == (66, b"")
    assert failed.err.startswith("Error: There is no journal at nowhere.sqlite")


@pytest.mark.parametrize(
    ("program", "typed", "completed"),
    [
        ("edge-run", "edge-run --face-c", "--face-confidence"),
        ("edge-run", "edge-run --purpose re", "research"),
        ("edge-consent", "edge-consent withd", "withdraw"),
        ("edge", "edge ke", "keys"),
        ("edge", "edge run --face-c", "--face-confidence"),
        ("edge", "edge consent withdraw --jou", "--journal"),
    ],
)
def test_the_shell_completes_commands_options_and_values(program: str, typed: str, completed: str) -> None:
    at = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    ask = {f"_{program.replace('-', '_').upper()}_COMPLETE": "complete_bash"}
    shown = CliRunner().invoke(app_of(program), [], prog_name=program, env=at | ask)
    assert shown.stdout.split() == [completed]
