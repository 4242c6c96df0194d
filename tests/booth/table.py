"""What the booth's tests measured, as a table between the markers of docs/reliability.md."""

import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parents[2] / "docs/reliability.md"
BEGIN: Final = "<!-- measured: written by tests/booth/run -->"
END: Final = "<!-- end of measured -->"


def written(page: str, results: str, outcome: str) -> str:
    """The page with the table of `results` (JSON lines; the last figure of each name counts) and the tests' outcome."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{_table(results, outcome)}{END}{after}"


def _table(results: str, outcome: str) -> str:
    figures = {one["what"]: one for one in map(json.loads, results.splitlines())}
    rows = [
        f"| {one['what']} | {one['most']:g} {one['unit']} | {one['got']:.3g} {one['unit']} |"
        for one in figures.values()
    ]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}"
    head = f"{datetime.now(UTC):%Y-%m-%d}, {machine}: {outcome}"
    lines = [head, "", "| figure | at most | measured |", "| --- | --- | --- |", *rows]
    return "\n".join(" ".join(line.split()) if line.startswith("|") else line for line in lines) + "\n"


if __name__ == "__main__":
    results, outcome = Path(sys.argv[1]).read_text(), Path(sys.argv[2]).read_text().strip().splitlines()[-1].strip("= ")
    PAGE.write_text(written(PAGE.read_text(), results, " ".join([outcome, *sys.argv[3:]]).strip()))
