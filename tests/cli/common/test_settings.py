"""A setting is declared once: flag, TOML key, default, help and documentation follow."""

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from edge.cli.common.options import settings_options
from edge.cli.common.settings import declared_settings
from edge.cli.common.settings_page import settings_tables, with_tables
from edge.config import Config, Group, load_config, setting
from edge.core.choices.purpose import Purpose

from ..conftest import Ask

PAGE = Path(__file__).resolve().parents[3] / "docs" / "settings.md"


class Extended(Config):
    """One more setting, in one more line."""

    volume: float = setting(Group.RUNNING, 2.5, "How loud the signal is.", "DB", ge=0)


def test_one_line_gives_a_setting_its_flag_help_default_key_check_and_documentation() -> None:
    app, received = typer.Typer(), list[dict[str, Any]]()

    @app.command()
    @settings_options(model=Extended)
    def command(flags: dict[str, Any]) -> None:
        received.append(flags)

    help_text = " ".join(CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).stdout.split())
    assert "--volume DB How loud the signal is. [default: 2.5]" in help_text
    assert CliRunner().invoke(app, ["--volume", "4"]).exit_code == 0
    assert received[0]["volume"] == 4.0
    assert {name for name, value in received[0].items() if value is not None} == {"volume"}
    assert Extended.model_validate({"volume": 4}).volume == 4
    with pytest.raises(ValueError, match="volume"):
        Extended.model_validate({"volume": -1})
    assert "| `volume` | `--volume DB` | `2.5` | How loud the signal is. |" in settings_tables(Extended)


def test_every_setting_is_a_flag_of_edge_run_with_its_help_and_default(ask: Ask, monkeypatch: Any) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    shown = " ".join(ask("edge-run", "--help").stdout.replace("│", " ").split())
    for each in declared_settings():
        assert f" {each.flag} " in shown
        assert each.help in shown
        if each.default is not None and not each.is_switch:
            assert f"{each.help} [default: {each.default}]" in shown


def test_what_is_given_as_flags_is_what_a_run_is_made_of() -> None:
    app, received = typer.Typer(), list[Config]()

    @app.command()
    @settings_options()
    def command(flags: dict[str, Any]) -> None:
        received.append(load_config(None, flags))

    words = "--camera 2 --window 3 --max-fps 0.5 --purpose research --seal-to a --seal-to b --models m --preview"
    result = CliRunner().invoke(app, [*words.split(), "--smoothing", "0"])
    assert result.exit_code == 0, result.output
    assert received == [
        Config(
            camera="2",
            window=3,
            max_fps=0.5,
            purpose=Purpose.RESEARCH,
            seal_to=("a", "b"),
            models=Path("m"),
            preview=True,
            smoothing=0,
        )
    ]


def test_the_page_of_settings_is_made_from_the_declarations() -> None:
    page = PAGE.read_text("utf-8")
    assert page == with_tables(page), "run python -m edge.cli.common.settings_page"
    assert page.count("| `--") == len(Config.model_fields)
