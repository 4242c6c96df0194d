"""Breaks each promise in a copy of the project and runs the tests named beside it, which have to fail.

    python -m tests.privacy.broken [NAME...] [--jobs N]   break these promises, or all; exit 1 where one goes unnoticed
    python -m tests.privacy.broken --table                bring the table of SECURITY.md up to date

First the tests run unbroken: what does not pass there, or is skipped on this machine, proves nothing and is named.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Final
from xml.etree import ElementTree

from .promises import ROOT, Promise, promises, with_table

_LIMIT_S: Final = 240
_FAILED: Final = 1  # pytest's exit code where tests ran and failed; others are faults of the edit itself
_SHARED: Final = ROOT.parent / "shared"


class Copy:
    """A copy of the project in a folder of its own, whose tests and commands run its own code."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0"):
            if name and (ROOT / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.root / name)
        if _SHARED.is_dir():
            (folder / "shared").symlink_to(_SHARED)
        self._changes = 0

    def outcome(self, tests: tuple[str, ...], *options: str) -> int:
        """Run some tests; return pytest's exit code, -1 where they took too long."""
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", *options, *tests]
        given = {"PYTHONPATH": str(self.root), "PYTEST_ADDOPTS": ""}
        try:
            ended = subprocess.run(
                command, cwd=self.root, env=os.environ | given, capture_output=True, timeout=_LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired:
            return -1
        return ended.returncode

    def not_passed(self, tests: tuple[str, ...]) -> dict[str, str]:
        """Run tests that have to pass; return those that did not, each with what became of it."""
        results = self.root / "results.xml"
        outcome = self.outcome(tests, f"--junitxml={results}")
        if outcome not in (0, _FAILED):
            return dict.fromkeys(tests, f"does not run ({outcome})")
        found = {}
        for case in ElementTree.parse(results).iter("testcase"):
            became = next((part.tag for part in case if part.tag in ("skipped", "failure", "error")), None)
            if became is not None:
                found[f"{case.get('classname')}::{case.get('name')}"] = became
        return found

    def broken(self, promise: Promise) -> int:
        """Run a promise's tests with its edit in place; return as `outcome`."""
        place = self.root / promise.file
        sound, status = place.read_text("utf-8"), place.stat()
        place.write_text(promise.broken(sound), "utf-8")
        self._changes += 1
        os.utime(place, (self._changes, self._changes))  # Python compiles it anew: no two edits look the same
        try:
            return self.outcome(promise.tests, "-x")
        finally:
            place.write_text(sound, "utf-8")
            os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    if given.table:
        page = ROOT / "SECURITY.md"
        page.write_text(with_table(page.read_text("utf-8")), "utf-8")
        return 0
    known = {promise.name: promise for promise in promises()}
    if unknown := [name for name in given.names if name not in known]:
        parser.error(f"there is no promise {unknown[0]}; there are {', '.join(known)}")
    chosen = [known[name] for name in given.names] or [each for each in known.values() if not each.root or _root()]
    with tempfile.TemporaryDirectory(prefix="broken-") as folder:
        return _try(chosen, Path(folder), given.jobs)


def _try(chosen: list[Promise], folder: Path, jobs: int) -> int:
    copies: SimpleQueue[Copy] = SimpleQueue()
    for number in range(jobs):
        copies.put(Copy(folder / str(number)))
    began_s = time.monotonic()
    by_file: dict[str, dict[str, None]] = {}  # tests of one file share what takes long to prepare
    for test in (test for promise in chosen for test in promise.tests):
        by_file.setdefault(test.partition("::")[0], {})[test] = None

    def unbroken(tests: Iterable[str]) -> dict[str, str]:
        own = copies.get()
        try:
            return own.not_passed(tuple(tests))
        finally:
            copies.put(own)

    with ThreadPoolExecutor(jobs) as pool:
        unusable = {test: became for found in pool.map(unbroken, by_file.values()) for test, became in found.items()}
    for test, became in unusable.items():
        print(f"unbroken, {test}: {became}", flush=True)
    print(f"{len(chosen)} promises; their tests ran unbroken in {time.monotonic() - began_s:.0f} s", flush=True)

    def attempt(promise: Promise) -> str:
        own, began_s = copies.get(), time.monotonic()
        try:
            outcome = own.broken(promise)
        finally:
            copies.put(own)
        verdict = {_FAILED: "red", 0: "NOT NOTICED", -1: "TOOK TOO LONG"}.get(outcome, f"FAULTY ({outcome})")
        print(f"{verdict:12} {promise.name:32} {time.monotonic() - began_s:4.0f} s", flush=True)
        return verdict

    with ThreadPoolExecutor(jobs) as pool:
        verdicts = [*pool.map(attempt, chosen)]
    red = verdicts.count("red")
    print(f"{red} of {len(chosen)} broken promises were noticed, in {time.monotonic() - began_s:.0f} s")
    return 0 if red == len(chosen) and not unusable else 1


def _root() -> bool:
    return os.geteuid() == 0


if __name__ == "__main__":
    sys.exit(main())
