"""What the comparison of two checkouts makes of their figures."""

from pathlib import Path

import pytest

from tests.benchmark.compare import compare, figures_of, run_bench

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
    report: dict[str, object] = {"stages_ms": stages, "cold_start_s": None, "peak_memory_mb": 180}
    assert figures_of(report) == {"loop, ms": 2.5, "peak_memory, MB": 180.0}


def test_a_checkout_without_an_environment_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="uv sync"):
        run_bench(tmp_path, "demo:fast", 20)
