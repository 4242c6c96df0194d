"""Compares the speed of two checkouts: `poe bench-compare OTHER_CHECKOUT`.

Runs `edge-bench` and `edge-run` of this checkout and of the other by turns on one source, so that both meet the same
load of the machine. Each checkout needs its own environment `.venv` (`uv sync --locked`). A ratio below 1 means that
this checkout takes less time or memory; on a busy machine the processor time of a start says more than its duration.
"""

import json
import subprocess
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from tests.benchmark.start import measure_start

THIS = Path(__file__).resolve().parents[2]
_BOUNDED_FPS: Final = 15  # at which the processor's share is measured

Figures = dict[str, float]
Bench = Callable[[Path], Figures]


class Row(NamedTuple):
    """One figure of both checkouts."""

    figure: str
    this: float  # median over the rounds, in the unit that the figure names
    other: float
    ratio: float  # median over the rounds of this / other, each of one round
    lowest: float  # the smallest and the largest of these ratios
    highest: float


def figures_of(report: dict[str, object]) -> Figures:
    """The figures of `edge-bench --format json` that are compared, by name and unit; absent ones are left out."""
    stages, share = report["stages_ms"], report.get("cpu_share")
    assert isinstance(stages, dict)
    figures = {f"{stage}, ms": float(times["median"]) for stage, times in stages.items()}
    return figures | ({f"core at {_BOUNDED_FPS} fps, %": 100 * share} if isinstance(share, float) else {})


def run_bench(checkout: Path, source: str, frames: int) -> Figures:
    """Run a checkout's own `edge-bench` once, and start its `edge-run`.

    Raises:
        SystemExit: The checkout has no environment, or its `edge-bench` failed.
    """
    python = checkout / ".venv/bin/python"
    if not python.is_file():
        raise SystemExit(f"{checkout} has no environment: run `uv sync --locked` in it.")
    command = [str(python), "-m", "edge.cli.bench", "--source", source, "--frames", str(frames), "--format", "json"]
    command += ["--max-fps", str(_BOUNDED_FPS)]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"edge-bench of {checkout} failed:\n{done.stderr}")
    start = measure_start(checkout, source)
    return figures_of(json.loads(done.stdout)) | {
        "cold start, s": start.elapsed_s,
        "cold start, processor s": start.processor_s,
        "peak memory, MB": start.peak_memory_mb,
    }


def compare(other: Path, rounds: int, bench: Bench, this: Path = THIS) -> list[Row]:
    """Run both checkouts `rounds` times by turns; the one that begins changes with each round."""
    pairs: list[tuple[Figures, Figures]] = []
    for number in range(rounds):
        order = (this, other) if number % 2 == 0 else (other, this)
        found = {checkout: bench(checkout) for checkout in order}
        pairs.append((found[this], found[other]))
    return list(_rows(pairs))


def _rows(pairs: list[tuple[Figures, Figures]]) -> Iterable[Row]:
    for figure in pairs[0][0]:
        both = [(ours[figure], theirs[figure]) for ours, theirs in pairs if figure in ours and theirs.get(figure)]
        if both:
            ratios = [ours / theirs for ours, theirs in both]
            ours, theirs = (median(values) for values in zip(*both, strict=True))
            yield Row(figure, ours, theirs, median(ratios), min(ratios), max(ratios))


def main() -> None:
    """Parse the command line, compare, print a table."""
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("other", type=Path, help="folder of the other checkout")
    parser.add_argument("--source", default="demo:fast", help="what both read (default: demo:fast)")
    parser.add_argument("--frames", type=int, default=500, help="frames of one run (default: 500)")
    parser.add_argument("--rounds", type=int, default=6, help="runs of each checkout (default: 6)")
    given = parser.parse_args()
    source = str(Path(given.source).resolve()) if Path(given.source).exists() else given.source
    for checkout in (THIS, given.other.resolve()):
        measure_start(checkout, source)  # compiles, and reads what a second start finds in memory
    rows = compare(given.other.resolve(), given.rounds, lambda checkout: run_bench(checkout, source, given.frames))
    print(f"{'median':<24} {'this':>9} {'other':>9} {'ratio':>7}   ratios of {given.rounds} rounds")
    for row in rows:
        spread = f"{row.lowest:.3f} to {row.highest:.3f}"
        print(f"{row.figure:<24} {row.this:9.3f} {row.other:9.3f} {row.ratio:7.3f}   {spread}")


if __name__ == "__main__":
    main()
