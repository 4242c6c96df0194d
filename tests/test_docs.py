"""The documentation executes: its example runs, its commands and settings are the program's."""

import io
import re
import shlex
import sys
import tomllib
from contextlib import redirect_stdout
from dataclasses import fields
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from unittest.mock import patch

import cv2
import pytest

import edge
from edge.config import Config
from edge.core.errors import EdgeError
from edge.core.readings import Unreadable
from edge.core.summaries import Summary
from edge.sources.recorded.demo import picture

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@cache
def help_of(name: str) -> str:
    """What an installed command prints for --help; in this process, as each start of one takes a moment."""
    assert Path(sys.executable).with_name(name).is_file()
    (script,) = entry_points(group="console_scripts", name=name)
    printed = io.StringIO()
    with redirect_stdout(printed), patch.object(sys, "argv", [name, "--help"]), pytest.raises(SystemExit) as end:
        script.load()()
    assert not end.value.code
    return printed.getvalue()


def test_the_example_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    film = cv2.VideoWriter("interview.mp4", cv2.VideoWriter.fourcc(*"mp4v"), 25, (640, 480))
    for index in range(50):
        film.write(picture(index)[..., ::-1])
    film.release()
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names = {"picture": picture(150)}
    exec(example, names)
    assert isinstance(names["answer"], edge.Reading)
    assert isinstance(names["next_seen"], edge.Observation)
    printed = capsys.readouterr().out
    assert "reserved" in printed
    assert "session 1.0" in printed


def test_every_command_of_the_readme_is_installed_and_explains_itself() -> None:
    named = set(re.findall(r"^\| `(edge(?:-[a-z]+)?)` \|", README, re.MULTILINE))
    scripts = PROJECT["project"]["scripts"]
    assert named == set(scripts)
    for name in named:
        assert "Usage:" in help_of(name)


def test_every_flag_in_the_readme_exists() -> None:
    for line in re.findall(r"^edge-[a-z]+ .*$", README, re.MULTILINE):
        name, *words = shlex.split(line, comments=True)
        for flag in (word for word in words if word.startswith("--")):
            assert flag in help_of(name), f"{name} has no {flag}"


def test_the_settings_pages_example_is_a_configuration() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/settings.md").read_text(), re.DOTALL)
    assert Config.model_validate(tomllib.loads(example)).retention_days == 30


def test_the_playbooks_settings_are_settings() -> None:
    playbook = (ROOT / "docs/examples/booth.yml").read_text()
    (settings,) = re.findall(r"^    settings:.*\n((?:      .*\n)+)", playbook, re.MULTILINE)
    named = re.findall(r"^      (\w+):", settings, re.MULTILINE)
    assert {"booth", "retention_days"} <= set(named) <= Config.model_fields.keys()
    assert "edge-config check" in playbook
    for name in re.findall(r"\bedge-[a-z]+(?= check| /var)", playbook):
        assert name in PROJECT["project"]["scripts"]


def test_the_summaries_page_explains_every_key_and_reason() -> None:
    page = (ROOT / "docs/summaries.md").read_text()
    assert [field.name for field in fields(Summary) if f"`{field.name}`" not in page] == []
    assert [reason.value for reason in Unreadable if f"| `{reason.value}` |" not in page] == []


def test_every_fault_names_tests_that_are_there() -> None:
    named = re.findall(r"\b(?:tests/)?([a-z][a-z_/]*/test_\w+)", (ROOT / "docs/reliability.md").read_text())
    assert len(named) >= 20
    assert [name for name in named if not (ROOT / "tests" / f"{name}.py").is_file()] == []


def test_every_exit_code_is_in_the_readme() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \| ", README, re.MULTILINE)}
    raised = {error.exit_code for error in subclasses(EdgeError)}
    for room in ("edge/cli", "models/cli", "converter"):
        for file in (ROOT / room).rglob("*.py"):
            raised |= {int(code) for code in re.findall(r"raise typer\.Exit\((\d+)\)", file.read_text())}
    assert listed == raised | {0}


def subclasses(kind: type[EdgeError]) -> set[type[EdgeError]]:
    return {kind}.union(*(subclasses(below) for below in kind.__subclasses__()))


def test_every_task_of_contributing_is_there_and_the_other_way_round() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    listed = set(re.findall(r"`([a-z-]+)[^`]*`", "".join(re.findall(r"^\| `.*?\| ", page, re.MULTILINE))))
    assert listed == set(PROJECT["tool"]["poe"]["tasks"])


def test_the_supported_pythons_are_those_that_ci_runs_and_the_pages_name() -> None:
    supported = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()
    assert re.findall(r'"(3\.\d+)"', workflow) == supported
    assert f"Python {supported[0]} to {supported[-1]}" in README
    assert f"Python {supported[0]} to {supported[-1]}" in (ROOT / "CONTRIBUTING.md").read_text()


def test_the_citation_names_this_version() -> None:
    version = PROJECT["project"]["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {version}\n" in (ROOT / "CHANGELOG.md").read_text()


def test_every_module_and_every_file_that_the_pages_name_is_there() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    for page in pages:
        text = page.read_text()
        for name in re.findall(r"`((?:edge|models|converter)\.(?!toml`|__)[a-z_.]+)[`(]", text):
            place = ROOT / name.replace(".", "/")
            above = place.parent.with_suffix(".py")
            function = above.is_file() and re.search(rf"^def {place.name}\b", above.read_text(), re.MULTILINE)
            assert place.is_dir() or place.with_suffix(".py").is_file() or function, f"{page.name}: {name}"
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
