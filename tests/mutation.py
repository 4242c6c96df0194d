"""Mutation testing of edge/core, edge/journal and edge/consent with mutmut, by the fast tests of each folder.

    uv run poe mutation [core|journal|consent ...] [--minutes N] [--only PATTERN]

It works on a copy in .mutation/FOLDER, goes on where it was interrupted, and lists the mutants that survived; with
--afresh the project is copied again. mutmut changes no decorated function: no property, no context manager.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
COPIED: Final = ("edge", "tests", "models", "converter", "systemd", "docs", "README.md", "SECURITY.md", "CHANGELOG.md")
# Tests of the same behaviour by real processes would take most of the time, and see none of the mutants.
TESTS: Final = {
    "core": ["tests/core"],
    "consent": ["tests/consent", "--ignore=tests/consent/test_hung_stream.py", "--ignore=tests/consent/by_command"],
    "journal": [
        "tests/journal",
        "tests/report/test_edge_report.py",
        "tests/report/test_edge_purge.py",
        "tests/consent/test_withdrawal.py",
        "--ignore=tests/journal/test_killed.py",
        "--ignore=tests/journal/sealing",
        "--deselect=tests/journal/test_damage.py::test_whatever_is_flipped_a_recording_goes_on_and_nothing_is_thrown_away",
        "--deselect=tests/journal/test_migration.py::test_a_migration_that_fails_leaves_the_old_journal_whole",
        "--deselect=tests/journal/test_damage.py::test_a_large_journal_is_checked_fast_enough",
        "--deselect=tests/report/test_edge_report.py::test_a_reader_that_goes_away_is_no_error",
        "--deselect=tests/report/test_edge_report.py::test_the_entry_point_reports_while_a_program_writes",
    ],
}
# Lines that hold only messages: what is raised or logged, what to do about it, and sentences on lines of their own.
MESSAGES: Final = (r"^\s*raise \w+\(", r"\bfix=", r"^\s*log\.", r'^\s*f?"[A-Z][^"]* [^"]*",?$')
_MEMORY_BYTES: Final = 4 * 2**30
_KILLED: Final = {"killed", "timeout", "suspicious"}  # the last: the test process was ended by a signal


def prepare(folder: str, place: Path) -> None:
    """Copy the project to `place` and configure mutmut there."""
    place.mkdir(parents=True)
    (place / ".gitignore").write_text("*\n")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place / name)
    configure(folder, place)


def configure(folder: str, place: Path) -> None:
    """Write mutmut's settings for a folder of edge."""
    options = ["-p", "no:xdist", "-p", "no:cacheprovider", "--hypothesis-seed=0", "--hypothesis-profile=mutation"]
    also = [name for name in COPIED if name not in ("edge", "tests")]
    lines = [
        "[tool.mutmut]",
        'source_paths = ["edge"]',
        f'only_mutate = ["edge/{folder}/*"]',
        f"also_copy = {also}",
        f"pytest_add_cli_args = {options}",
        "timeout_multiplier = 4.0",
        f"type_check_command = {['mypy', '--output', 'json', '--no-warn-unused-ignores', f'edge/{folder}']}",
        f"do_not_mutate_patterns = {json.dumps(MESSAGES)}",  # as TOML writes lists
        f"pytest_add_cli_args_test_selection = {TESTS[folder]}",
    ]
    project = (ROOT / "pyproject.toml").read_text()
    (place / "pyproject.toml").write_text(project + "\n" + "\n".join(lines) + "\n")


def mutate(place: Path, minutes: float | None, children: int, only: str | None) -> None:
    """Run mutmut in `place` for so many minutes, or to its end."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(children), *([only] if only else [])]
    try:
        with open(place / "mutmut.log", "a") as log:
            limit_s = minutes and minutes * 60
            subprocess.run(
                command, cwd=place, stdout=log, stderr=log, timeout=limit_s, check=False, preexec_fn=_limit_memory
            )
    except subprocess.TimeoutExpired:
        print(f"{place.name}: stopped after {minutes:g} minutes; the same command goes on.")


def _limit_memory() -> None:
    """A mutant that fills the memory in an endless loop fails its test instead."""
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))


def results(place: Path) -> dict[str, str]:
    """The verdict on every mutant, by its name."""
    command = [sys.executable, "-m", "mutmut", "results", "--all", "true"]
    lines = subprocess.run(command, cwd=place, capture_output=True, text=True, check=True).stdout.splitlines()
    return dict(line.strip().split(": ") for line in lines if ": " in line)


def report(folder: str, verdicts: dict[str, str]) -> None:
    """Print the score of a folder, and the mutants that survived."""
    counts = Counter(verdicts.values())
    unchecked = counts.pop("not checked", 0)
    killed = sum(counts[verdict] for verdict in _KILLED)
    checked = sum(counts.values())
    share = f"{killed / checked:.1%}" if checked else "none"
    print(f"edge/{folder}: {killed} of {checked} killed ({share}), {unchecked} not run; {dict(counts)}")
    for name, verdict in verdicts.items():
        if verdict not in _KILLED and verdict != "not checked":
            print(f"  {name}: {verdict}")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", choices=[[], *TESTS], help="folders of edge; all where none is named")
    parser.add_argument("--minutes", type=float, help="for each folder at most so many minutes")
    parser.add_argument("--only", help="mutants with such names, for example 'edge.core.text*'")
    parser.add_argument("--children", type=int, default=2, help="processes at a time")
    parser.add_argument("--afresh", action="store_true", help="copy the project again, and forget earlier verdicts")
    given = parser.parse_args()
    for folder in given.folders or TESTS:
        place = ROOT / ".mutation" / folder
        if given.afresh and place.exists():
            shutil.rmtree(place)
        if not place.exists():
            prepare(folder, place)
        mutate(place, given.minutes, given.children, given.only)
        report(folder, results(place))


if __name__ == "__main__":
    main()
