"""Mutation testing of edge/core, edge/journal and edge/consent with mutmut, by the fast tests of each folder.

    uv run poe mutation [core|journal|consent ...] [--minutes N] [--seconds N] [--only PATTERN] [--again | --afresh]

It works on a copy in .mutation/FOLDER, goes on where it was interrupted, also with another PATTERN, and lists the
mutants that survived. PATTERN chooses a part, as 'edge.journal.deletion.*', or a sample: '*3' is every eighth mutant.
Most of the time goes to those that survive many tests; with --seconds each is run by so many seconds of tests at most.
With --again it takes over what was changed in the project, and tries those anew that were not killed; with --afresh it
forgets everything. What mypy refuses is not run: it is counted on its own, and in no score. mutmut changes no decorated
function (no property, no context manager); here it leaves out lines that only say or log what is wrong: see MESSAGES.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from math import inf
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
COPIED: Final = ("edge", "tests", "models", "converter", "systemd", "docs", "README.md", "SECURITY.md", "CHANGELOG.md")
# Folders and files, so that a new file of a folder counts; a test is skipped where it starts a process: see below.
TESTS: Final = {
    "core": ["tests/core"],
    "consent": ["tests/consent", "--ignore=tests/consent/test_hung_stream.py"],
    "journal": [
        *("tests/journal", "tests/fleet", "tests/tables"),
        *("tests/report/test_edge_report.py", "tests/report/test_edge_purge.py", "tests/report/test_comparison.py"),
        *("tests/consent/test_withdrawal.py", "tests/consent/test_withdrawn_writes.py"),
        "--ignore=tests/journal/sealing/test_forgetting.py",  # runs of several seconds
        "--deselect=tests/journal/file/test_damage.py::test_whatever_is_flipped_a_recording_goes_on_and_nothing_is_thrown_away",
        "--deselect=tests/journal/file/test_damage.py::test_a_large_journal_is_checked_fast_enough",
    ],
}
# Lines that hold only messages: what is raised or logged, what to do about it, and sentences on lines of their own.
# The conditions around them are changed all the same.
MESSAGES: Final = (r"^\s*raise \w+\(", r"\bfix=", r"^\s*log\.", r'^\s*f?"[A-Z][^"]* [^"]*",?$')
# They run while their module is imported, which was done before a mutant is chosen: no test can see their mutants.
AT_IMPORT: Final = ("edge.journal.rows.x__insertion__",)
_MUTMUT: Final = Path(__file__).with_name("forked.py")
_MEMORY_BYTES: Final = 4 * 2**30
_KILLED: Final = {"killed", "timeout", "suspicious"}  # the last: the test process was ended by a signal


def prepare(folder: str, place: Path) -> None:
    """Copy the project to `place`, in the place of an earlier copy, and configure mutmut there."""
    place.mkdir(parents=True, exist_ok=True)
    (place / ".gitignore").write_text("*\n")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.rmtree(place / name, ignore_errors=True)
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place / name)
    configure(folder, place)


def forget(place: Path) -> None:
    """Forget which tests run what, and the verdicts on mutants that were not killed; mutmut itself sees new code."""
    (place / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    shutil.rmtree(place / "mutants" / "tests", ignore_errors=True)
    for file in (place / "mutants").rglob("*.meta"):
        noted = json.loads(file.read_text())
        verdicts = noted["exit_code_by_key"]
        noted["exit_code_by_key"] = {name: code if code == 1 else None for name, code in verdicts.items()}
        file.write_text(json.dumps(noted))


def configure(folder: str, place: Path) -> None:
    """Write mutmut's settings for a folder of edge."""
    options = ["-p", "no:xdist", "-p", "no:cacheprovider", "-p", "tests.mutation.in_process"]
    options += ["--hypothesis-seed=0", "--hypothesis-profile=mutation", "--timeout=120"]
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


def mutate(place: Path, minutes: float | None, children: int, only: str | None, seconds: float) -> None:
    """Run mutmut in `place` for so many minutes, or to its end, with so many seconds of tests a mutant."""
    command = [sys.executable, str(_MUTMUT), "run", "--max-children", str(children), *([only] if only else [])]
    of_ours = {
        "MYPY_CACHE_DIR": str(place.parent / "mypy"),
        "MUTATION_SECONDS": str(seconds),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",  # mutmut starts mypy by its name
    }
    try:
        with open(place / "mutmut.log", "a") as log:
            limit_s = minutes and minutes * 60
            done = subprocess.run(
                command,
                cwd=place,
                env=os.environ | of_ours,
                stdout=log,
                stderr=log,
                timeout=limit_s,
                check=False,
                preexec_fn=_limit_memory,
            )
    except subprocess.TimeoutExpired:
        print(f"{place.name}: stopped after {minutes:g} minutes; the same command goes on.")
    else:
        if done.returncode:
            sys.exit(f"mutmut ended with {done.returncode}: {place / 'mutmut.log'} says why.")


def _limit_memory() -> None:
    """A mutant that fills the memory in an endless loop fails its test instead."""
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))


def results(place: Path) -> dict[str, str]:
    """The verdict on every mutant, by its name."""
    command = [sys.executable, "-m", "mutmut", "results", "--all", "true"]
    lines = subprocess.run(command, cwd=place, capture_output=True, text=True, check=True).stdout.splitlines()
    found = dict(line.strip().split(": ") for line in lines if ": " in line)
    return {name: verdict for name, verdict in found.items() if not name.startswith(AT_IMPORT)}


def report(folder: str, verdicts: dict[str, str]) -> None:
    """Print the score of a folder and of each folder in it, and the mutants that survived."""
    by_folder = defaultdict[str, Counter[str]](Counter)
    for name, verdict in verdicts.items():
        folders = name.split(".")[:-2]
        for depth in range(2, len(folders) + 1):
            by_folder["/".join(folders[:depth])][verdict] += 1
    for place, counts in sorted(by_folder.items()):
        made, unchecked = counts.total(), counts.pop("not checked", 0)
        refused = counts.pop("caught by type check", 0)
        killed, run = sum(counts[verdict] for verdict in _KILLED), counts.total()
        share = f" ({killed / run:.1%})" if run else ""
        print(f"{place}: {killed} of {run} killed by the tests{share}; {dict(counts)};", end=" ")
        print(f"of {made} mutants mypy refuses {refused}, and {unchecked} were not run.")
    for name, verdict in verdicts.items():
        if verdict not in (*_KILLED, "not checked", "caught by type check"):
            print(f"  {name}: {verdict}")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", choices=[[], *TESTS], help="folders of edge; all where none is named")
    parser.add_argument("--minutes", type=float, help="for each folder at most so many minutes")
    parser.add_argument("--seconds", type=float, default=inf, help="of tests that a mutant is run by; all by default")
    parser.add_argument("--only", help="mutants with such names, for example 'edge.core.text*'")
    parser.add_argument("--children", type=int, default=2, help="processes at a time")
    parser.add_argument("--again", action="store_true", help="copy the project again, and run what was not killed")
    parser.add_argument("--afresh", action="store_true", help="copy the project again, and forget earlier verdicts")
    given = parser.parse_args()
    for folder in given.folders or TESTS:
        place = ROOT / ".mutation" / folder
        if given.afresh and place.exists():
            shutil.rmtree(place)
        if given.again or not place.exists():
            prepare(folder, place)
            forget(place)
        mutate(place, given.minutes, given.children, given.only, given.seconds)
        report(folder, results(place))


if __name__ == "__main__":
    main()
