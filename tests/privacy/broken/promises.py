"""The promises as data: what is promised, the tests that prove it, and the edit that breaks it."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise, and the one edit that breaks it.

    Attributes:
        area: What SECURITY.md calls the group of promises.
        name: Names the promise for the command, as `no-socket`.
        text: The promise, in one sentence.
        tests: The tests that prove it, as pytest names them.
        file: The file that the edit changes, from the root of the project.
        old: The text that is replaced; it stands there once.
        new: What replaces it.
        root: Whether the tests are marked `root`, and need it.
    """

    area: str
    name: str
    text: str
    tests: tuple[str, ...]
    file: str
    old: str
    new: str
    root: bool = False

    def broken(self, source: str) -> str:
        """Return the text of `file` with the edit.

        Raises:
            ValueError: `old` does not stand there exactly once.
        """
        if source.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.file} holds the text {source.count(self.old)} times, not once")
        return source.replace(self.old, self.new)


def promises() -> tuple[Promise, ...]:
    """Return all of them, in the order of SECURITY.md."""
    return tuple(promise for path in sorted(_HERE.glob("*.toml")) for promise in _read(path))


def _read(path: Path) -> Iterator[Promise]:
    content = tomllib.loads(path.read_text("utf-8"))
    for entry in content["promise"]:
        yield Promise(content["area"], **{**entry, "tests": tuple(entry["tests"])})


_BEGIN: Final = "<!-- made from tests/privacy/broken: begin -->"
_END: Final = "<!-- made from tests/privacy/broken: end -->"


def table() -> str:
    """Return the promises as a Markdown table: what is promised, the tests, and the name of the break."""
    rows = ["| promise | proved by | break |", "| --- | --- | --- |"]
    for area, members in groupby(promises(), key=lambda promise: promise.area):
        rows.append(f"| **{area}** | | |")
        rows += [f"| {each.text} | {'<br>'.join(map(_link, each.tests))} | `{each.name}` |" for each in members]
    return "\n".join(rows)


def with_table(page: str) -> str:
    """Return a page with its table made anew between its two marks."""
    before, _, rest = page.partition(_BEGIN)
    return f"{before}{_BEGIN}\n\n{table()}\n\n{_END}{rest.partition(_END)[2]}"


def _link(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[{re.sub(r'_', ' ', name.rpartition('::')[2].partition('[')[0].removeprefix('test_'))}]({file})"
