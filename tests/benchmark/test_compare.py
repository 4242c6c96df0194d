"""What the comparison of two checkouts makes of their figures."""

import sys
from pathlib import Path

import pytest

from tests.benchmark.compare import compare, figures_of, run_bench
from tests.benchmark.start import measure_start

THIS, OTHER = Path("this"), Path("other")


def test_the_checkouts_take_turns_and_the_medians_are_compared() -> None:
    order: list[Path] = []
    times = {THIS: iter([1.0, 3.0, 2.0]), OTHER: iter([2.0, 3.0, 8.0])}

    def bench(checkout: Path) -> dict[str, float]:
        order.append(checkout)
        return {"loop, ms": next(times[checkout])}

    (row,) = compare(OTHER, 3, bench, THIS)
    assert order == [THIS, OTHER, OTHER, THIS, THIS, OTHER]
    assert row == ("loop, ms", 2.0, 3.0, 0.5, 0.25, 1.0)


def test_a_figure_that_one_checkout_lacks_is_left_out() -> None:
    figures = {THIS: {"loop, ms": 1.0, "crop, ms": 1.0}, OTHER: {"loop, ms": 1.0, "cold_start, s": 1.0}}
    assert [row.figure for row in compare(OTHER, 1, figures.__getitem__, THIS)] == ["loop, ms"]


def test_the_figures_are_those_that_edge_bench_prints() -> None:
    stages = {"loop": {"median": 2.5, "p95": 9.0}}
    assert figures_of({"stages_ms": stages, "cpu_share": None}) == {"loop, ms": 2.5}
    assert figures_of({"stages_ms": stages, "cpu_share": 0.08})["core at 15 fps, %"] == 8


def test_a_start_ends_at_the_first_reading_and_counts_all_threads(tmp_path: Path) -> None:
    start = measure_start(_checkout(tmp_path), "demo:fast")
    assert 0 < start.processor_s < 60
    assert 0.05 < start.elapsed_s < 60
    assert 50 < start.peak_memory_mb < 1000


def test_a_run_that_reads_no_face_has_no_start(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"read no face in nowhere\.mp4.*\n.*does not exist"):
        measure_start(_checkout(tmp_path), "nowhere.mp4")


def _checkout(folder: Path) -> Path:
    """A checkout whose environment has the `edge-run` of this one."""
    place = folder / ".venv" / "bin" / "edge-run"
    place.parent.mkdir(parents=True)
    place.write_text(f'#!/bin/sh\nexec {sys.executable} -m edge.cli.run_main "$@"\n')
    place.chmod(0o700)
    return folder


def test_a_checkout_without_an_environment_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="uv sync"):
        run_bench(tmp_path, "demo:fast", 20)
