"""Settings written to a file, checked and shown by a command."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import Result

from edge.config import Config, load_config

from ..conftest import Ask


def errors(result: Result) -> list[str]:
    return [line.removeprefix("Error: ") for line in result.stderr.splitlines()]


def test_a_new_file_has_every_setting_with_its_default(ask: Ask, home: Path) -> None:
    assert ask("edge-config", "init").exit_code == 0
    text = (home / "edge.toml").read_text()
    assert load_config(home / "edge.toml", {}) == Config()
    written = set(re.findall(r"^#(\w+) = ", text, re.MULTILINE))
    assert written == set(Config.model_fields)
    defaults = [name for name, field in Config.model_fields.items() if field.default is not None]
    (home / "edge.toml").write_text(re.sub(rf"^#({'|'.join(defaults)}) = ", r"\1 = ", text, flags=re.MULTILINE))
    assert load_config(home / "edge.toml", {}) == Config()
    result = ask("edge-config", "init")
    assert (result.exit_code, errors(result)) == (
        74,
        ["edge.toml is there already. Name a new file; nothing is replaced."],
    )


def test_every_problem_is_named_with_its_line(ask: Ask, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "edge.toml").write_text("wimdow = 5\nmax-fps = 0\n\nthreads = 'many'\ndetector = 'near'\n")
    monkeypatch.setenv("EDGE_THREDS", "2")
    result = ask("edge-config", "check")
    assert (result.exit_code, result.stdout) == (78, "")
    assert errors(result) == [
        "edge.toml, line 1: there is no setting wimdow. Did you mean window?",
        "edge.toml, line 2: max_fps: Input should be greater than 0. Correct that line.",
        "edge.toml, line 4: threads: Input should be a valid integer, unable to parse string as an integer. "
        "Correct that line.",
        "EDGE_THREDS: there is no setting threds. Did you mean EDGE_THREADS?",
    ]
    monkeypatch.delenv("EDGE_THREDS")
    (home / "edge.toml").write_text("window = 5\n")
    result = ask("edge-config", "check")
    assert (result.exit_code, result.output) == (0, "edge.toml: 1 settings, all of them usable.\n")


def test_every_setting_in_force_is_shown_with_its_origin(ask: Ask, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "edge.toml").write_text("\nwindow = 5\nmax-fps = 12.5\ncamera = 0\n")
    monkeypatch.setenv("EDGE_THREADS", "2")
    words = ("show", "--config", "edge.toml", "--source", "demo", "--quiet")
    found = json.loads(ask("edge-config", *words, "--format", "json").stdout)
    assert found.keys() == Config.model_fields.keys()
    assert found["window"] == {"value": 5, "origin": "file", "place": "edge.toml, line 2"}
    assert found["max_fps"] == {"value": 12.5, "origin": "file", "place": "edge.toml, line 3"}
    assert found["threads"] == {"value": 2, "origin": "environment", "place": "EDGE_THREADS"}
    assert found["source"] == {"value": "demo", "origin": "flag", "place": "--source"}
    assert found["camera"] == {"value": None, "origin": "default", "place": "default"}
    assert found["journal"]["value"] == str(home / "state/edge/journal.sqlite")
    shown = ask("edge-config", *words).stdout
    assert re.search(r"^window = 5 +# edge\.toml, line 2$", shown, re.MULTILINE)
    assert re.search(r"^quiet = true +# --quiet$", shown, re.MULTILINE)
    (home / "shown.toml").write_text(shown)
    assert load_config(home / "shown.toml", {}).max_fps == 12.5


def test_the_environment_names_the_journal_of_every_command(
    ask: Ask, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_JOURNAL", "mine.sqlite")
    assert ask("edge-run", "--source", "demo:fast", "--duration", "1", "--quiet", "--session", "kim").exit_code == 0
    assert (home / "mine.sqlite").exists()
    assert "kim" in ask("edge-report").stdout
    assert ask("edge-purge", "--session", "kim").stdout.startswith(
        "Deleted 2 summaries and 1 sessions from mine.sqlite."
    )
    assert str(home / "consent.sqlite") in ask("edge-consent", "show").stdout
